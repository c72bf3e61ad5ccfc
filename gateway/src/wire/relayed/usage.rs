//! The usage of these APIs.
//!
//! Sources: `ImagesResponse.usage` and `.svg_usage`, `Transcription.usage`, `TranscriptionVerbose.duration` (openai),
//! `meta.billed_units` and `meta.tokens` (cohere), `usage.total_tokens` (Jina, Voyage).

use serde::Deserialize;
use serde_json::value::RawValue;
use shared::receipt::{TokenCounts, Units};

use super::RelayedApi;
use crate::wire::{
    UsageReport,
    usage::{count, details},
};

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    /// What a language model has used to write pictures as SVG, beside what drawing them did.
    #[serde(borrow)]
    svg_usage: Option<&'a RawValue>,
    #[serde(borrow)]
    meta: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    /// A number, or in older answers a text.
    #[serde(borrow)]
    duration: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Usage {
    #[serde(deserialize_with = "count")]
    input_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    total_tokens: Option<i64>,
    #[serde(deserialize_with = "count")]
    reasoning_tokens: Option<i64>,
    seconds: Option<f64>,
    #[serde(deserialize_with = "details")]
    input_tokens_details: Media,
    /// The same in the words of transcriptions.
    #[serde(deserialize_with = "details")]
    input_token_details: Media,
    #[serde(deserialize_with = "details")]
    output_tokens_details: Media,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Media {
    #[serde(rename = "image_tokens", deserialize_with = "count")]
    image: Option<i64>,
    #[serde(rename = "audio_tokens", deserialize_with = "count")]
    audio: Option<i64>,
    #[serde(rename = "text_tokens", deserialize_with = "count")]
    text: Option<i64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    #[serde(deserialize_with = "details")]
    billed_units: Billed,
    #[serde(deserialize_with = "details")]
    tokens: Billed,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Billed {
    #[serde(deserialize_with = "count")]
    search_units: Option<i64>,
    #[serde(deserialize_with = "count")]
    input_tokens: Option<i64>,
}

/// The usage of a whole answer; none where it tells of none.
pub(in crate::wire) fn of_response(api: RelayedApi, body: &[u8]) -> Option<UsageReport> {
    let answer: Answer<'_> = serde_json::from_slice(body).ok()?;
    let told = answer.usage.map(RawValue::get);
    match api {
        RelayedApi::ImageGenerations | RelayedApi::ImageEdits | RelayedApi::ImageVariations => {
            let images = i64::try_from(answer.data?.len()).ok()?;
            let units = Units { images, ..Units::default() };
            let counted = || format!("{{\"images\":{images}}}");
            let mut tokens = told.map(image_tokens).unwrap_or_default();
            let Some(written) = answer.svg_usage.map(RawValue::get) else {
                return Some(report(tokens, units, told.map_or_else(counted, str::to_owned)));
            };
            add_written(&mut tokens, written);
            let raw = format!("{{\"usage\":{},\"svg_usage\":{written}}}", told.unwrap_or("null"));
            Some(report(tokens, units, raw))
        }
        RelayedApi::Transcriptions | RelayedApi::Translations => match (told, answer.duration) {
            (Some(raw), _) => of_sound(raw),
            (None, Some(duration)) => {
                let audio_seconds = whole_seconds(duration.get().trim_matches('"').parse().ok()?);
                let units = Units { audio_seconds, ..Units::default() };
                let raw = format!("{{\"duration\":{}}}", duration.get());
                Some(report(TokenCounts::default(), units, raw))
            }
            (None, None) => None,
        },
        RelayedApi::Rerank => told.and_then(of_texts).or_else(|| of_searches(answer.meta?.get())),
        RelayedApi::Moderations | RelayedApi::Speech => told.and_then(of_texts),
        // A session is no answer; its own meter reads it.
        RelayedApi::Realtime => None,
    }
}

/// The usage object of an event; `api` says how it is read.
pub(super) fn of_object(api: RelayedApi, raw: &str) -> Option<UsageReport> {
    match api {
        RelayedApi::ImageGenerations | RelayedApi::ImageEdits | RelayedApi::ImageVariations => {
            Some(report(image_tokens(raw), Units::default(), raw.to_owned()))
        }
        RelayedApi::Transcriptions | RelayedApi::Translations => of_sound(raw),
        RelayedApi::Speech => {
            let usage: Usage = serde_json::from_str(raw).ok()?;
            let tokens = TokenCounts {
                input: usage.input_tokens?,
                audio_output: usage.output_tokens.unwrap_or(0),
                ..TokenCounts::default()
            };
            Some(report(tokens, Units::default(), raw.to_owned()))
        }
        RelayedApi::Moderations | RelayedApi::Rerank => of_texts(raw),
        RelayedApi::Realtime => None,
    }
}

fn report(tokens: TokenCounts, units: Units, raw: String) -> UsageReport {
    UsageReport { tokens, units, raw, service_tier: None }
}

fn image_tokens(raw: &str) -> TokenCounts {
    let usage: Usage = serde_json::from_str(raw).unwrap_or_default();
    let (input, output) = (usage.input_tokens.unwrap_or(0), usage.output_tokens.unwrap_or(0));
    let image_input = usage.input_tokens_details.image.unwrap_or(0).min(input);
    // What is not told to be text is of the pictures: the API writes nothing else.
    let text = usage.output_tokens_details.text.unwrap_or(0).min(output);
    TokenCounts {
        input: input - image_input,
        image_input,
        output: text,
        image_output: output - text,
        ..TokenCounts::default()
    }
}

/// What was written is text, with the thoughts in it told apart.
fn add_written(tokens: &mut TokenCounts, raw: &str) {
    let usage: Usage = serde_json::from_str(raw).unwrap_or_default();
    let output = usage.output_tokens.unwrap_or(0);
    let reasoning = usage.reasoning_tokens.unwrap_or(0).min(output);
    tokens.input += usage.input_tokens.unwrap_or(0);
    tokens.output += output - reasoning;
    tokens.reasoning += reasoning;
}

/// By tokens, or by seconds.
fn of_sound(raw: &str) -> Option<UsageReport> {
    let usage: Usage = serde_json::from_str(raw).ok()?;
    if let Some(seconds) = usage.seconds {
        let units = Units { audio_seconds: whole_seconds(seconds), ..Units::default() };
        return Some(report(TokenCounts::default(), units, raw.to_owned()));
    }
    let input = usage.input_tokens?;
    let details = [&usage.input_token_details, &usage.input_tokens_details];
    let audio = details.into_iter().find_map(|media| media.audio).unwrap_or(0).min(input);
    let tokens = TokenCounts {
        input: input - audio,
        audio_input: audio,
        output: usage.output_tokens.unwrap_or(0),
        ..TokenCounts::default()
    };
    Some(report(tokens, Units::default(), raw.to_owned()))
}

fn of_texts(raw: &str) -> Option<UsageReport> {
    let usage: Usage = serde_json::from_str(raw).ok()?;
    let input = usage.prompt_tokens.or(usage.input_tokens).or(usage.total_tokens)?;
    let tokens = TokenCounts { input, ..TokenCounts::default() };
    Some(report(tokens, Units::default(), raw.to_owned()))
}

fn of_searches(raw: &str) -> Option<UsageReport> {
    let meta: Meta = serde_json::from_str(raw).ok()?;
    let searches = meta.billed_units.search_units?;
    let input = meta.billed_units.input_tokens.or(meta.tokens.input_tokens).unwrap_or(0);
    let tokens = TokenCounts { input, ..TokenCounts::default() };
    Some(report(tokens, Units { searches, ..Units::default() }, raw.to_owned()))
}

/// A second that has begun counts whole.
fn whole_seconds(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
    let whole = seconds.ceil() as i64;
    whole.clamp(0, i64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn read(api: RelayedApi, body: &Value) -> UsageReport {
        of_response(api, body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn pictures_are_counted_and_their_tokens_told_from_those_of_the_prompt() {
        let body = json!({"created": 1, "data": [{"b64_json": "AA"}, {"b64_json": "AA"}], "usage": {
            "input_tokens": 50, "output_tokens": 2_112, "total_tokens": 2_162,
            "input_tokens_details": {"text_tokens": 10, "image_tokens": 40}}});
        let report = read(RelayedApi::ImageEdits, &body);
        assert_eq!(report.units.images, 2);
        let tokens = report.tokens;
        assert_eq!((tokens.input, tokens.image_input, tokens.image_output), (10, 40, 2_112));
        let plain = read(RelayedApi::ImageGenerations, &json!({"data": [{"url": "https://a"}]}));
        assert_eq!((plain.units.images, &*plain.raw), (1, "{\"images\":1}"));
    }

    #[test]
    fn what_newer_models_write_beside_pictures_is_text() {
        let body = json!({"data": [{"b64_json": "AA"}], "usage": {
            "input_tokens": 50, "output_tokens": 1_400, "total_tokens": 1_450,
            "input_tokens_details": {"text_tokens": 50, "image_tokens": 0},
            "output_tokens_details": {"text_tokens": 272, "image_tokens": 1_128}},
            "svg_usage": {"model": "m", "input_tokens": 7, "output_tokens": 90,
                "reasoning_tokens": 60, "total_tokens": 97}});
        let report = read(RelayedApi::ImageGenerations, &body);
        let tokens = report.tokens;
        assert_eq!((tokens.input, tokens.output, tokens.reasoning), (57, 302, 60));
        assert_eq!((tokens.image_output, tokens.total()), (1_128, 1_547));
        assert!(report.raw.contains("svg_usage"), "{}", report.raw);
    }

    #[rstest]
    #[case(json!({"text": "a", "usage": {"type": "duration", "seconds": 61.2}}), 62)]
    #[case(json!({"text": "a", "duration": 8.47, "segments": []}), 9)]
    #[case(json!({"text": "a", "duration": "8.0"}), 8)]
    fn sound_is_counted_by_seconds_begun(#[case] body: Value, #[case] seconds: i64) {
        assert_eq!(read(RelayedApi::Transcriptions, &body).units.audio_seconds, seconds);
    }

    #[test]
    fn sound_that_is_billed_by_tokens_tells_them_apart() {
        let body = json!({"text": "a", "usage": {"type": "tokens", "input_tokens": 14,
            "input_token_details": {"text_tokens": 4, "audio_tokens": 10}, "output_tokens": 101}});
        let tokens = read(RelayedApi::Transcriptions, &body).tokens;
        assert_eq!((tokens.input, tokens.audio_input, tokens.output), (4, 10, 101));
    }

    #[test]
    fn reranking_is_counted_by_searches_or_by_tokens() {
        let cohere = json!({"results": [], "meta": {"billed_units": {"search_units": 2}}});
        assert_eq!(read(RelayedApi::Rerank, &cohere).units.searches, 2);
        let jina = json!({"results": [], "usage": {"total_tokens": 815}});
        assert_eq!(read(RelayedApi::Rerank, &jina).tokens.input, 815);
    }

    #[test]
    fn an_answer_without_usage_has_no_report() {
        assert_eq!(of_response(RelayedApi::Transcriptions, b"{\"text\":\"a\"}"), None);
        assert_eq!(of_response(RelayedApi::Moderations, b"{\"results\":[]}"), None);
        assert_eq!(of_response(RelayedApi::Speech, b"not JSON"), None);
    }
}
