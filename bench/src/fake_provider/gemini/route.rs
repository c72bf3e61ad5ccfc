//! What can be asked of the Gemini API, by its path: `/v1beta/models/{model}:generateContent`.
//!
//! Google's own SDK calls it by `/v1`, where OpenAI's paths are too.

use http::{HeaderMap, Method};

use crate::fake_provider::{
    endpoint::Endpoint, fault::Fault, percent, reply::Prepared, vendor_call::VendorCall,
};

use super::{count_tokens, embeddings, generate, models, service::Service};

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Verb {
    Generate,
    StreamGenerate,
    CountTokens,
    Embed,
    BatchEmbed,
}

/// What Gemini charges for, and of which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) struct Billed<'a> {
    pub(in crate::fake_provider) verb: Verb,
    pub(in crate::fake_provider) model: &'a str,
    pub(in crate::fake_provider) service: Service,
}

/// What costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free<'a> {
    CountTokens { model: &'a str, service: Service },
    ModelList,
    Model(&'a str),
}

impl Verb {
    /// The verb of this name.
    pub(in crate::fake_provider) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "generateContent" => Self::Generate,
            "streamGenerateContent" => Self::StreamGenerate,
            "countTokens" => Self::CountTokens,
            "embedContent" => Self::Embed,
            "batchEmbedContents" => Self::BatchEmbed,
            _ => return None,
        })
    }

    /// What asking this of a model comes to.
    pub(in crate::fake_provider) fn of(self, model: &str, service: Service) -> Endpoint<'_> {
        match self {
            Self::CountTokens => Endpoint::free(Free::CountTokens { model, service }),
            verb => Endpoint::billed(Billed { verb, model, service }),
        }
    }
}

/// Whether a request is for the Gemini API.
pub(in crate::fake_provider) fn is_asked(path: &str, headers: &HeaderMap) -> bool {
    let names_verb = || asked_of_model(path).is_some_and(|(_, verb)| Verb::named(verb).is_some());
    let has_key = headers.contains_key("x-goog-api-key");
    path.starts_with("/v1beta/") || has_key && path.starts_with("/v1/") || names_verb()
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &'a str,
) -> Result<Endpoint<'a>, Fault> {
    let unknown = || Fault::UnknownPath(format!("{method} {path}"));
    let (expected, endpoint) = match (asked_of_model(path), resource(path)) {
        (Some((model, verb)), _) => {
            let verb = Verb::named(verb).ok_or_else(unknown)?;
            (Method::POST, verb.of(model, Service::AiStudio))
        }
        (None, Some("models")) => (Method::GET, Endpoint::free(Free::ModelList)),
        (None, Some(resource)) => {
            let id = resource.strip_prefix("models/").ok_or_else(unknown)?;
            (Method::GET, Endpoint::free(Free::Model(id)))
        }
        (None, None) => return Err(unknown()),
    };
    if *method == expected { Ok(endpoint) } else { Err(unknown()) }
}

fn resource(path: &str) -> Option<&str> {
    path.strip_prefix("/v1beta/").or_else(|| path.strip_prefix("/v1/"))
}

/// The model and the verb of a path that has both.
fn asked_of_model(path: &str) -> Option<(&str, &str)> {
    resource(path)?.strip_prefix("models/")?.rsplit_once(':')
}

impl Billed<'_> {
    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        let model = percent::decoded(self.model);
        match self.verb {
            Verb::Embed => embeddings::prepare_one(model, call.body, self.service),
            Verb::BatchEmbed => embeddings::prepare_batch(model, call.body, self.service),
            Verb::StreamGenerate if call.query_value("alt").as_deref() == Some("sse") => {
                generate::prepare(model, call, self.service, generate::Manner::Events)
            }
            Verb::StreamGenerate => {
                generate::prepare(model, call, self.service, generate::Manner::Array)
            }
            _ => generate::prepare(model, call, self.service, generate::Manner::Whole),
        }
    }
}

impl Free<'_> {
    /// The page.
    pub(in crate::fake_provider) fn page(self, call: &VendorCall<'_>) -> Result<String, Fault> {
        match self {
            Self::CountTokens { model, service } => {
                count_tokens::count(&percent::decoded(model), call.body, service)
            }
            Self::ModelList => models::list(call),
            Self::Model(id) => models::get(&percent::decoded(id)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_the_model_and_what_is_asked_of_it() {
        for path in
            ["/v1beta/models/fake%40tag=a:countTokens", "/v1/models/fake%40tag=a:countTokens"]
        {
            let free = Free::CountTokens { model: "fake%40tag=a", service: Service::AiStudio };
            assert_eq!(endpoint(&Method::POST, path), Ok(Endpoint::free(free)));
            assert!(endpoint(&Method::GET, path).is_err());
            assert!(is_asked(path, &HeaderMap::new()));
        }
        assert!(endpoint(&Method::POST, "/v1beta/models/fake:unheardOf").is_err());
        assert!(!is_asked("/v1/models", &HeaderMap::new()));
        let key = ("x-goog-api-key".parse().unwrap(), "any".parse().unwrap());
        let with_key = HeaderMap::from_iter([key]);
        assert!(is_asked("/v1/models", &with_key));
        assert!(!is_asked("/_calls", &with_key));
    }
}
