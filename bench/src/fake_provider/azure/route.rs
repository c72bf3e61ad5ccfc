//! What can be asked of Azure OpenAI, by its path:
//! `/openai/deployments/{deployment}/chat/completions?api-version=…`, and without a version below
//! `/openai/v1/`.

use http::{Method, Uri};

use super::content_filter;
use crate::fake_provider::{
    endpoint::Endpoint, fault::Fault, openai, percent, reply::Prepared, vendor_call::VendorCall,
};

/// What is charged for, and by which deployment; below `/openai/v1/` the body names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Billed<'a> {
    Chat(Option<&'a str>),
    /// Below `/openai/v1/` alone.
    Responses,
    Embeddings(Option<&'a str>),
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    uri: &'a Uri,
) -> Result<Endpoint<'a>, Fault> {
    let path = uri.path();
    let has_version = || {
        let mut query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        query.any(|(name, value)| name == "api-version" && !value.is_empty())
    };
    let found = match path.strip_prefix("/openai/deployments/") {
        Some(rest) if has_version() => rest
            .split_once('/')
            .and_then(|(deployment, operation)| of_operation(operation, Some(deployment))),
        Some(_) => None,
        None => path.strip_prefix("/openai/v1/").and_then(|rest| of_operation(rest, None)),
    };
    match found {
        Some(billed) if *method == Method::POST => Ok(Endpoint::billed(billed)),
        _ => Err(Fault::UnknownPath(format!("{method} {path}"))),
    }
}

fn of_operation<'a>(operation: &str, deployment: Option<&'a str>) -> Option<Billed<'a>> {
    match operation {
        "chat/completions" => Some(Billed::Chat(deployment)),
        "responses" if deployment.is_none() => Some(Billed::Responses),
        "embeddings" => Some(Billed::Embeddings(deployment)),
        _ => None,
    }
}

impl Billed<'_> {
    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        match self {
            Self::Chat(Some(deployment)) => {
                let model = percent::decoded(deployment);
                let prepared = openai::chat::prepare_for(Some(model), call.body, call.serial)?;
                content_filter::applied_to(prepared)
            }
            Self::Chat(None) => {
                content_filter::applied_to(openai::chat::prepare(call.body, call.serial)?)
            }
            Self::Responses => openai::responses::prepare(call.body, call.serial),
            Self::Embeddings(Some(deployment)) => {
                openai::embeddings::prepare_for(Some(percent::decoded(deployment)), call.body)
            }
            Self::Embeddings(None) => openai::embeddings::prepare(call.body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(uri: &str) -> Option<String> {
        let uri: Uri = uri.parse().unwrap();
        endpoint(&Method::POST, &uri).ok().map(|endpoint| format!("{endpoint:?}"))
    }

    #[test]
    fn a_deployment_is_called_with_a_version_and_the_newer_path_without() {
        let deployment = "/openai/deployments/fake%40tag%3Da/chat/completions";
        let version = "?api-version=2024-10-21";
        assert!(found(&format!("{deployment}{version}")).unwrap().contains("fake%40tag%3Da"));
        assert_eq!(found(deployment), None);
        assert_eq!(found(&format!("{deployment}?api-version=")), None);
        assert!(found("/openai/v1/embeddings").is_some());
        assert_eq!(found("/openai/v1/unheard-of"), None);
    }
}
