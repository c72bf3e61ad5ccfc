//! Predictions of Replicate: requests to language models and for pictures are written, predictions
//! and streams read.
//!
//! Sources: the HTTP reference (<https://replicate.com/docs/reference/http>), the guide to streams
//! (<https://replicate.com/docs/topics/predictions/streaming>), the official SDK's `Prediction` and
//! `ServerSentEvent` (replicate). What is in `input` is each model's own; these names are those of
//! most language models. The model is in the address. A model reads one text, so a conversation of
//! several turns is written as one, with who speaks before each turn.
//!
//! | OpenAI chat | Anthropic | `input` | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | `system_prompt` | joined |
//! | messages | messages | `prompt` | one turn as it is; several with `User: ` and `Assistant: ` before them |
//! | `max_completion_tokens` | `max_tokens` | `max_tokens`, or as the provider's `output_limit_field` says | |
//! | `temperature`, `top_p`, `top_k`, `seed`, penalties | the same | the same | |
//! | `stop` | `stop_sequences` | `stop_sequences` | joined by commas; one with a comma is refused |
//! | a file of plain text | `document` of text | within `prompt` | other files, pictures and sound are refused |
//! | `tools`, `response_format` | `tools`, `output_config` | | refused |
//! | `reasoning_effort` | `thinking` | | dropped |
//! | `user` | `metadata.user_id` | | dropped |
//!
//! Usage is in `metrics`: `input_token_count` and `output_token_count`. A stream does not tell it;
//! its prediction, which is read behind it, does. Why a model stopped is not told.

mod pictures;
mod prompt;
mod request;
mod response;
mod stream;

pub use self::pictures::translate_pictures;
pub(super) use self::{
    pictures::write_request as write_picture_request, request::write_request,
    response::read_response, stream::Reader,
};
