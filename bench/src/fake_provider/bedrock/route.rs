//! What can be asked of Bedrock, by its path: `/model/{model}/converse`.

use http::{Method, Response};

use super::{converse, invoke, invoke_embedding, models};
use crate::fake_provider::{
    endpoint::Endpoint,
    fault::Fault,
    ledger::Usage,
    percent,
    reply::{Body, Prepared},
    vendor_call::VendorCall,
};

/// What is asked of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Converse,
    ConverseStream,
    Invoke,
    InvokeStream,
}

/// What Bedrock charges for, and of which model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) struct Billed<'a> {
    operation: Operation,
    /// As it stands in the path.
    model: &'a str,
}

/// What costs nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) enum Free {
    ModelList,
}

/// Whether a request is for Bedrock.
pub(in crate::fake_provider) fn is_asked(path: &str) -> bool {
    path.starts_with("/model/") || path == "/foundation-models"
}

/// The endpoint of a path.
pub(in crate::fake_provider) fn endpoint<'a>(
    method: &Method,
    path: &'a str,
) -> Result<Endpoint<'a>, Fault> {
    let found = match path {
        "/foundation-models" => Some((Method::GET, Endpoint::free(Free::ModelList))),
        path => asked_of_model(path).map(|billed| (Method::POST, Endpoint::billed(billed))),
    };
    Endpoint::taken_by(method, path, found)
}

fn asked_of_model(path: &str) -> Option<Billed<'_>> {
    let (model, operation) = path.strip_prefix("/model/")?.rsplit_once('/')?;
    let operation = match operation {
        "converse" => Operation::Converse,
        "converse-stream" => Operation::ConverseStream,
        "invoke" => Operation::Invoke,
        "invoke-with-response-stream" => Operation::InvokeStream,
        _ => return None,
    };
    (!model.is_empty()).then_some(Billed { operation, model })
}

impl Billed<'_> {
    /// The answer to a call.
    pub(in crate::fake_provider) fn prepare(
        self,
        call: &VendorCall<'_>,
    ) -> Result<Prepared, Fault> {
        let VendorCall { body, serial, .. } = *call;
        let model = percent::decoded(self.model);
        match self.operation {
            Operation::Converse => converse::prepare(model, body, serial, false),
            Operation::ConverseStream => converse::prepare(model, body, serial, true),
            Operation::Invoke if invoke_embedding::is_asked(&model) => {
                invoke_embedding::prepare(model, body, serial)
            }
            Operation::Invoke => invoke::prepare(model, body, serial, false),
            Operation::InvokeStream => invoke::prepare(model, body, serial, true),
        }
    }

    /// Adds what Bedrock says beside a model's own answer; `told` is the usage, if it is told.
    pub(in crate::fake_provider) fn add_headers(
        self,
        told: Option<Usage>,
        response: &mut Response<Body>,
    ) {
        let is_invocation = matches!(self.operation, Operation::Invoke | Operation::InvokeStream);
        if is_invocation && response.status().is_success() {
            invoke::add_counts(told, response.headers_mut());
        }
    }
}

impl Free {
    /// The page.
    pub(in crate::fake_provider) fn page(self) -> String {
        match self {
            Self::ModelList => models::list(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_model_and_what_is_wanted_of_it() {
        let found = |path| endpoint(&Method::POST, path);
        let billed = |operation, model| Ok(Endpoint::billed(Billed { operation, model }));
        assert_eq!(
            found("/model/anthropic.fake-v1%3A0/converse-stream"),
            billed(Operation::ConverseStream, "anthropic.fake-v1%3A0")
        );
        assert_eq!(
            found("/model/arn:aws:bedrock:x:1:inference-profile/fake/invoke"),
            billed(Operation::Invoke, "arn:aws:bedrock:x:1:inference-profile/fake")
        );
        assert!(found("/model/fake/count-tokens").is_err());
        assert!(found("/model//invoke").is_err());
    }
}
