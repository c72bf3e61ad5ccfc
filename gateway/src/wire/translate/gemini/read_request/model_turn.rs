//! What the model said, called and thought, put together from the pieces in which it was streamed:
//! clients keep one content for each piece.

use serde_json::value::RawValue;

use crate::wire::{
    WireError,
    translate::{
        gemini::{
            code::{CodeRuns, ReadCode, ReadOutcome},
            thought_signature,
        },
        ir::{AssistantPart, Image, JsonObject, Signature, Thought, ToolCall, Turn},
    },
};

/// One turn of the model.
#[derive(Default)]
pub(super) struct ModelTurn {
    parts: Vec<AssistantPart>,
    /// A thought that may go on, or be signed.
    thought: Option<String>,
    runs: CodeRuns,
}

/// Begins the id of a run of code, which has none here.
const RUN: &str = "run";

impl ModelTurn {
    /// More of a thought; it ends with its signature, or where another part begins.
    pub(super) fn think(&mut self, text: &str, signature: Option<String>) {
        let signed = signature.and_then(thought_signature::read);
        if !matches!(signed, Some((_, true))) {
            self.thought.get_or_insert_default().push_str(text);
        }
        if let Some((signature, is_redacted)) = signed {
            self.sign(signature, is_redacted);
        }
    }

    fn sign(&mut self, signature: Signature, is_redacted: bool) {
        if is_redacted {
            self.end_thought();
        }
        let text = self.thought.take().unwrap_or_default();
        let signature = Some(signature);
        self.parts.push(AssistantPart::Thought(Thought { text, signature, is_redacted }));
    }

    /// A signature of what is no thought itself stands before it, as that of a hidden one.
    pub(super) fn prove(&mut self, signature: Option<String>) {
        self.end_thought();
        if let Some((signature, is_redacted)) = signature.and_then(thought_signature::read) {
            self.sign(signature, is_redacted);
        }
    }

    pub(super) fn say(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(AssistantPart::Text(earlier)) => earlier.push_str(text),
            _ => self.parts.push(AssistantPart::Text(text.to_owned())),
        }
    }

    pub(super) fn draw(&mut self, image: Image) {
        self.parts.push(AssistantPart::Image(image));
    }

    /// # Errors
    ///
    /// `Invalid` where the arguments are no object.
    pub(super) fn call(
        &mut self,
        id: String,
        name: String,
        arguments: Option<Box<RawValue>>,
    ) -> Result<(), WireError> {
        let arguments = arguments.map_or_else(|| JsonObject::read(""), JsonObject::from_json);
        let arguments = arguments.ok_or_else(|| {
            WireError::invalid("contents", "the `args` of a `functionCall` must be an object")
        })?;
        self.parts.push(AssistantPart::ToolCall(ToolCall { id, name, arguments }));
        Ok(())
    }

    pub(super) fn run(&mut self, code: ReadCode) {
        let before = self.runs.begin(code, RUN);
        self.parts.extend(before.map(AssistantPart::ServerToolUse));
    }

    pub(super) fn ran(&mut self, outcome: Option<ReadOutcome>) {
        let used = self.runs.end(outcome, RUN);
        self.parts.extend(used.map(AssistantPart::ServerToolUse));
    }

    pub(super) fn end(mut self) -> Turn {
        self.end_thought();
        self.ran(None);
        Turn::Assistant(self.parts)
    }

    fn end_thought(&mut self) {
        let text = self.thought.take().filter(|text| !text.is_empty());
        self.parts.extend(text.map(|text| {
            AssistantPart::Thought(Thought { text, signature: None, is_redacted: false })
        }));
    }
}
