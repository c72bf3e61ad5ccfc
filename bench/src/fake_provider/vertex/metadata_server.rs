//! The metadata server of a machine in Google Cloud, from which programs there get their tokens.
//! <https://cloud.google.com/compute/docs/metadata/overview>

use http::StatusCode;
use serde_json::json;

use crate::fake_provider::{
    fault::Fault,
    identity::{Audience, Identity},
    vendor_call::VendorCall,
};

/// Where all of it is.
pub(in crate::fake_provider) const ROOT: &str = "/computeMetadata/v1/";
const ACCOUNT: &str = "instance/service-accounts/default/";

/// A page of the metadata, for whoever says that it means this server.
pub(in crate::fake_provider) fn answer(
    call: &VendorCall<'_>,
    identity: &Identity,
) -> Result<String, Fault> {
    if call.header("metadata-flavor") != Some("Google") {
        return Err(Fault::Named {
            status: StatusCode::FORBIDDEN,
            name: "forbidden",
            message: "Missing Metadata-Flavor:Google header.".to_owned(),
        });
    }
    let path = call.uri.path();
    match path.strip_prefix(ROOT).and_then(|rest| rest.strip_prefix(ACCOUNT)) {
        Some("token") => {
            let token = identity.hand_out(Audience::GoogleCloud);
            let answer = json!({
                "access_token": token.text, "expires_in": token.expires_in_seconds,
                "token_type": "Bearer",
            });
            Ok(answer.to_string())
        }
        Some("") if call.query_value("recursive").as_deref() == Some("true") => {
            let answer = json!({
                "aliases": ["default"], "email": "fake@fake-project.iam.gserviceaccount.com",
                "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
            });
            Ok(answer.to_string())
        }
        _ => Err(Fault::UnknownPath(path.to_owned())),
    }
}
