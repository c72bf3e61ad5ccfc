//! The Responses API of a provider: its requests are written, its answers and streams read.
//!
//! Source: `openai.types.responses` of the official SDK.
//!
//! | OpenAI chat | Anthropic | Responses | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | `instructions`, a `system` message behind others | joined by a blank line |
//! | texts of a message | `text` | a `message` item | one each for what the model has said |
//! | `tool_calls` | `tool_use` | `function_call` | |
//! | `tool` messages | `tool_result` | `function_call_output` | with its images and documents; a failure is `Error: ` before the text |
//! | `reasoning_details` | `thinking`, `redacted_thinking` | `reasoning` | only what an OpenAI model has encrypted, with its id, and only before what it led to |
//! | `file` | `document` | `input_file` | by its URL too; plain text is text |
//! | `input_audio` | | | refused |
//! | `tools[].strict` | `tools[].strict` | `tools[].strict` | false where nothing is said |
//! | `response_format` | `output_config.format` | `text.format` | |
//! | `verbosity` | | `text.verbosity` | |
//! | `reasoning_effort` | `output_config.effort`, `thinking` | `reasoning.effort` | where the model's `reasoning` is `effort`, else dropped; `thinking` asks for a `summary` too |
//! | `max_completion_tokens`, `max_tokens` | `max_tokens` | `max_output_tokens` | as it is |
//! | `user`, `safety_identifier` | `metadata.user_id` | `safety_identifier` | dropped above 128 characters |
//! | `stop` | `stop_sequences` | | refused |
//! | `frequency_penalty`, `presence_penalty`, `top_k` | `top_k` | | refused |
//! | `seed`, `metadata`, `store`, `service_tier`, `prompt_cache_*` | `cache_control`, `service_tier` | | dropped |
//! | | | `store` | false: nothing is kept at the provider |
//! | `logprobs`, `top_logprobs` | | `include`, `top_logprobs` | |
//! | `modalities`, `audio` | | | refused |
//! | | | `include` | the encrypted thoughts, where the model's `reasoning` is set: a model that does not think refuses to be asked |
//!
//! | Responses | `finish_reason` | `stop_reason` |
//! |---|---|---|
//! | `completed` | `stop`, `tool_calls` with a call | `end_turn`, `tool_use` |
//! | `completed` with a `refusal` | `content_filter` | `refusal` |
//! | `incomplete`: `max_output_tokens` | `length` | `max_tokens` |
//! | `incomplete`: `content_filter` | `content_filter` | `refusal` |
//! | `failed`, `cancelled`, `error` | an error | an error |
//!
//! The items of tools that no other API has are left out.

mod in_order;
mod input;
mod request;
mod response;
mod stream;

pub(in crate::wire::translate) use self::{
    request::write_request, response::read_response, stream::Reader,
};
