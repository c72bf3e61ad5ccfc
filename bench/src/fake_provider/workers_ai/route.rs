//! What can be asked of Workers AI, by its path:
//! `/client/v4/accounts/{account}/ai/run/{model}`. What a model is run for stands in the body.

use http::Method;
use serde_json::{Value, json};

use super::{
    embeddings, errors::no_such_model, generation, generation_request::GenerationRequest, models,
};
use crate::fake_provider::{
    directives::Directives, endpoint::Endpoint, fault::Fault, is_model, percent, reply::Prepared,
    vendor_call::VendorCall,
};

/// What Cloudflare charges for: a run of a model, which is named as it stands in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) struct Billed<'a> {
    model: &'a str,
}

/// What costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free {
    ModelSearch,
}

/// Whether a request is for Workers AI.
pub(in crate::fake_provider) fn is_asked(path: &str) -> bool {
    path.starts_with("/client/v4/")
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &'a str,
) -> Result<Endpoint<'a>, Fault> {
    let found = after_account(path).and_then(|rest| match rest {
        "models/search" => Some((Method::GET, Endpoint::free(Free::ModelSearch))),
        rest => run_of(rest).map(|billed| (Method::POST, Endpoint::billed(billed))),
    });
    Endpoint::taken_by(method, path, found)
}

/// What follows the account in a path of its models.
fn after_account(path: &str) -> Option<&str> {
    let (account, rest) = path.strip_prefix("/client/v4/accounts/")?.split_once('/')?;
    if account.is_empty() { None } else { rest.strip_prefix("ai/") }
}

fn run_of(rest: &str) -> Option<Billed<'_>> {
    let model = rest.strip_prefix("run/")?;
    (!model.is_empty()).then_some(Billed { model })
}

impl Billed<'_> {
    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        let model = percent::decoded(self.model);
        let name = name_of(&model).ok_or_else(|| no_such_model(&model))?;
        let directives = Directives::of(name)?;
        let request: Value =
            serde_json::from_slice(call.body).map_err(|error| Fault::NotJson(error.to_string()))?;
        if request.get("text").is_some() {
            return embeddings::prepare(model, directives, &request["text"]);
        }
        let request = GenerationRequest::read(request)?;
        Ok(generation::prepare(model, directives, &request, call.body.len()))
    }
}

impl Free {
    /// The page.
    pub(in crate::fake_provider) fn page(self, call: &VendorCall<'_>) -> String {
        match self {
            Self::ModelSearch => models::list(call),
        }
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
        let found = |path| endpoint(&Method::POST, path);
        let billed = Billed { model: "@cf/fake" };
        let path = "/client/v4/accounts/abc/ai/run/@cf/fake";
        assert_eq!(found(path), Ok(Endpoint::billed(billed)));
        assert!(found("/client/v4/accounts//ai/run/@cf/fake").is_err());
        assert!(found("/client/v4/accounts/abc/ai/run/").is_err());
    }
}
