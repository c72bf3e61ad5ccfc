//! Amazon Bedrock's wire format, as botocore's service model `bedrock-runtime` describes it.

mod canonical;
mod content_shape;
mod conversation;
mod converse;
mod converse_request;
mod converse_shape;
mod converse_stream;
pub(super) mod credential;
pub(super) mod errors;
pub(super) mod frames;
mod invoke;
mod invoke_embedding;
mod models;
pub(super) mod route;
mod shape;
mod signature;
mod thought;
mod usage;

pub use self::signature::AwsKey;
