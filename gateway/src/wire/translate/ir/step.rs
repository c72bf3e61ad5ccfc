//! A streamed answer, step by step.

use super::{Citation, Image, Likelihood, ServerToolUse, Speech, Stop, Usage, Vendor};
use crate::wire::WireError;

/// One step of a streamed answer, in the order that a reader promises: `Begin` first and once,
/// then parts, `Finish`, and `End` last; or `Error` in place of all that would have followed.
#[derive(Debug)]
pub(in crate::wire::translate) enum Step<'a> {
    /// The answer begins; the usage is what the provider knows so far.
    Begin(Usage),
    /// How likely the tokens of the text were that is told next.
    Likelihoods(&'a [Likelihood]),
    /// What is said next is a text of its own, where the provider tells one from the next.
    NextText,
    Text(&'a str),
    /// More of a thought; it ends with its signature, or where another part begins.
    Thought(&'a str),
    /// The thought that was told last is proved by this, and ends; without one told, it is a
    /// thought without text. One of Google's right behind a text is the text's, unless a call
    /// follows.
    Signature {
        vendor: Vendor,
        opaque: &'a str,
        /// It is the thought itself, encrypted.
        is_redacted: bool,
    },
    /// A picture, as a whole.
    Image(&'a Image),
    /// More of what is spoken.
    Speech(&'a Speech),
    /// A tool call begins; the arguments that follow are its own, until another part begins.
    ToolCall {
        id: &'a str,
        name: &'a str,
    },
    Arguments(&'a str),
    /// The provider's own tool was used; told when its result is there.
    ServerToolUse(&'a ServerToolUse),
    /// A passage of what was said before rests on a source.
    Citation(&'a Citation),
    Finish {
        stop: Stop,
        stop_sequence: Option<&'a str>,
    },
    /// The stream is complete; the usage is final.
    End(Usage),
    /// The provider reports a failure inside the stream.
    Error(StreamError<'a>),
}

/// How far the reader of a stream has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::wire::translate) enum Phase {
    #[default]
    Waiting,
    Telling,
    Over,
}

#[derive(Debug)]
pub(in crate::wire::translate) struct StreamError<'a> {
    pub kind: &'a str,
    pub message: &'a str,
}

/// Receives the steps of a stream as a reader finds them.
pub(in crate::wire::translate) type OnStep<'f> = dyn FnMut(Step<'_>) -> Result<(), WireError> + 'f;
