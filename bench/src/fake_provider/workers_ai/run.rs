//! `POST /client/v4/accounts/{account}/ai/run/{model}`: what a model is run for stands in the body.

use serde_json::{Value, json};

use super::{
    embeddings, generation, generation_request::GenerationRequest, refusal::no_such_model,
};
use crate::fake_provider::{
    directives::Directives, is_model, percent, reply::Prepared, vendor::Fault,
};

/// A run of a model, as it stands in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) struct Run<'a> {
    model: &'a str,
}

/// Whether a path is Cloudflare's.
pub(in crate::fake_provider) fn speaks_at(path: &str) -> bool {
    path.starts_with("/client/v4/")
}

/// What follows the account in a path of its models.
pub(super) fn after_account(path: &str) -> Option<&str> {
    let (account, rest) = path.strip_prefix("/client/v4/accounts/")?.split_once('/')?;
    if account.is_empty() { None } else { rest.strip_prefix("ai/") }
}

impl<'a> Run<'a> {
    /// The run at a path.
    pub(in crate::fake_provider) fn at(path: &'a str) -> Option<Self> {
        let model = after_account(path)?.strip_prefix("run/")?;
        (!model.is_empty()).then_some(Self { model })
    }

    /// The answer to a request's body.
    pub(in crate::fake_provider) fn prepare(self, body: &[u8]) -> Result<Prepared, Fault> {
        let model = percent::decoded(self.model);
        let name = name_of(&model).ok_or_else(|| no_such_model(&model))?;
        let directives = Directives::of(name)?;
        let request: Value =
            serde_json::from_slice(body).map_err(|error| Fault::NotJson(error.to_string()))?;
        if request.get("text").is_some() {
            return embeddings::prepare(model, directives, &request["text"]);
        }
        let request = GenerationRequest::read(request)?;
        Ok(generation::prepare(model, directives, &request, body.len()))
    }
}

/// A model's own name, if there is such a model: `fake` of `@cf/acme/fake@chunks=4`.
fn name_of(model: &str) -> Option<&str> {
    let path = model.strip_prefix("@cf/").or_else(|| model.strip_prefix("@hf/"))?;
    let own = path.find('@').unwrap_or(path.len());
    let begin = path[..own].rfind('/').map_or(0, |slash| slash + 1);
    let name = &path[begin..];
    is_model(name).then_some(name)
}

/// An answer, as Cloudflare wraps every one.
pub(super) fn wrapped(result: &Value) -> Value {
    json!({ "result": result, "success": true, "errors": [], "messages": [] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_the_last_part_of_its_name() {
        assert_eq!(name_of("@cf/fake@chunks=4"), Some("fake@chunks=4"));
        assert_eq!(name_of("@cf/acme/fake-mini@tag=a/b"), Some("fake-mini@tag=a/b"));
        assert_eq!(name_of("@cf/acme/unheard-of"), None);
        assert_eq!(name_of("fake"), None);
    }

    #[test]
    fn a_path_names_an_account_and_a_model() {
        let run = Run::at("/client/v4/accounts/abc/ai/run/@cf/fake").unwrap();
        assert_eq!(run.model, "@cf/fake");
        assert_eq!(Run::at("/client/v4/accounts//ai/run/@cf/fake"), None);
        assert_eq!(Run::at("/client/v4/accounts/abc/ai/run/"), None);
    }
}
