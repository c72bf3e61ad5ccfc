//! What can be asked of Vertex AI, by its path:
//! `/v1/projects/{project}/locations/{location}/publishers/{publisher}/models/{model}:{verb}`

use http::Method;

use super::{models, predict, raw_predict};
use crate::fake_provider::{
    anthropic, endpoint::Endpoint, fault::Fault, gemini, gemini::service::Service, openai, percent,
    reply::Prepared, vendor::Vendor, vendor_call::VendorCall,
};

/// What Vertex AI charges for, beside Gemini's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Billed<'a> {
    /// Embeddings of the older kind.
    Predict(&'a str),
    /// A message of Anthropic's.
    RawPredict(&'a str),
    /// A chat completion in OpenAI's dialect.
    Chat,
}

/// What costs nothing, beside Gemini's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free<'a> {
    /// Anthropic's count.
    CountMessageTokens,
    ModelList,
    Model(&'a str),
}

/// Who answers a path of Vertex AI; nobody if it is none.
pub(in crate::fake_provider) fn vendor_of(path: &str) -> Option<Vendor> {
    let rest = resource(path)?;
    let is_ours = rest.starts_with("projects/") || rest.starts_with("publishers/");
    is_ours.then(|| match within_location(rest).unwrap_or_default() {
        rest if rest.starts_with("publishers/anthropic/") => Vendor::VertexAnthropic,
        rest if rest.starts_with("endpoints/openapi/") => Vendor::VertexOpenAi,
        _ => Vendor::Vertex,
    })
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &'a str,
) -> Result<Endpoint<'a>, Fault> {
    let found = resource(path).and_then(|rest| match within_location(rest) {
        Some(rest) => of_location(rest).map(|endpoint| (Method::POST, endpoint)),
        None => of_publisher(rest).map(|endpoint| (Method::GET, endpoint)),
    });
    match found {
        Some((expected, endpoint)) if *method == expected => Ok(endpoint),
        _ => Err(Fault::UnknownPath(format!("{method} {path}"))),
    }
}

fn resource(path: &str) -> Option<&str> {
    path.strip_prefix("/v1/").or_else(|| path.strip_prefix("/v1beta1/"))
}

/// What comes after `projects/{project}/locations/{location}/`.
fn within_location(rest: &str) -> Option<&str> {
    let (_project, rest) = rest.strip_prefix("projects/")?.split_once("/locations/")?;
    rest.split_once('/').map(|(_location, rest)| rest)
}

fn of_location(rest: &str) -> Option<Endpoint<'_>> {
    if rest == "endpoints/openapi/chat/completions" {
        return Some(Endpoint::billed(Billed::Chat));
    }
    let (publisher, asked) = rest.strip_prefix("publishers/")?.split_once("/models/")?;
    let (model, verb) = asked.rsplit_once(':')?;
    match (publisher, model, verb) {
        ("google", model, "predict") => Some(Endpoint::billed(Billed::Predict(model))),
        ("google", model, verb) => {
            gemini::route::Verb::named(verb).map(|verb| verb.of(model, Service::Vertex))
        }
        ("anthropic", "count-tokens", "rawPredict") => {
            Some(Endpoint::free(Free::CountMessageTokens))
        }
        ("anthropic", model, "rawPredict" | "streamRawPredict") => {
            Some(Endpoint::billed(Billed::RawPredict(model)))
        }
        _ => None,
    }
}

fn of_publisher(rest: &str) -> Option<Endpoint<'_>> {
    let rest = rest.strip_prefix("publishers/google/models")?;
    match rest.strip_prefix('/') {
        None if rest.is_empty() => Some(Endpoint::free(Free::ModelList)),
        None => None,
        Some(id) => Some(Endpoint::free(Free::Model(id))),
    }
}

impl Billed<'_> {
    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        match self {
            Self::Predict(model) => predict::prepare(percent::decoded(model), call.body),
            Self::RawPredict(model) => raw_predict::prepare(percent::decoded(model), call),
            Self::Chat => openai::chat::prepare(call.body, call.serial),
        }
    }
}

impl Free<'_> {
    /// The page.
    pub(in crate::fake_provider) fn page(self, call: &VendorCall<'_>) -> Result<String, Fault> {
        match self {
            Self::CountMessageTokens => {
                raw_predict::check_version(call.body)?;
                anthropic::messages::count_tokens(call.body)
            }
            Self::ModelList => Ok(models::list()),
            Self::Model(id) => models::get(&percent::decoded(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: &str = "/v1/projects/p/locations/europe-west1";

    #[test]
    fn a_path_says_who_answers() {
        for (rest, vendor) in [
            ("publishers/google/models/fake:generateContent", Vendor::Vertex),
            ("publishers/anthropic/models/fake:rawPredict", Vendor::VertexAnthropic),
            ("endpoints/openapi/chat/completions", Vendor::VertexOpenAi),
        ] {
            let path = format!("{PLACE}/{rest}");
            assert_eq!(vendor_of(&path), Some(vendor), "{path}");
            assert!(endpoint(&Method::POST, &path).is_ok(), "{path}");
            assert!(endpoint(&Method::GET, &path).is_err(), "{path}");
        }
        assert_eq!(vendor_of("/v1/chat/completions"), None);
    }

    #[test]
    fn a_model_is_named_with_its_directives() {
        let path = format!("{PLACE}/publishers/anthropic/models/fake@tag=a:streamRawPredict");
        let billed = Billed::RawPredict("fake@tag=a");
        assert_eq!(endpoint(&Method::POST, &path), Ok(Endpoint::billed(billed)));
    }
}
