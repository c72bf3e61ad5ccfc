//! A streamed answer as a client of completions reads it.

use serde::Serialize;

use super::{
    likelihoods::{self, WrittenLogprobs},
    response::write_stop,
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{Likelihood, Step, StreamError},
        no_place_for,
        openai_response::{WrittenUsage, error_type},
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
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<WrittenUsage>,
}

#[derive(Serialize)]
struct Choice<'a> {
    text: &'a str,
    index: u32,
    logprobs: Option<WrittenLogprobs<'a>>,
    finish_reason: Option<&'static str>,
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
    /// Of the text that is told next.
    likelihoods: Vec<Likelihood>,
    /// Where the next token begins, in characters.
    offset: usize,
}

impl WriteStream for Writer {
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match *step {
            Step::Likelihoods(likelihoods) => {
                self.likelihoods.extend_from_slice(likelihoods);
                Ok(())
            }
            Step::Text(text) => self.chunk(text, None, context, out),
            Step::Finish { stop, .. } => self.chunk("", Some(write_stop(stop)), context, out),
            Step::End(usage) => {
                if self.tells_usage {
                    write_event(out, None, &chunk_of(&[], Some(usage.into()), context))?;
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
                Ok(())
            }
            Step::Error(StreamError { kind, message }) => {
                let r#type = error_type(kind);
                let error = ErrorObject { message, r#type, param: None, code: None };
                write_event(out, None, &ErrorBody { error })
            }
            Step::Image(_) => Err(no_place_for("a picture")),
            Step::Speech(_) => Err(no_place_for("speech")),
            Step::Begin(_)
            | Step::NextText
            | Step::Thought(_)
            | Step::Signature { .. }
            | Step::ToolCall { .. }
            | Step::Arguments(_)
            | Step::ServerToolUse(_)
            | Step::Citation(_) => Ok(()),
        }
    }
}

impl Writer {
    pub(in crate::wire::translate) const fn new(client_asked_for_usage: bool) -> Self {
        Self { tells_usage: client_asked_for_usage, likelihoods: Vec::new(), offset: 0 }
    }

    fn chunk(
        &mut self,
        text: &str,
        finish_reason: Option<&'static str>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let told = std::mem::take(&mut self.likelihoods);
        let logprobs = likelihoods::write(&told, &mut self.offset);
        let choices = [Choice { text, index: 0, logprobs, finish_reason }];
        write_event(out, None, &chunk_of(&choices, None, context))
    }
}

fn chunk_of<'a>(
    choices: &'a [Choice<'a>],
    usage: Option<WrittenUsage>,
    context: &'a TranslationContext,
) -> Chunk<'a> {
    Chunk {
        id: &context.id,
        object: "text_completion",
        created: context.created_at_seconds,
        model: &context.model,
        choices,
        usage,
    }
}
