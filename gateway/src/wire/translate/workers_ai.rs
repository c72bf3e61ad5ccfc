//! The text generation of Cloudflare's Workers AI: its requests are written, its answers and
//! streams read.
//!
//! The source is the official SDK's types (cloudflare 5.9): `Messages` and, for models that see,
//! `Variant13` of its `AIRunParams`, and `AIRunResponse`. Some models answer in the form of OpenAI's
//! chat completions instead, within the same `result`; both are read. The model is in the address.
//!
//! | OpenAI chat | Anthropic | Workers AI | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | `system` messages | where they stand |
//! | `image_url` | `image` | `image_url` part | as a `data:` URL; an address is refused; only models that see take one |
//! | `file` of plain text | `document` of text | text part | other files are refused |
//! | `reasoning_content` | `thinking` | | not sent; read where a model tells it |
//! | `tool_calls` | `tool_use` | `tool_calls` | as OpenAI writes them; read in both forms, calls without an `id` get one made up |
//! | `tool` messages | `tool_result` | `tool` messages | with the tool's `name`; a failed one begins with `Error: `, images move behind |
//! | `max_completion_tokens` | `max_tokens` | `max_tokens` | |
//! | `temperature`, `top_p`, `top_k` | the same | the same | |
//! | `seed`, `frequency_penalty`, `presence_penalty` | | the same | |
//! | `stop` | `stop_sequences` | | refused |
//! | `logprobs`, `top_logprobs` | | | refused |
//! | `tool_choice` `none` | `none` | no `tools` | |
//! | `tool_choice` `required`, a function | `any`, `tool` | | refused |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use` | | refused |
//! | `response_format` | `output_config.format` | `response_format` | the schema alone, without its name; refused in a stream, which has no such mode; an answer that comes as an object is told as its text |
//! | `reasoning_effort` | `thinking` | `reasoning_effort` | only as the model's `reasoning` setting says `effort`, else dropped |
//! | `user`, `strict` of a function | `metadata.user_id`, `strict` | | dropped |
//!
//! A model's own answer does not say why it ended: it called tools, or its turn is over.
//! `repetition_penalty`, `raw`, `lora` and `functions` stay at their defaults.

mod call;
mod messages;
mod request;
mod response;
mod stream;

pub(super) use self::{request::write_request, response::read_response, stream::Reader};
