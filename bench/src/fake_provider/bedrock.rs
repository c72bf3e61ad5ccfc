//! Amazon Bedrock's wire format, as botocore's service model `bedrock-runtime` describes it.

mod canonical;
mod content_shape;
mod conversation;
mod converse;
mod converse_request;
mod converse_shape;
mod converse_stream;
pub(super) mod credential;
pub(super) mod frames;
mod invoke;
pub(super) mod models;
mod operation;
pub(super) mod refusal;
mod shape;
mod signature;
mod thought;
mod usage;

pub use self::signature::AwsKey;
pub(super) use self::{
    invoke::Counts,
    operation::{Operation, speaks_at},
};
