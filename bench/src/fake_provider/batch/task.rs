//! One request of a batch, and the answer that it would have by itself.

use super::Course;
use crate::fake_provider::{
    Provider,
    directives::Failure,
    endpoint::Billed,
    fault::Fault,
    ledger::Usage,
    reply::{Payload, Prepared},
    vendor_call::VendorCall,
};

/// One request of a batch.
#[derive(Debug)]
pub(in crate::fake_provider) struct Task {
    /// What its caller calls it.
    pub(in crate::fake_provider) custom_id: String,
    /// How its model says that the batch goes.
    pub(in crate::fake_provider) course: Course,
    /// What it would be answered with.
    pub(in crate::fake_provider) answer: Result<Answered, Fault>,
}

/// An answer of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::fake_provider) struct Answered {
    /// The whole name of the model, directives included.
    pub(in crate::fake_provider) model: String,
    pub(in crate::fake_provider) usage: Usage,
    /// A JSON document.
    pub(in crate::fake_provider) body: String,
}

impl Task {
    /// A request that `call` brought along with others, and that goes to `billed`.
    pub(in crate::fake_provider) fn of(
        custom_id: &str,
        body: &[u8],
        billed: Billed<'_>,
        provider: &Provider,
        call: &VendorCall<'_>,
    ) -> Self {
        let call = VendorCall { body, serial: provider.next_serial(), ..*call };
        let prepared = billed.prepare(&call);
        let course = match &prepared {
            Ok(prepared) => prepared.directives.batch.clone(),
            Err(_) => Course::default(),
        };
        let answer = prepared.and_then(|prepared| {
            let failure = provider.failure_of(&prepared.directives);
            answer(prepared, failure)
        });
        Self { custom_id: custom_id.to_owned(), course, answer }
    }
}

/// A request that would fail in any other way than with a status fails as the vendor's fault.
fn answer(prepared: Prepared, failure: Option<Failure>) -> Result<Answered, Fault> {
    let Prepared { model, usage, payload, .. } = prepared;
    match (failure, payload) {
        (Some(Failure::Status(status)), _) => Err(Fault::Wanted { status, model }),
        (Some(_), _) => Err(Fault::of_server()),
        (None, Payload::Whole(body)) => Ok(Answered { model, usage, body }),
        (None, _) => Err(Fault::Invalid("Streaming is not supported in batches.".to_owned())),
    }
}
