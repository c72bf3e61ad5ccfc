//! `POST /token`, where a service account gets an access token for its assertion.

use serde_json::json;

use super::assertion;
use crate::fake_provider::{
    fault::Fault,
    identity::{Audience, Identity, now_seconds, refused},
    vendor_call::VendorCall,
};

/// What Google's own libraries name as the audience, whatever the address is.
const AUDIENCE: &str = "https://oauth2.googleapis.com/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Hands out a token, if the assertion is as it should be.
pub(in crate::fake_provider) fn answer(
    call: &VendorCall<'_>,
    identity: &Identity,
) -> Result<String, Fault> {
    let grant = call.form_value("grant_type").unwrap_or_default();
    if grant != GRANT {
        let message = format!("Invalid grant_type: {grant}");
        return Err(refused("unsupported_grant_type", message));
    }
    let assertion = call.form_value("assertion").unwrap_or_default();
    let host = call.header("host").unwrap_or_default();
    let audiences =
        [AUDIENCE.to_owned(), format!("http://{host}/token"), format!("https://{host}/token")];
    assertion::check(&assertion, identity.google_public_key(), &audiences, now_seconds())?;
    let token = identity.hand_out(Audience::GoogleCloud);
    let answer = json!({
        "access_token": token.text, "expires_in": token.expires_in_seconds, "token_type": "Bearer",
    });
    Ok(answer.to_string())
}
