//! Steps, into the chunks that a client of OpenAI chat completions reads.

use serde::Serialize;

use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{Likelihood, Step, StreamError},
        openai_annotations::WrittenChatAnnotation,
        openai_pictures::{WrittenPicture, WrittenSpeech},
        openai_response::{WrittenLogprobs, WrittenUsage, error_type, write_stop},
        reasoning_details::WrittenDetail,
        stream::WriteStream,
        write_event,
    },
};

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    /// Absent where the client did not ask for usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<ChunkUsage>,
}

/// Null in all chunks but the last.
#[derive(Serialize)]
#[serde(untagged)]
enum ChunkUsage {
    NotYet,
    Counted(WrittenUsage),
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: Option<WrittenLogprobs>,
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_details: Option<[WrittenDetail<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    images: Option<[WrittenPicture; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audio: Option<WrittenSpeech<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_calls: Option<[CallDelta<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<[WrittenChatAnnotation<'a>; 1]>,
}

#[derive(Serialize)]
struct CallDelta<'a> {
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    function: FunctionDelta<'a>,
}

#[derive(Serialize)]
struct FunctionDelta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    arguments: &'a str,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    message: &'a str,
    r#type: &'a str,
    param: Option<()>,
    code: Option<()>,
}

/// Writes one stream.
#[derive(Debug)]
pub(in crate::wire::translate) struct Writer {
    tells_usage: bool,
    calls_begun: usize,
    images_told: usize,
    thoughts_ended: usize,
    is_thinking: bool,
    /// Of the text that is told next.
    likelihoods: Vec<Likelihood>,
}

impl Writer {
    pub(in crate::wire::translate) fn new(client_asked_for_usage: bool) -> Self {
        let tells_usage = client_asked_for_usage;
        Self {
            tells_usage,
            calls_begun: 0,
            images_told: 0,
            thoughts_ended: 0,
            is_thinking: false,
            likelihoods: Vec::new(),
        }
    }
}

impl WriteStream for Writer {
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match *step {
            Step::Begin(_) => self.delta(
                Delta { role: Some("assistant"), content: Some(""), ..Delta::default() },
                context,
                out,
            ),
            Step::Thought(text) => {
                self.is_thinking = true;
                let detail = WrittenDetail::text(text, self.thoughts_ended);
                self.thought(Some(text), detail, context, out)
            }
            Step::Signature { vendor, opaque, is_redacted } => {
                let index = self.thoughts_ended;
                let detail = WrittenDetail::signed(vendor, opaque, is_redacted, index);
                self.is_thinking = true;
                self.end_thought();
                self.thought(None, detail, context, out)
            }
            Step::Likelihoods(likelihoods) => {
                self.likelihoods.extend_from_slice(likelihoods);
                Ok(())
            }
            Step::Text(text) => {
                self.end_thought();
                self.delta(Delta { content: Some(text), ..Delta::default() }, context, out)
            }
            Step::Image(image) => {
                self.end_thought();
                let images = Some([WrittenPicture::of(image, self.images_told)]);
                self.images_told += 1;
                self.delta(Delta { images, ..Delta::default() }, context, out)
            }
            Step::Speech(speech) => {
                self.end_thought();
                let audio = Some(WrittenSpeech::of(speech, context));
                self.delta(Delta { audio, ..Delta::default() }, context, out)
            }
            Step::ToolCall { id, name } => {
                self.end_thought();
                self.calls_begun += 1;
                let function = FunctionDelta { name: Some(name), arguments: "" };
                self.call(Some(id), Some("function"), function, context, out)
            }
            Step::Arguments(arguments) => {
                let function = FunctionDelta { name: None, arguments };
                self.call(None, None, function, context, out)
            }
            // This API has no place for what a tool of the provider's did, and one text.
            Step::ServerToolUse(_) | Step::NextText => Ok(()),
            Step::Citation(citation) => match WrittenChatAnnotation::of(citation) {
                Some(annotation) => {
                    let annotations = Some([annotation]);
                    self.delta(Delta { annotations, ..Delta::default() }, context, out)
                }
                None => Ok(()),
            },
            Step::Finish { stop, .. } => {
                self.choice(Delta::default(), Some(write_stop(stop)), context, out)
            }
            Step::End(usage) => {
                if self.tells_usage {
                    self.chunk(&[], ChunkUsage::Counted(usage.into()), context, out)?;
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
                Ok(())
            }
            Step::Error(StreamError { kind, message }) => {
                let r#type = error_type(kind);
                let error = ErrorObject { message, r#type, param: None, code: None };
                write_event(out, None, &ErrorBody { error })
            }
        }
    }
}

impl Writer {
    /// What follows is another thought, if it is one.
    fn end_thought(&mut self) {
        self.thoughts_ended += usize::from(std::mem::take(&mut self.is_thinking));
    }

    fn thought(
        &mut self,
        text: Option<&str>,
        detail: WrittenDetail<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let reasoning_details = Some([detail]);
        let delta = Delta { reasoning_content: text, reasoning_details, ..Delta::default() };
        self.delta(delta, context, out)
    }

    fn call(
        &mut self,
        id: Option<&str>,
        kind: Option<&'static str>,
        function: FunctionDelta<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let index = self.calls_begun.saturating_sub(1);
        let call = CallDelta { index, id, r#type: kind, function };
        self.delta(Delta { tool_calls: Some([call]), ..Delta::default() }, context, out)
    }

    fn delta(
        &mut self,
        delta: Delta<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        self.choice(delta, None, context, out)
    }

    fn choice(
        &mut self,
        delta: Delta<'_>,
        finish_reason: Option<&'static str>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let likelihoods = if delta.content.is_some() || finish_reason.is_some() {
            std::mem::take(&mut self.likelihoods)
        } else {
            Vec::new()
        };
        let logprobs = WrittenLogprobs::of(&likelihoods);
        let choice = Choice { index: 0, delta, logprobs, finish_reason };
        self.chunk(&[choice], ChunkUsage::NotYet, context, out)
    }

    fn chunk(
        &self,
        choices: &[Choice<'_>],
        usage: ChunkUsage,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let chunk = Chunk {
            id: &context.id,
            object: "chat.completion.chunk",
            created: context.created_at_seconds,
            model: &context.model,
            choices,
            usage: self.tells_usage.then_some(usage),
        };
        write_event(out, None, &chunk)
    }
}
