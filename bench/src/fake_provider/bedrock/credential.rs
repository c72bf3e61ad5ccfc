//! Who may call: the holder of a signing key, or of one of Bedrock's API keys.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html>

use http::{StatusCode, header::AUTHORIZATION, request::Parts};
use rustix::time::{ClockId, clock_gettime};

use super::signature::{self, AwsKey};
use crate::fake_provider::{
    credential,
    vendor::{Fault, Vendor},
};

/// Refuses a request that is neither signed nor carries an API key, or is the wrong one.
pub(in crate::fake_provider) fn check(
    request: &Parts,
    body: &[u8],
    api_key: Option<&str>,
    aws_key: Option<&AwsKey>,
) -> Result<(), Fault> {
    let authorization = request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if authorization.is_some_and(signature::is_one) {
        let now_seconds = clock_gettime(ClockId::Realtime).tv_sec;
        return signature::check(request, body, aws_key, now_seconds);
    }
    credential::check(Vendor::Bedrock, &request.headers, api_key).map_err(|fault| match fault {
        Fault::WrongCredential { .. } => Fault::Named {
            status: StatusCode::FORBIDDEN,
            name: "AccessDeniedException",
            message: "Authentication failed: Please make sure your API Key is valid.".to_owned(),
        },
        _ => Fault::Named {
            status: StatusCode::FORBIDDEN,
            name: "MissingAuthenticationTokenException",
            message: "Missing Authentication Token".to_owned(),
        },
    })
}
