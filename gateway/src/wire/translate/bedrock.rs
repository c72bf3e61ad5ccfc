//! Amazon Bedrock's Converse: its requests are written, its answers and streams read.
//!
//! The source is the service model of the official SDK (botocore 1.44, `bedrock-runtime`). What only
//! Anthropic's models have goes as `additionalModelRequestFields`, and only to models with
//! `anthropic.` in their id.
//!
//! | OpenAI chat | Anthropic messages | Converse | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | `system` | before the conversation |
//! | | `cache_control` | `cachePoint` | to models of Anthropic (with `ttl`) and Amazon's Nova; else dropped |
//! | `image_url` | `image` | `image` | PNG, JPEG, GIF, WebP, by value or `s3://`; another URL is refused |
//! | `file` | `document` | `document` | with a name of its own in plain letters; text as a `txt` file; `citations` as they are |
//! | `input_audio` | | `audio` | |
//! | `tool` messages | `tool_result` | `toolResult` | `is_error` is `status: error` |
//! | `tool_calls` | `tool_use` | `toolUse` | an id that this API does not take gets another one |
//! | `reasoning_details` | `thinking`, `redacted_thinking` | `reasoningContent` | signed by Anthropic, to models of Anthropic |
//! | `tools` | `tools` | `toolConfig.tools` | |
//! | `tool_choice` `required`, a function | `any`, `tool` | `any`, `tool` | |
//! | `tool_choice` `none` | `none` | | no tools; where the conversation has calls, which need some, those are named as closed |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use` | `tool_choice` of Anthropic's models | else, or with a forced call, refused |
//! | `max_completion_tokens`, `max_tokens` | `max_tokens` | `inferenceConfig.maxTokens` | |
//! | `temperature`, `top_p`, `stop` | the same | `inferenceConfig` | a temperature above 1 is refused |
//! | `top_k` | `top_k` | `top_k` of Anthropic's models | else refused |
//! | `response_format` `json_schema` | `output_config.format` | `outputConfig.textFormat` | `json_object` is refused |
//! | `reasoning_effort` | `output_config.effort`, `thinking` | `outputConfig.effort`, `thinking` of Anthropic's models | as the model's `reasoning` setting says |
//! | `logprobs`, `top_logprobs` | | | refused |
//! | `user` | `metadata.user_id` | | dropped, as is `seed` |
//!
//! | `stopReason` | |
//! |---|---|
//! | `end_turn`, `stop_sequence`, `tool_use`, `max_tokens` | as Anthropic has them |
//! | `model_context_window_exceeded` | the limit of the answer |
//! | `guardrail_intervened`, `content_filtered` | a refusal |
//! | `malformed_model_output`, `malformed_tool_use` | no answer: what there is of it makes no sense |
//!
//! Not asked for: guardrails, prompts kept there, performance and service tiers. Not told: traces,
//! generated images, the calls of tools that Amazon itself runs.

mod citations;
mod fields;
mod ids;
mod media;
mod messages;
mod request;
mod response;
mod stream;
mod tools;

pub(super) use self::{request::write_request, response::read_response, stream::Reader};

/// Whether a model of Bedrock's is one of Anthropic's: by its id, its inference profile's or its ARN, which
/// name the maker, as in `eu.anthropic.claude-sonnet-4-5-20250929-v1:0`.
#[must_use]
pub fn is_anthropic(model: &str) -> bool {
    model.contains("anthropic.")
}
