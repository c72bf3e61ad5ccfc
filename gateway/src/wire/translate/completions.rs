//! OpenAI's completions, from before there were chats: requests are read from clients, answers
//! written to them.
//!
//! Source: `openai.types.Completion` and `CompletionCreateParams`. A prompt becomes what the user
//! says. Several prompts at once, prompts of tokens, and what looks into the model (`logprobs`,
//! `echo`, `suffix`, `best_of`) are of no chat and refused by name.

mod likelihoods;
mod request;
mod response;
mod stream;

pub(super) use self::{request::read, response::write, stream::Writer};
