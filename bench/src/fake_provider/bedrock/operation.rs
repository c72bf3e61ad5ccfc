//! Which operation a path names, and for which model.

use super::{converse, invoke};
use crate::fake_provider::{percent, reply::Prepared, vendor::Fault};

/// An operation that is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::fake_provider) struct Operation<'a> {
    /// As it stands in the path.
    model: &'a str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Converse,
    ConverseStream,
    Invoke,
    InvokeStream,
}

/// Whether a path is Bedrock's.
pub(in crate::fake_provider) fn speaks_at(path: &str) -> bool {
    path.starts_with("/model/") || path == "/foundation-models"
}

impl<'a> Operation<'a> {
    /// The operation at a path.
    pub(in crate::fake_provider) fn at(path: &'a str) -> Option<Self> {
        let (model, operation) = path.strip_prefix("/model/")?.rsplit_once('/')?;
        let kind = match operation {
            "converse" => Kind::Converse,
            "converse-stream" => Kind::ConverseStream,
            "invoke" => Kind::Invoke,
            "invoke-with-response-stream" => Kind::InvokeStream,
            _ => return None,
        };
        (!model.is_empty()).then_some(Self { model, kind })
    }

    /// The answer to a request's body; `serial` makes its ids.
    pub(in crate::fake_provider) fn prepare(
        self,
        body: &[u8],
        serial: u64,
    ) -> Result<Prepared, Fault> {
        let model = percent::decoded(self.model);
        match self.kind {
            Kind::Converse => converse::prepare(model, body, serial, false),
            Kind::ConverseStream => converse::prepare(model, body, serial, true),
            Kind::Invoke => invoke::prepare(&model, body, serial, false),
            Kind::InvokeStream => invoke::prepare(&model, body, serial, true),
        }
    }

    /// Whether the answer is the model's own, untouched.
    pub(in crate::fake_provider) fn is_invocation(self) -> bool {
        matches!(self.kind, Kind::Invoke | Kind::InvokeStream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_model_and_what_is_wanted_of_it() {
        let operation = Operation::at("/model/anthropic.fake-v1%3A0/converse-stream");
        let expected = Operation { model: "anthropic.fake-v1%3A0", kind: Kind::ConverseStream };
        assert_eq!(operation, Some(expected));
        let profile = Operation::at("/model/arn:aws:bedrock:x:1:inference-profile/fake/invoke");
        assert_eq!(profile.unwrap().model, "arn:aws:bedrock:x:1:inference-profile/fake");
        assert_eq!(Operation::at("/model/fake/count-tokens"), None);
        assert_eq!(Operation::at("/model//invoke"), None);
    }
}
