//! The facts of the APIs beside conversations.

use serde_json::value::RawValue;
use shared::receipt::Units;

use super::{
    ModelPath, Picked, RequestFacts, check_model_name, malformed, read_model, refuse_ambiguity,
    typed,
};
use crate::wire::{
    RelayedApi, WireError,
    relayed::{most_image_tokens, units_of_request},
};

const GOVERNED: [&str; 6] = ["model", "stream", "stream_format", "input", "query", "prompt"];
const MODEL: usize = 0;
const STREAM: usize = 1;
const STREAM_FORMAT: usize = 2;

/// The most tokens of a picture that is sent along: it is looked at as one of this size.
/// <https://platform.openai.com/docs/guides/image-generation#cost-and-latency>
const MOST_FILE_TOKENS: i64 = 6_240;
/// The most tokens that a second of sound has, and that what is said in it has.
const MOST_TOKENS_PER_SECOND: i64 = 20;
/// The most tokens of sound that a character becomes, read as slowly as can be asked for.
const MOST_TOKENS_PER_CHARACTER: i64 = 10;

impl RequestFacts {
    /// What is asked for by opening a session, whose address names the model: all else is asked
    /// for by its events. No money may be spent in it that does not cover a whole answer.
    ///
    /// # Errors
    /// [`WireError::Invalid`] where that is no name of a model.
    pub fn of_session(path: &ModelPath) -> Result<Self, WireError> {
        check_model_name(&path.model)?;
        Ok(Self {
            model: path.model.clone(),
            is_streaming: true,
            output_limit: None,
            thinking_tokens: 0,
            choices: 1,
            asks_for_usage: true,
            units: Units::default(),
            file_tokens: 0,
            model_span: None,
            limits: Vec::new(),
            stream_options: None,
            generation_config: None,
        })
    }
}

/// The files of a form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Files {
    /// How many there are.
    pub count: i64,
    /// How large they are together.
    pub bytes: u64,
}

pub(super) fn read(
    api: RelayedApi,
    text: &str,
    files: Option<Files>,
) -> Result<RequestFacts, WireError> {
    let picked = Picked::read(text, &GOVERNED).map_err(|error| malformed(&error))?;
    refuse_ambiguity(picked.ambiguity())?;
    let (model, model_span) = match (picked.value(MODEL), api.usual_model()) {
        (None, Some(usual)) if picked.span(MODEL).is_none() => (usual.to_owned(), None),
        (raw, _) => {
            let (model, span) = read_model(raw, picked.span(MODEL))?;
            (model, Some(span))
        }
    };
    check_required(api, &picked, files)?;
    let units = units_of_request(api, text.as_bytes(), files.map_or(0, |files| files.bytes))?;
    let file_tokens = match files {
        Some(files) if units.audio_seconds == 0 => files.count.saturating_mul(MOST_FILE_TOKENS),
        _ => units.audio_seconds.saturating_mul(MOST_TOKENS_PER_SECOND),
    };
    let output_limit = [
        units.images.saturating_mul(most_image_tokens(text.as_bytes())),
        units.characters.saturating_mul(MOST_TOKENS_PER_CHARACTER),
        units.audio_seconds.saturating_mul(MOST_TOKENS_PER_SECOND),
    ];
    Ok(RequestFacts {
        model,
        is_streaming: is_streaming(&picked)?,
        output_limit: output_limit.into_iter().max(),
        thinking_tokens: 0,
        choices: 1,
        asks_for_usage: true,
        units,
        file_tokens,
        model_span: model_span.filter(|_| files.is_none()),
        limits: Vec::new(),
        stream_options: None,
        generation_config: None,
    })
}

fn is_streaming(picked: &Picked<'_, { GOVERNED.len() }>) -> Result<bool, WireError> {
    let streams = |raw: &RawValue| typed::<bool>(raw, "stream", "true or false");
    let format = |raw: &RawValue| typed::<String>(raw, "stream_format", "`audio` or `sse`");
    Ok(picked.value(STREAM).map_or(Ok(false), streams)?
        || picked.value(STREAM_FORMAT).map_or(Ok(false), |raw| Ok(format(raw)? == "sse"))?)
}

fn check_required(
    api: RelayedApi,
    picked: &Picked<'_, { GOVERNED.len() }>,
    files: Option<Files>,
) -> Result<(), WireError> {
    if let Some(field) = api.required_field() {
        let index = GOVERNED.iter().position(|governed| *governed == field);
        if index.is_some_and(|index| picked.value(index).is_none()) {
            return Err(WireError::invalid(field, format!("`{field}` is missing.")));
        }
    }
    if api.takes_files() && files.is_none_or(|files| files.count == 0) {
        let field = match api {
            RelayedApi::Transcriptions | RelayedApi::Translations => "file",
            _ => "image",
        };
        let detail = format!("`{field}` is missing; send a form with a file in this field.");
        return Err(WireError::invalid(field, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(api: RelayedApi, text: &str) -> RequestFacts {
        read(api, text, None).unwrap()
    }

    fn fault(api: RelayedApi, text: &str, files: Option<Files>) -> String {
        let error = read(api, text, files).unwrap_err();
        format!("{}: {error}", error.pointer().unwrap_or_default())
    }

    #[test]
    fn where_openai_has_a_usual_model_none_has_to_be_named() {
        let usual = facts(RelayedApi::Moderations, r#"{"input": "hello"}"#);
        assert_eq!((&*usual.model, usual.model_span), ("omni-moderation-latest", None));
        let named =
            facts(RelayedApi::ImageGenerations, r#"{"model": "gpt-image-1", "prompt": "a"}"#);
        assert_eq!((&*named.model, named.model_span), ("gpt-image-1", Some(10..23)));
        assert!(fault(RelayedApi::Speech, r#"{"input": "a"}"#, None).starts_with("model: "));
        assert!(
            fault(RelayedApi::Moderations, r#"{"model": null, "input": "a"}"#, None)
                .starts_with("model: ")
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(fault(RelayedApi::Rerank, r#"{"model": "m"}"#, None).starts_with("query: "));
        let nothing = Some(Files::default());
        assert!(
            fault(RelayedApi::Transcriptions, r#"{"model": "m"}"#, nothing).starts_with("file: ")
        );
        assert!(fault(RelayedApi::ImageEdits, r#"{"prompt": "a"}"#, None).starts_with("image: "));
    }

    #[test]
    fn a_stream_is_asked_for_in_the_words_of_each_api() {
        let speech = |text| facts(RelayedApi::Speech, text).is_streaming;
        assert!(speech(r#"{"model": "m", "input": "a", "stream_format": "sse"}"#));
        assert!(!speech(r#"{"model": "m", "input": "a", "stream_format": "audio"}"#));
        assert!(
            facts(RelayedApi::ImageGenerations, r#"{"prompt": "a", "stream": true}"#).is_streaming
        );
    }

    #[test]
    fn the_tokens_of_pictures_and_sound_are_bounded() {
        let two = facts(RelayedApi::ImageGenerations, r#"{"prompt": "a", "n": 2}"#);
        assert_eq!(two.output_limit, Some(13_080));
        let sound = Some(Files { count: 1, bytes: 75_000 });
        let heard = read(RelayedApi::Transcriptions, r#"{"model": "m"}"#, sound).unwrap();
        assert_eq!((heard.units.audio_seconds, heard.file_tokens), (100, 2_000));
    }
}
