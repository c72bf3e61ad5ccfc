//! Who may call Vertex AI: whoever has an access token that Google handed out.

use crate::fake_provider::{
    credential::bearer,
    fault::Fault,
    identity::{Audience, Identity},
    vendor_call::VendorCall,
};

/// Refuses a call without such a token, or with one whose time is over.
pub(in crate::fake_provider) fn check(
    call: &VendorCall<'_>,
    identity: &Identity,
) -> Result<(), Fault> {
    match bearer(call.headers) {
        None | Some("") => Err(Fault::MissingCredential),
        Some(token) => identity.check_token(token, Audience::GoogleCloud),
    }
}
