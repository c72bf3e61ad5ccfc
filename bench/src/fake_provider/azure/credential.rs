//! Who may call Azure OpenAI: whoever has its key, or a token of Entra's for it.

use crate::fake_provider::{
    credential::{self, bearer},
    fault::Fault,
    identity::{Audience, Identity},
    vendor_call::VendorCall,
};

/// The same for Anthropic's models at Azure, where the key has Anthropic's header.
pub(in crate::fake_provider) fn check_of_anthropic(
    call: &VendorCall<'_>,
    expected: Option<&str>,
    identity: &Identity,
) -> Result<(), Fault> {
    match (call.header("x-api-key"), bearer(call.headers)) {
        (Some(key), _) => credential::check(Some(key), expected),
        (None, None | Some("")) => Err(Fault::MissingCredential),
        (None, Some(token)) => identity
            .check_token(token, Audience::CognitiveServices)
            .map_err(|_| Fault::ExpiredCredential),
    }
}

/// Refuses a call with neither.
pub(in crate::fake_provider) fn check(
    call: &VendorCall<'_>,
    expected: Option<&str>,
    identity: &Identity,
) -> Result<(), Fault> {
    let key = call.header("api-key").filter(|key| !key.is_empty());
    match (key, bearer(call.headers)) {
        (Some(key), _) => credential::check(Some(key), expected),
        (None, None | Some("")) => Err(Fault::MissingCredential),
        // A token that is not known and one whose time is over are told alike.
        (None, Some(token)) => identity
            .check_token(token, Audience::CognitiveServices)
            .map_err(|_| Fault::ExpiredCredential),
    }
}
