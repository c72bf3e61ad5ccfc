//! Cohere's chat, version 2: its requests are written, its answers and streams read.
//!
//! The source is the official SDK's types (cohere 7.3). What its API has beside them is never sent:
//! `safety_mode`, `citation_options` and `priority` stay at their defaults.
//!
//! | OpenAI chat | Anthropic | Cohere | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | the first message | the API takes none in between |
//! | text beside `tool_calls` | text beside `tool_use` | `tool_plan` | in answers alike |
//! | `reasoning_content` in answers | `thinking` | a `thinking` block | nobody signs here; what Anthropic's client returns unsigned goes back to a model that is told to think |
//! | `image_url` | `image` | `image_url` | `data:` URL or address |
//! | `file` of plain text | `document` of text | `documents` | as text of the message where the form of the answer is asked, since the API refuses both at once; other files are refused |
//! | `tool` messages | `tool_result` | `tool` messages | a failed one begins with `Error: `; documents are `document` blocks, images move behind |
//! | `max_completion_tokens`, `stop` | `max_tokens`, `stop_sequences` | `max_tokens`, `stop_sequences` | |
//! | `top_p`, `top_k` | `top_p`, `top_k` | `p`, `k` | `p` is brought within 0.01 to 0.99 |
//! | `frequency_penalty`, `presence_penalty` | | the same | outside of 0 to 1 refused |
//! | `seed` | | `seed` | |
//! | `logprobs` | | `logprobs` | |
//! | `top_logprobs` | | | refused: only what was chosen is told |
//! | `tool_choice` `none`, `required` | `none`, `any` | `NONE`, `REQUIRED` | `auto` is no choice |
//! | `tool_choice` of a function | `tool` | `REQUIRED`, with that tool alone | |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use` | | refused |
//! | `strict` of every function | `strict` | `strict_tools` | needs a required parameter in each, else dropped |
//! | `response_format` | `output_config.format` | `response_format` `json_object` | with or without `json_schema` |
//! | `reasoning_effort` | `thinking` | `thinking` | a budget of tokens that leaves room for the answer; only as the model's `reasoning` setting says, else dropped |
//! | `user` | `metadata.user_id` | | dropped |
//!
//! `COMPLETE` is the end of a turn, `STOP_SEQUENCE`, `MAX_TOKENS` and `TOOL_CALL` are what they are
//! called, and an answer that ends with `ERROR` or `TIMEOUT` has failed. `debug` events say nothing
//! to the client of another dialect.

mod citations;
mod likelihoods;
mod messages;
mod request;
mod response;
mod stream;
mod thinking;

pub(super) use self::{request::write_request, response::read_response, stream::Reader};
