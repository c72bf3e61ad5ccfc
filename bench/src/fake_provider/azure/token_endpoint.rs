//! `POST /{tenant}/oauth2/v2.0/token`, where Entra gives a program a token.
//! <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde_json::{Value, json};

use crate::fake_provider::{
    fault::Fault,
    identity::{Audience, Identity, now_seconds, refused},
    vendor_call::VendorCall,
};

const SCOPE: &str = "https://cognitiveservices.azure.com/.default";
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Hands out a token to a client that shows its secret or an assertion.
pub(in crate::fake_provider) fn answer(
    call: &VendorCall<'_>,
    identity: &Identity,
) -> Result<String, Fault> {
    let grant = required(call, "grant_type")?;
    if grant != "client_credentials" {
        let message =
            format!("AADSTS70003: The app requested an unsupported grant type '{grant}'.");
        return Err(refused("unsupported_grant_type", message));
    }
    let client = required(call, "client_id")?;
    let scope = required(call, "scope")?;
    let Some(resource) = scope.strip_suffix("/.default") else {
        let message = format!(
            "AADSTS1002012: The provided value for scope {scope} is not valid. Client credential \
             flows must have a scope value with /.default suffixed to the resource identifier \
             (application ID URI)."
        );
        return Err(refused("invalid_scope", message));
    };
    check_client(call, &client, identity)?;
    let is_ours = scope == SCOPE || resource == "https://ai.azure.com";
    let audience = if is_ours { Audience::CognitiveServices } else { Audience::AnotherOfAzure };
    let token = identity.hand_out(audience);
    let answer = json!({
        "token_type": "Bearer", "expires_in": token.expires_in_seconds,
        "ext_expires_in": token.expires_in_seconds, "access_token": token.text,
    });
    Ok(answer.to_string())
}

/// The body of a refusal.
pub(in crate::fake_provider) fn refusal(fault: &Fault, request_id: &str) -> Value {
    let error = match fault {
        Fault::Named { name, .. } => name,
        _ => "invalid_request",
    };
    let message = fault.to_string();
    let number = message.strip_prefix("AADSTS").and_then(|rest| rest.split_once(':'));
    let code = number.and_then(|(number, _)| number.parse::<u64>().ok()).unwrap_or(900_000);
    json!({
        "error": error,
        "error_description": format!("{message} Trace ID: {request_id}"),
        "error_codes": [code], "timestamp": "2025-11-13 02:13:20Z", "trace_id": request_id,
        "correlation_id": request_id,
        "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
    })
}

fn check_client(call: &VendorCall<'_>, client: &str, identity: &Identity) -> Result<(), Fault> {
    match (call.form_value("client_secret"), call.form_value("client_assertion")) {
        (Some(secret), _) if identity.knows_secret(&secret) => Ok(()),
        (Some(_), _) => Err(invalid_client(format!(
            "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the \
             request is the client secret value, not the client secret ID, for a secret added to \
             app '{client}'."
        ))),
        (None, Some(assertion)) => check_assertion(call, &assertion),
        (None, None) => Err(invalid_client(
            "AADSTS7000218: The request body must contain the following parameter: \
             'client_assertion' or 'client_secret'."
                .to_owned(),
        )),
    }
}

/// An assertion is a JWT whose time is not over. Who signed it is the tenant's affair.
fn check_assertion(call: &VendorCall<'_>, assertion: &str) -> Result<(), Fault> {
    if required(call, "client_assertion_type")? != ASSERTION_TYPE {
        return Err(invalid_client("AADSTS50027: JWT token is invalid or malformed.".to_owned()));
    }
    let claims = assertion.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims = claims.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    match claims.and_then(|claims| claims["exp"].as_i64()) {
        Some(expires_at) if expires_at > now_seconds() => Ok(()),
        Some(_) => Err(invalid_client(
            "AADSTS700024: Client assertion is not within its valid time range.".to_owned(),
        )),
        None => Err(invalid_client("AADSTS50027: JWT token is invalid or malformed.".to_owned())),
    }
}

fn required(call: &VendorCall<'_>, name: &str) -> Result<String, Fault> {
    call.form_value(name).filter(|value| !value.is_empty()).ok_or_else(|| {
        let message = format!(
            "AADSTS900144: The request body must contain the following parameter: '{name}'."
        );
        refused("invalid_request", message)
    })
}

fn invalid_client(message: String) -> Fault {
    Fault::Named { status: StatusCode::UNAUTHORIZED, name: "invalid_client", message }
}
