//! Steps, into the pieces that a client of `streamGenerateContent` reads.
//!
//! Every piece is an answer of its own; the last one has the tokens and the reason of the stop. A
//! call is told as a whole, since its arguments are an object here. A signature is on the thought
//! that it proves, or on the part that follows it, as Google's own: clients leave out a part that is
//! a signature alone. So each piece of a thought is told with the step that comes next.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    grounding::Grounding,
    thought_signature,
    write_response::{Answer, Part},
};
use crate::wire::{
    WireError,
    translate::{
        TranslationContext,
        ir::{JsonObject, Likelihood, Step, Stop, StreamError},
        nonsense,
        stream::WriteStream,
        write_event,
    },
};

/// Writes one stream.
#[derive(Debug, Default)]
pub(in crate::wire::translate) struct Writer {
    open: Option<Open>,
    stop: Option<Stop>,
    /// Of the text that is told next.
    likelihoods: Vec<Likelihood>,
    grounding: Grounding,
    /// All that was said, in whose bytes the grounds are counted.
    said: String,
}

/// What is not told yet.
#[derive(Debug)]
enum Open {
    /// The call whose arguments arrive.
    Call(OpenCall),
    /// A piece of a thought, which may be signed.
    Thought(String),
    /// It is on the part that comes next.
    Signature(String),
}

#[derive(Debug)]
struct OpenCall {
    id: String,
    name: String,
    arguments: String,
    signature: Option<String>,
}

#[derive(Serialize)]
struct ErrorBody<'a> {
    error: ErrorObject<'a>,
}

#[derive(Serialize)]
struct ErrorObject<'a> {
    code: u16,
    message: &'a str,
    status: &'static str,
}

impl WriteStream for Writer {
    fn write(
        &mut self,
        step: &Step<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match *step {
            Step::Begin(_) | Step::NextText => Ok(()),
            Step::Likelihoods(likelihoods) => {
                self.likelihoods.extend_from_slice(likelihoods);
                Ok(())
            }
            Step::Text(text) => {
                self.said.push_str(text);
                let signature = self.close(false, context, out)?;
                let likelihoods = std::mem::take(&mut self.likelihoods);
                let piece = Answer::piece(Part::text(text).signed(signature), context);
                write_event(out, None, &piece.likely(&likelihoods))
            }
            Step::Image(image) => self.part(Part::image(image), context, out),
            Step::Speech(speech) => {
                Part::speech(speech).try_for_each(|part| self.part(part, context, out))
            }
            Step::ServerToolUse(used) => {
                self.grounding.add_use(used);
                let mut parts = Part::of_code(used).into_iter();
                parts.try_for_each(|part| self.part(part, context, out))
            }
            Step::Citation(citation) => {
                self.grounding.add_citation(citation);
                Ok(())
            }
            Step::Thought(text) => {
                self.close_all(false, context, out)?;
                self.open = Some(Open::Thought(text.to_owned()));
                Ok(())
            }
            Step::Signature { vendor, opaque, is_redacted } => {
                let signature = thought_signature::written(vendor, opaque, is_redacted);
                self.sign(signature, is_redacted, context, out)
            }
            Step::ToolCall { id, name } => {
                let signature = self.close(false, context, out)?;
                let (id, name) = (id.to_owned(), name.to_owned());
                let call = OpenCall { id, name, arguments: String::new(), signature };
                self.open = Some(Open::Call(call));
                Ok(())
            }
            Step::Arguments(delta) => {
                if let Some(Open::Call(call)) = &mut self.open {
                    call.arguments.push_str(delta);
                }
                Ok(())
            }
            Step::Finish { stop, .. } => {
                self.stop = Some(stop);
                self.close_all(stop == Stop::OutputLimit, context, out)
            }
            Step::End(usage) => {
                let reason = self.stop.unwrap_or(Stop::EndOfTurn);
                let grounding = std::mem::take(&mut self.grounding);
                let grounds = grounding.written(&[(0, &self.said)]);
                let end = Answer::end(Vec::new(), reason, usage, grounds, context);
                write_event(out, None, &end.likely(&self.likelihoods))
            }
            Step::Error(StreamError { kind, message }) => {
                if let Some(Open::Thought(text)) = self.open.take() {
                    write_event(out, None, &Answer::piece(Part::thought(&text), context))?;
                }
                let (code, status) = status_of(kind);
                write_event(out, None, &ErrorBody { error: ErrorObject { code, message, status } })
            }
        }
    }
}

impl Writer {
    fn part(
        &mut self,
        part: Part<'_>,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let signature = self.close(false, context, out)?;
        write_event(out, None, &Answer::piece(part.signed(signature), context))
    }

    /// One that is encrypted proves itself; else it is the open thought's, or that of what follows.
    fn sign(
        &mut self,
        signature: Cow<'_, str>,
        is_redacted: bool,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        let is_proved = |open: &mut Open| !is_redacted && matches!(open, Open::Thought(_));
        if let Some(Open::Thought(text)) = self.open.take_if(is_proved) {
            let part = Part::thought(&text).signed(Some(signature));
            return write_event(out, None, &Answer::piece(part, context));
        }
        self.close_all(false, context, out)?;
        self.open = Some(Open::Signature(signature.into_owned()));
        Ok(())
    }

    /// Tells what is open as well as a signature that no part follows.
    fn close_all(
        &mut self,
        is_cut: bool,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<(), WireError> {
        match self.close(is_cut, context, out)? {
            None => Ok(()),
            signature => write_event(out, None, &Answer::piece(Part::proof(signature), context)),
        }
    }

    /// Tells what is open; a signature is given back, for the part that follows. A call that the
    /// output limit cut in the middle of its arguments is no call: none is told.
    fn close(
        &mut self,
        is_cut: bool,
        context: &TranslationContext,
        out: &mut Vec<u8>,
    ) -> Result<Option<String>, WireError> {
        let OpenCall { id, name, arguments, signature } = match self.open.take() {
            None => return Ok(None),
            Some(Open::Signature(signature)) => return Ok(Some(signature)),
            Some(Open::Thought(text)) => {
                write_event(out, None, &Answer::piece(Part::thought(&text), context))?;
                return Ok(None);
            }
            Some(Open::Call(call)) => call,
        };
        match JsonObject::read(&arguments) {
            Some(arguments) => {
                let part = Part::call(&id, &name, arguments.json()).signed(signature);
                write_event(out, None, &Answer::piece(part, context))?;
                Ok(None)
            }
            None if is_cut => Ok(signature),
            None => {
                Err(nonsense(format!("the arguments of its call of `{name}` are no JSON object")))
            }
        }
    }
}

/// What a provider calls its failure, in Google's words.
fn status_of(kind: &str) -> (u16, &'static str) {
    match kind {
        "invalid_request_error" => (400, "INVALID_ARGUMENT"),
        "authentication_error" => (401, "UNAUTHENTICATED"),
        "permission_error" => (403, "PERMISSION_DENIED"),
        "not_found_error" => (404, "NOT_FOUND"),
        "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" | "billing_error" => {
            (429, "RESOURCE_EXHAUSTED")
        }
        "overloaded_error" => (503, "UNAVAILABLE"),
        "timeout_error" => (504, "DEADLINE_EXCEEDED"),
        _ => (500, "INTERNAL"),
    }
}
