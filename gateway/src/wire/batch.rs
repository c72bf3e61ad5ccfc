//! Batches as providers tell of them: where they stand, and what each of their requests has used.
//!
//! Sources: the official SDKs of OpenAI (`openai.types.batch`, the guide to the batch API for the
//! files) and Anthropic (`anthropic.types.messages.message_batch` and its results).

mod lines;
mod result;
mod state;

pub use self::{
    lines::Lines,
    result::{BatchResult, message_batch_result, openai_batch_result},
    state::{BatchState, with_results_url},
};
