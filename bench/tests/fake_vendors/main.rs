//! The fake provider as vendors beyond OpenAI and Anthropic, over real connections: what is on the
//! wire beyond what an SDK shows, and what is billed for it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod azure;
mod bedrock;
mod caller;
mod cohere;
mod gemini;
mod ollama;
mod vertex;
mod workers_ai;
