//! The fake provider as Gemini, Vertex AI and Azure OpenAI, over real connections: what is on the
//! wire beyond what an SDK shows, and what is billed for it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod azure;
mod caller;
mod gemini;
mod vertex;
