//! The one representation that every dialect is read into and written from.
//!
//! Each dialect is translated to and from this, never to another dialect, so a new one costs two
//! halves. What not every dialect can say is an [`Asked`]: it carries the name under which the
//! client wrote it, so that a writer that cannot express it can refuse it by that name.

mod answer;
mod citation;
mod conversation;
mod json_object;
mod likelihood;
mod media;
mod request;
mod server_tool;
mod step;

pub(super) use self::{
    answer::{Response, Stop, Usage},
    citation::{Citation, Place, Source},
    conversation::{
        AssistantPart, Audio, CacheMark, Document, DocumentSource, Image, ImageSource, ResultPart,
        Signature, Speech, SystemPart, Thought, ToolCall, ToolResult, Turn, UserPart, Vendor,
    },
    json_object::JsonObject,
    likelihood::{Candidate, Likelihood, LogProbabilities},
    media::Media,
    request::{AnswerFormat, Asked, Effort, Request, Settings, Thinking, Tool, ToolChoice},
    server_tool::{
        CodeOutcome, Domains, Location, OwnWords, ServerTool, ServerToolDeed, ServerToolKind,
        ServerToolUse, ServerToolWish, WebPage, WebSearch,
    },
    step::{OnStep, Phase, Step, StreamError},
};
