//! `GET /metadata/identity/oauth2/token`, where a machine in Azure gets a token for itself.
//! <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>

use serde_json::json;

use crate::fake_provider::{
    fault::Fault,
    identity::{Audience, Identity, now_seconds, refused},
    vendor_call::VendorCall,
};

const VERSIONS: [&str; 2] = ["2018-02-01", "2019-08-01"];
const RESOURCE: &str = "https://cognitiveservices.azure.com";

/// Hands out a token to whoever says that it means this server. Its numbers are texts.
pub(in crate::fake_provider) fn answer(
    call: &VendorCall<'_>,
    identity: &Identity,
) -> Result<String, Fault> {
    if call.header("metadata").is_none_or(|value| !value.eq_ignore_ascii_case("true")) {
        return Err(invalid("Required metadata header not specified"));
    }
    let version = call.query_value("api-version").unwrap_or_default();
    if !VERSIONS.contains(&version.as_str()) {
        return Err(invalid("Required api-version parameter not specified or not supported"));
    }
    let Some(resource) = call.query_value("resource").filter(|value| !value.is_empty()) else {
        return Err(invalid("Required audience parameter not specified"));
    };
    let is_ours = resource.trim_end_matches('/') == RESOURCE;
    let audience = if is_ours { Audience::CognitiveServices } else { Audience::AnotherOfAzure };
    let token = identity.hand_out(audience);
    let now_seconds = now_seconds();
    let lifetime = i64::try_from(token.expires_in_seconds).unwrap_or(i64::MAX);
    let answer = json!({
        "access_token": token.text, "client_id": call.query_value("client_id").unwrap_or_default(),
        "expires_in": lifetime.to_string(), "ext_expires_in": lifetime.to_string(),
        "expires_on": now_seconds.saturating_add(lifetime).to_string(),
        "not_before": now_seconds.to_string(), "resource": resource, "token_type": "Bearer",
    });
    Ok(answer.to_string())
}

fn invalid(message: &str) -> Fault {
    refused("invalid_request", message.to_owned())
}
