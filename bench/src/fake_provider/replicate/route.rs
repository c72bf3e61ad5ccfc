//! What can be asked of Replicate, by its path: `/v1/models/{owner}/{name}/predictions`.

use http::Method;

use super::prediction::Prediction;
use crate::fake_provider::{
    endpoint::Endpoint, fault::Fault, percent, reply::Prepared, vendor_call::VendorCall,
};

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Billed<'a> {
    /// A prediction that is waited for; the model as it stands in the path.
    Begin(&'a str),
    /// The stream of one that has begun.
    Stream(&'a str),
}

/// What costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free<'a> {
    /// A prediction that nobody waits for here: its stream will be read, or it is asked for.
    Begin(&'a str),
    Get(&'a str),
    Cancel(&'a str),
}

/// Whether a request is for Replicate; its list of models has OpenAI's path.
pub(in crate::fake_provider) fn is_asked(path: &str) -> bool {
    path.starts_with("/v1/predictions/") || super::is_stream(path) || model_in(path).is_some()
}

fn model_in(path: &str) -> Option<&str> {
    path.strip_prefix("/v1/models/")?.strip_suffix("/predictions")
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &'a str,
) -> Result<Endpoint<'a>, Fault> {
    let of_prediction = |rest: &'a str| match rest.strip_suffix("/cancel") {
        Some(id) => (Method::POST, Endpoint::free(Free::Cancel(id))),
        None => (Method::GET, Endpoint::free(Free::Get(rest))),
    };
    let found = if let Some(model) = model_in(path) {
        Some((Method::POST, Endpoint::billed(Billed::Begin(model))))
    } else if let Some(rest) = path.strip_prefix("/v1/predictions/") {
        Some(of_prediction(rest))
    } else {
        let id = path.strip_prefix("/v1/streams/");
        id.map(|id| (Method::GET, Endpoint::billed(Billed::Stream(id))))
    };
    Endpoint::taken_by(method, path, found)
}

impl<'a> Billed<'a> {
    /// The same as something free, where nobody waits for what it comes to.
    pub(in crate::fake_provider) fn unless_waited_for(
        self,
        prefer: Option<&str>,
    ) -> Option<Free<'a>> {
        match self {
            Self::Begin(model) if !prefer.is_some_and(|prefer| prefer.starts_with("wait")) => {
                Some(Free::Begin(model))
            }
            _ => None,
        }
    }

    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        match self {
            Self::Begin(model) => {
                Prediction::begun(percent::decoded(model), call.body)?.whole(host(call))
            }
            Self::Stream(id) => prediction(id)?.streamed(),
        }
    }
}

impl Free<'_> {
    /// The page.
    pub(in crate::fake_provider) fn page(self, call: &VendorCall<'_>) -> Result<String, Fault> {
        match self {
            Self::Begin(model) => {
                Prediction::begun(percent::decoded(model), call.body)?.told("starting", host(call))
            }
            Self::Get(id) => prediction(id)?.told("succeeded", host(call)),
            Self::Cancel(id) => prediction(id)?.told("canceled", host(call)),
        }
    }
}

fn prediction(id: &str) -> Result<Prediction, Fault> {
    Prediction::of(id).ok_or_else(|| Fault::UnknownPath(format!("prediction {id}")))
}

fn host<'a>(call: &VendorCall<'a>) -> &'a str {
    call.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default()
}

impl<'a> From<Billed<'a>> for crate::fake_provider::endpoint::Billed<'a> {
    fn from(billed: Billed<'a>) -> Self {
        Self::Replicate(billed)
    }
}

impl<'a> From<Free<'a>> for crate::fake_provider::endpoint::Free<'a> {
    fn from(free: Free<'a>) -> Self {
        Self::Replicate(free)
    }
}
