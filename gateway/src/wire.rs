//! Wire formats, pure: no I/O, no time, no state beyond the stream at hand.
//!
//! Where client and provider speak the same dialect, bytes are relayed and only what must change
//! is edited ([`rewrite`]); where they differ, `translate` goes through one internal
//! representation. Chunk boundaries never change a result. The truth about a format is the
//! vendor's official SDK.

mod batch;
mod cut_response;
mod dialect;
mod error;
mod facts;
mod filter;
mod framing;
mod json_array;
mod members;
mod meter;
mod named_files;
mod realtime;
mod relayed;
mod render;
mod response_state;
mod rewrite;
mod session;
mod sse;
mod texts;
mod translate;
mod usage;
mod whole_events;

pub use batch::{
    BatchResult, BatchState, Lines, message_batch_result, openai_batch_result, with_results_url,
};
pub use cut_response::CutResponse;
pub use dialect::Dialect;
pub use error::WireError;
pub use facts::{
    BatchEndpoint, BatchLine, BatchOrder, BatchWork, Files, MessageBatch, ModelPath, PromptLength,
    RequestFacts, RequestNeeds,
};
pub use filter::UsageChunkFilter;
pub use framing::{Framing, Reframer};
pub use json_array::JsonArray;
pub use meter::{StreamEnd, StreamMeter};
pub use named_files::named_files;
pub use realtime::{
    ClientEvent, ClientEventKind, ErrorKind, MostUsed, OutputLimit, SessionMeter, SessionUsage,
    SessionWishes, error_event, websocket_accept,
};
pub use relayed::{RelayedApi, rerank_on_bedrock, seconds_of_audio};
pub use render::{render_problem, render_problem_mid_stream, standing_headers};
pub use response_state::{
    InputItems, ItemReference, KeptResponse, ListedItem, ResponseEvents, ResponseState,
    StateWishes, StatelessInput, Thoughts, carried_items, ended_response, input_items, item_ids,
    kept_item, listed_items, stateless_body,
};
pub use rewrite::{
    AllowedBetas, AllowedFields, Edits, FieldRules, FittedBody, HostedBody, HostedForm,
    HostedRules, LimitField, SentBetas, rewrite,
};
pub use session::session_of;
pub use sse::{SseDecoder, SseEvent};
pub use texts::{BesideText, texts_of_request, texts_of_response};
pub use translate::{
    Echo, StreamTranslator, Target, TranslatedRequest, TranslationContext, begun_response,
    has_embeddings_on_bedrock, is_anthropic_on_bedrock, translate_embeddings, translate_pictures,
    translate_request, translate_response,
};
pub use usage::{UsageReport, usage_of_response, with_input_tokens};
pub use whole_events::WholeEvents;
