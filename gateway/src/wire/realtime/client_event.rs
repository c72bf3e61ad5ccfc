//! What the gateway must know of a client's event: one pass, borrowed, everything else untouched.
//!
//! An event that cannot be read is not sent on, because the provider may read it otherwise.

use std::{borrow::Cow, ops::Range};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{SoundFormat, bytes_in_base64};
use crate::wire::WireError;

/// An event of a client's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientEvent {
    /// What it is, as far as that is governed.
    pub kind: ClientEventKind,
    /// The client's own name for it, by which errors refer to it.
    pub event_id: Option<String>,
    /// How much of it can be text to the model, in bytes.
    pub(super) text_bytes: u64,
    /// How much sound is in it, in bytes.
    pub(super) sound_bytes: u64,
    /// How many pictures are in it.
    pub(super) pictures: i64,
}

/// What a client's event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientEventKind {
    /// `session.update`
    Configures(SessionWishes),
    /// `response.create`
    AsksForAnswer {
        /// The longest answer, in tokens; none where the event does not say.
        output_limit: Option<OutputLimit>,
    },
    /// `input_audio_buffer.append`
    Speaks,
    /// Anything else.
    Other,
}

/// What a client wants of its session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionWishes {
    /// The model, and where it is written.
    pub model: Option<(String, Range<usize>)>,
    /// The model that writes down what is heard.
    pub transcription_model: Option<String>,
    pub(super) sound_format: SoundFormat,
}

/// The longest answer that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputLimit {
    /// As long as the model's longest.
    Unlimited,
    /// So many tokens.
    Tokens(i64),
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "as the vendor names them")]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    event_id: Option<String>,
    #[serde(borrow)]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    audio: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Session<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    audio: Option<Audio<'a>>,
    #[serde(borrow)]
    input_audio_format: Option<&'a RawValue>,
    #[serde(borrow)]
    output_audio_format: Option<&'a RawValue>,
    input_audio_transcription: Option<Transcription>,
}

#[derive(Deserialize)]
struct Audio<'a> {
    #[serde(borrow)]
    input: Option<Sound<'a>>,
    #[serde(borrow)]
    output: Option<Sound<'a>>,
}

#[derive(Deserialize)]
struct Sound<'a> {
    #[serde(borrow)]
    format: Option<&'a RawValue>,
    transcription: Option<Transcription>,
}

#[derive(Deserialize)]
struct Transcription {
    model: Option<String>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    prompt: Option<&'a RawValue>,
    #[serde(borrow)]
    max_output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    max_response_output_tokens: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    content: Option<Vec<Part<'a>>>,
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow)]
    audio: Option<&'a RawValue>,
    #[serde(borrow)]
    image_url: Option<&'a RawValue>,
}

impl ClientEvent {
    /// Reads an event.
    ///
    /// # Errors
    /// [`WireError::Invalid`] for what is no event, [`WireError::Unsupported`] for one that the
    /// gateway cannot bound.
    pub fn read(text: &str) -> Result<Self, WireError> {
        let event: Event<'_> = object(text, None)?;
        let mut read = Self {
            kind: ClientEventKind::Other,
            event_id: event.event_id,
            text_bytes: text.len() as u64,
            sound_bytes: 0,
            pictures: 0,
        };
        match &*event.kind {
            "session.update" => {
                let session = event.session.map_or("{}", RawValue::get);
                read.kind = ClientEventKind::Configures(wishes(text, session)?);
            }
            "response.create" => {
                let output_limit = event.response.map(|raw| answer_limit(raw.get())).transpose()?;
                read.kind = ClientEventKind::AsksForAnswer { output_limit: output_limit.flatten() };
                read.pictures = pictures_in(text);
            }
            "input_audio_buffer.append" => {
                read.kind = ClientEventKind::Speaks;
                read.take_sound(event.audio);
            }
            _ => {
                let item: Option<Item<'_>> =
                    event.item.map(|raw| object(raw.get(), Some("item"))).transpose()?;
                for part in item.and_then(|item| item.content).into_iter().flatten() {
                    read.take_sound(part.audio);
                    if let Some(picture) = part.image_url {
                        read.pictures += 1;
                        read.text_bytes =
                            read.text_bytes.saturating_sub(picture.get().len() as u64);
                    }
                }
            }
        }
        Ok(read)
    }

    fn take_sound(&mut self, written: Option<&RawValue>) {
        let Some(written) = written else { return };
        self.sound_bytes += bytes_in_base64(written.get());
        self.text_bytes = self.text_bytes.saturating_sub(written.get().len() as u64);
    }
}

impl SessionWishes {
    /// The event with another name for the model.
    #[must_use]
    pub fn renamed(text: &str, written: &Range<usize>, model: &str) -> String {
        let name = serde_json::Value::from(model).to_string();
        [&text[..written.start], &name, &text[written.end..]].concat()
    }
}

fn wishes(text: &str, written: &str) -> Result<SessionWishes, WireError> {
    let session: Session<'_> = object(written, Some("session"))?;
    refuse_stored_prompt(session.prompt, "session.prompt")?;
    let model = session.model.map(|raw| -> Result<_, WireError> {
        let name: Result<String, _> = serde_json::from_str(raw.get());
        let start = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        let invalid = |_| WireError::invalid("session.model", "`session.model` must be a string.");
        Ok((name.map_err(invalid)?, start..start + raw.get().len()))
    });
    let (input, output) = session.audio.map_or((None, None), |audio| (audio.input, audio.output));
    let formats = [
        input.as_ref().and_then(|sound| sound.format),
        output.as_ref().and_then(|sound| sound.format),
        session.input_audio_format,
        session.output_audio_format,
    ];
    let is_telephone = formats
        .into_iter()
        .flatten()
        .any(|format| SoundFormat::named(format.get()) == SoundFormat::Telephone);
    let transcription =
        input.and_then(|input| input.transcription).or(session.input_audio_transcription);
    Ok(SessionWishes {
        model: model.transpose()?,
        transcription_model: transcription.and_then(|transcription| transcription.model),
        sound_format: if is_telephone { SoundFormat::Telephone } else { SoundFormat::Pcm },
    })
}

fn answer_limit(written: &str) -> Result<Option<OutputLimit>, WireError> {
    let answer: Answer<'_> = object(written, Some("response"))?;
    refuse_stored_prompt(answer.prompt, "response.prompt")?;
    let limit = answer.max_output_tokens.or(answer.max_response_output_tokens);
    Ok(limit.map(|raw| limit_of(raw.get())))
}

/// Of what is no number, the provider says what is wrong with it.
pub(super) fn limit_of(written: &str) -> OutputLimit {
    match written.parse() {
        Ok(tokens) => OutputLimit::Tokens(i64::max(tokens, 0)),
        Err(_) => OutputLimit::Unlimited,
    }
}

fn refuse_stored_prompt(prompt: Option<&RawValue>, pointer: &'static str) -> Result<(), WireError> {
    if prompt.is_none() {
        return Ok(());
    }
    let detail = format!(
        "`{pointer}` refers to a text that is kept at the provider, which no budget can cover; \
         send the text itself as `instructions`."
    );
    Err(WireError::unsupported(pointer, detail))
}

fn pictures_in(text: &str) -> i64 {
    i64::try_from(text.matches("\"input_image\"").count()).unwrap_or(i64::MAX)
}

fn object<'a, T: Deserialize<'a>>(
    text: &'a str,
    pointer: Option<&'static str>,
) -> Result<T, WireError> {
    serde_json::from_str(text).map_err(|error| {
        let what = pointer.map_or("This event".to_owned(), |pointer| format!("`{pointer}`"));
        let detail = format!("{what} cannot be read: {error}. Send one JSON object as a message.");
        WireError::invalid(pointer, detail)
    })
}
