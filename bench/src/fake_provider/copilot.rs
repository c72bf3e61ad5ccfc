//! GitHub Copilot: OpenAI's chat completions for whoever shows a token of some minutes, which GitHub
//! hands out for that of a subscriber. Its interface is not documented; this is what editors send.
//! <https://github.com/microsoft/vscode-copilot-chat>

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    credential::{self, bearer},
    endpoint::{Endpoint, Free},
    fault::Fault,
    identity::{Audience, Identity, now_seconds},
    openai,
    reply::Prepared,
    vendor_call::VendorCall,
};

/// Where tokens are handed out.
pub(super) const TOKEN_PATH: &str = "/copilot_internal/v2/token";
/// Below which the models are, as the tokens say.
pub(super) const ROOT: &str = "/copilot/";

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Billed {
    Chat,
    Embeddings,
}

/// The endpoint of a path.
pub(super) fn endpoint<'a>(method: &Method, path: &'a str) -> Result<Endpoint<'a>, Fault> {
    let found = match path.strip_prefix(ROOT).unwrap_or_default() {
        "chat/completions" => Some((Method::POST, Endpoint::billed(Billed::Chat))),
        "embeddings" => Some((Method::POST, Endpoint::billed(Billed::Embeddings))),
        "models" => Some((Method::GET, Endpoint::free(Free::Copilot))),
        _ => None,
    };
    Endpoint::taken_by(method, path, found)
}

impl Billed {
    /// The answer to a call.
    pub(super) fn prepare(self, call: &VendorCall<'_>) -> Result<Prepared, Fault> {
        let has_pictures = String::from_utf8_lossy(call.body).contains("\"image_url\"");
        if has_pictures && call.header("copilot-vision-request") != Some("true") {
            return Err(Fault::Invalid(
                "missing required Copilot-Vision-Request header".to_owned(),
            ));
        }
        match self {
            Self::Chat => openai::chat::prepare(call.body, call.serial),
            Self::Embeddings => openai::embeddings::prepare(call.body),
        }
    }
}

impl From<Billed> for super::endpoint::Billed<'_> {
    fn from(billed: Billed) -> Self {
        Self::Copilot(billed)
    }
}

/// The list of models.
pub(super) fn models() -> String {
    openai::models::list()
}

/// Refuses a call without a good token, or of a program that does not say what it is.
pub(super) fn check(call: &VendorCall<'_>, identity: &Identity) -> Result<(), Fault> {
    let token = bearer(call.headers).ok_or(Fault::MissingCredential)?;
    identity.check_token(token, Audience::Copilot).map_err(|_| Fault::ExpiredCredential)?;
    for header in ["editor-version", "copilot-integration-id"] {
        if call.header(header).is_none_or(str::is_empty) {
            let name = if header == "editor-version" { "Editor-Version" } else { "integration id" };
            return Err(Fault::Invalid(format!("missing {name} header for IDE auth")));
        }
    }
    Ok(())
}

/// A token for a subscriber's.
pub(super) fn token(call: &VendorCall<'_>, identity: &Identity) -> Result<String, Fault> {
    let shown = call.header("authorization").and_then(|shown| shown.strip_prefix("token "));
    let shown = shown.or_else(|| bearer(call.headers)).filter(|shown| !shown.is_empty());
    credential::check(shown, None)?;
    if !identity.knows_secret(shown.unwrap_or_default()) {
        return Err(Fault::WrongCredential { masked: String::new() });
    }
    let token = identity.hand_out(Audience::Copilot);
    let host = call.header("host").unwrap_or_default();
    let lifetime = i64::try_from(token.expires_in_seconds).unwrap_or(i64::MAX);
    let answer = json!({
        "annotations_enabled": true, "chat_enabled": true, "sku": "copilot_for_business_seat",
        "endpoints": { "api": format!("http://{host}/copilot") },
        "expires_at": now_seconds() + lifetime, "refresh_in": lifetime - 60, "token": token.text,
    });
    Ok(answer.to_string())
}

/// The body of Copilot's refusal.
pub(super) fn refusal(fault: &Fault) -> Value {
    match fault {
        Fault::ExpiredCredential | Fault::MissingCredential => {
            json!("IDE token expired: unauthorized: token expired")
        }
        other => openai::errors::body(other),
    }
}

/// The body of GitHub's.
pub(super) fn github_refusal(fault: &Fault) -> Value {
    let message = match fault.status() {
        StatusCode::UNAUTHORIZED => "Bad credentials",
        _ => "Not Found",
    };
    json!({ "message": message, "documentation_url": "https://docs.github.com/rest" })
}
