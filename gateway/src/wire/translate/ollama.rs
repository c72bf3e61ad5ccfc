//! Ollama's own chat: its requests are written, its answers and streams read.
//!
//! The source is the official SDK's types (ollama) and the server's documentation of errors. What
//! its API has beside them is never sent: `keep_alive` and the options of the runner.
//!
//! | OpenAI chat | Anthropic | Ollama | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | `system` messages | where they stand |
//! | text parts of a message | text blocks | `content` | joined by a blank line |
//! | `image_url` | `image` | `images` of the message | base64 alone; an address is refused |
//! | `file` of plain text | `document` of text | text | other files are refused |
//! | `reasoning_content` in answers | `thinking` | `thinking` | nobody signs here; what a client returns unsigned goes back |
//! | `tool_calls` | `tool_use` | `tool_calls` | arguments are an object; calls without an `id` get one made up |
//! | `tool` messages | `tool_result` | `tool` messages with a `tool_name` | in the order of their calls, which alone tells whose they are; a failed one begins with `Error: `, images move behind |
//! | `max_completion_tokens` | `max_tokens` | `options.num_predict` | |
//! | `temperature`, `top_p`, `top_k`, `stop` | the same, `stop_sequences` | `options` | |
//! | `seed`, `frequency_penalty`, `presence_penalty` | | `options` | |
//! | `logprobs`, `top_logprobs` | | the same | |
//! | `tool_choice` `none` | `none` | no `tools` | |
//! | `tool_choice` `required`, a function | `any`, `tool` | | refused |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use` | | refused |
//! | `response_format` | `output_config.format` | `format` | `json`, or the schema |
//! | `reasoning_effort` | `thinking` | `think` | as the model's `reasoning` setting says: `effort` is `low`, `medium` or `high`, `budget` a switch; else dropped |
//! | `user`, `strict` of a function | `metadata.user_id`, `strict` | | dropped |
//! | `stream` | `stream` | `stream` | always said: left out, it means a stream |
//!
//! `done_reason` `length` is the output limit; `stop`, `load` and `unload` end the turn.

mod messages;
mod request;
mod response;
mod stream;

pub(super) use self::{request::write_request, response::read_response, stream::Reader};
