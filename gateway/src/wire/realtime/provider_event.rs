//! What the gateway must know of a provider's event.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// An event of a provider's. What it has not is left out; what it has in another form counts as
/// not told.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderEvent<'a> {
    #[serde(borrow, rename = "type")]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) response_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) delta: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) response: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) session: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) item: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) transcript: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
    /// Where speech begins in all sound of the session, in milliseconds.
    #[serde(borrow)]
    pub(super) audio_start_ms: Option<&'a RawValue>,
    /// Where it ends.
    #[serde(borrow)]
    pub(super) audio_end_ms: Option<&'a RawValue>,
}

/// An answer as it is told at its beginning and at its end.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) max_output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
}

/// The session as it is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Session<'a> {
    #[serde(borrow)]
    pub(super) max_output_tokens: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) max_response_output_tokens: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fault {
    event_id: Option<String>,
}

impl<'a> ProviderEvent<'a> {
    /// None for what is no event.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn answer(&self) -> Answer<'a> {
        parsed(self.response)
    }

    pub(super) fn session(&self) -> Session<'a> {
        parsed(self.session)
    }

    /// Whether an item came from a tool that the provider has asked by itself.
    pub(super) fn is_of_providers_tool(&self) -> bool {
        parsed::<Item<'_>>(self.item).kind.starts_with("mcp")
    }

    /// Which of the client's events an error is about, where that had a name.
    pub(super) fn blamed_event(&self) -> Option<String> {
        parsed::<Fault>(self.error).event_id
    }

    /// A part of what is said, as text.
    pub(super) fn is_text_delta(&self) -> bool {
        matches!(
            &*self.kind,
            "response.output_text.delta"
                | "response.text.delta"
                | "response.output_audio_transcript.delta"
                | "response.audio_transcript.delta"
                | "response.function_call_arguments.delta"
        )
    }

    /// A part of what is said, as sound.
    pub(super) fn is_sound_delta(&self) -> bool {
        matches!(&*self.kind, "response.output_audio.delta" | "response.audio.delta")
    }
}

fn parsed<'a, T: Default + Deserialize<'a>>(raw: Option<&'a RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}
