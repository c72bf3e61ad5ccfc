//! The fake provider as Bedrock, Cohere, Ollama and Workers AI, over real connections: what is on
//! the wire beyond what an SDK shows, and what is billed for it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bedrock;
mod caller;
mod cohere;
mod ollama;
mod workers_ai;
