//! Who may call Bedrock: the holder of a signing key, or of one of its API keys.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html>

use http::StatusCode;

use super::signature::{self, AwsKey};
use crate::fake_provider::{
    credential::{self, bearer},
    fault::Fault,
    identity::now_seconds,
    vendor_call::VendorCall,
};

/// Refuses a call of SageMaker's that is not signed in its name.
pub(in crate::fake_provider) fn check_of_sagemaker(
    call: &VendorCall<'_>,
    aws_key: Option<&AwsKey>,
) -> Result<(), Fault> {
    if call.header("authorization").is_some_and(signature::is_one) {
        return signature::check(call, "sagemaker", aws_key, now_seconds());
    }
    Err(Fault::Named {
        status: StatusCode::FORBIDDEN,
        name: "MissingAuthenticationTokenException",
        message: "Missing Authentication Token".to_owned(),
    })
}

/// Refuses a call that is neither signed nor carries an API key, or is the wrong one.
pub(in crate::fake_provider) fn check(
    call: &VendorCall<'_>,
    api_key: Option<&str>,
    aws_key: Option<&AwsKey>,
) -> Result<(), Fault> {
    if call.header("authorization").is_some_and(signature::is_one) {
        return signature::check(call, "bedrock", aws_key, now_seconds());
    }
    credential::check(bearer(call.headers), api_key).map_err(|fault| match fault {
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
