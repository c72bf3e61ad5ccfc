//! Google's `generateContent`, spoken to clients and to providers.
//!
//! The sources are google-genai's types (3.6) and Google's documentation; the Gemini API and Vertex
//! AI speak alike.
//!
//! | OpenAI chat | Anthropic messages | Gemini, as a provider | |
//! |---|---|---|---|
//! | `system`, `developer` messages | `system` | `systemInstruction` | joined by a blank line |
//! | messages | messages | `contents` of `user` and `model` | turns of one side in a row share one |
//! | `image_url` | `image` | `inlineData`, `fileData` | a URL says by its end which kind it is, or is refused |
//! | `file` | `document` | `inlineData`, `fileData` | its name and context are a text before it |
//! | `input_audio` | | `inlineData` | |
//! | `tool_calls` | `tool_use` | `functionCall` | with its id from the third generation on, which earlier ones refuse |
//! | `tool` messages | `tool_result` | `functionResponse` | an object as it is, text as `output`, a failure as `error`; images and documents move behind the results |
//! | a result without its call | the same | | refused: the call names the tool |
//! | `tools[].function` | `tools` | `functionDeclarations` | the schema as it is, in `parametersJsonSchema` |
//! | `strict` | `strict` | mode `VALIDATED` | where no call is forced; a forced one is always strict |
//! | `tool_choice` | `tool_choice` | `functionCallingConfig` | |
//! | `parallel_tool_calls: false` | `disable_parallel_tool_use` | | refused |
//! | `stop` | `stop_sequences` | `stopSequences` | more than five are refused |
//! | `response_format` | `output_config.format` | `responseMimeType`, `responseJsonSchema` | always strict |
//! | `reasoning_effort` | `thinking`, `output_config.effort` | `thinkingConfig` | as the model's `reasoning` setting says, else dropped |
//! | `reasoning_details` | `thinking` with a signature | `thoughtSignature` | on the part that it was on; where a model demands one and nobody signed, Google's word for that |
//! | `logprobs`, `top_logprobs` | | `responseLogprobs`, `logprobs` | |
//! | `modalities`, `audio.voice` | | `responseModalities`, `speechConfig` | sound is `pcm16`: the one form that is the same here |
//! | `images` of a message | | `inlineData` of the model | with the signature that was on it |
//! | `seed` | | `seed` | dropped where it has more than 32 bits |
//! | `user` | `metadata.user_id`, `cache_control` | | dropped |
//!
//! | `finishReason` | `stop_reason` |
//! |---|---|
//! | `STOP`, and what is not known | `end_turn`, or `tool_use` where there are calls |
//! | `MAX_TOKENS`, `CONTINUATION` | `max_tokens` |
//! | `SAFETY` and its like, or a prompt that was blocked | `refusal` |
//! | `MALFORMED_FUNCTION_CALL` and its like | an error: the model failed |
//!
//! What the model has drawn or spoken is told in chat completions as `images` and `audio`, to a
//! client of Responses as items `image_generation_call`, and is an error elsewhere. Left out of
//! answers is what no client of another dialect can ask for: ratings, pictures within thoughts.
//! Left out as well is the signature of a streamed text, which comes behind it, where a client of
//! messages would take it for what was said last.

mod code;
mod grounding;
mod likelihoods;
mod read_request;
mod read_response;
mod read_stream;
mod samples;
mod standard_base64;
mod thought_signature;
mod write_request;
mod write_response;
mod write_stream;

pub(super) use self::{
    read_request::read_request, read_response::read_response, read_stream::Reader,
    write_request::write_request, write_response::write_response, write_stream::Writer,
};
