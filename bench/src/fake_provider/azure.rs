//! Azure OpenAI's wire format, and how Entra hands out the access tokens that it takes.

mod content_filter;
pub(super) mod credential;
pub(super) mod errors;
pub(super) mod managed_identity;
pub(super) mod route;
pub(super) mod token_endpoint;
