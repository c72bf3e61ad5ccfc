//! How Azure says no: the front of the service in its own shape, what is behind it as OpenAI does.

use serde_json::{Value, json};

use crate::fake_provider::{fault::Fault, openai};

/// The body of a refusal.
pub(in crate::fake_provider) fn body(fault: &Fault, retry_after_seconds: Option<u64>) -> Value {
    match fault {
        Fault::MissingCredential | Fault::ExpiredCredential => json!({
            "statusCode": 401,
            "message": "Unauthorized. Access token is missing, invalid, audience is incorrect \
                (https://cognitiveservices.azure.com), or have expired.",
        }),
        Fault::WrongCredential { .. } => of_front("401", WRONG_KEY),
        Fault::UnknownPath(_) | Fault::WrongMethod(_) => of_front("404", "Resource not found"),
        Fault::UnknownModel(_) => of_front("DeploymentNotFound", NO_DEPLOYMENT),
        Fault::Filtered => json!({ "error": filtered() }),
        Fault::Wanted { status, .. } => match status.as_u16() {
            401 => of_front("401", WRONG_KEY),
            403 => of_front("403", "Access denied due to Virtual Network/Firewall rules."),
            404 => of_front("DeploymentNotFound", NO_DEPLOYMENT),
            429 => of_front("429", &too_many(retry_after_seconds)),
            _ => openai::errors::body(fault),
        },
        fault => openai::errors::body(fault),
    }
}

const WRONG_KEY: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make \
     sure to provide a valid key for an active subscription and use a correct regional API \
     endpoint for your resource.";
const NO_DEPLOYMENT: &str = "The API deployment for this resource does not exist. If you created \
     the deployment within the last 5 minutes, please wait a moment and try again.";

fn of_front(code: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

fn too_many(retry_after_seconds: Option<u64>) -> String {
    let seconds = retry_after_seconds.unwrap_or(1);
    format!(
        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call \
         rate limit of your current OpenAI S0 pricing tier. Please retry after {seconds} seconds. \
         Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase \
         the default rate limit."
    )
}

fn filtered() -> Value {
    let violence = json!({ "filtered": true, "severity": "high" });
    json!({
        "message": "The response was filtered due to the prompt triggering Azure OpenAI's content \
            management policy. Please modify your prompt and retry. To learn more about our content \
            filtering policies please read our documentation: \
            https://go.microsoft.com/fwlink/?linkid=2198766",
        "type": Value::Null, "param": "prompt", "code": "content_filter", "status": 400,
        "innererror": {
            "code": "ResponsibleAIPolicyViolation",
            "content_filter_result": { "violence": violence },
        },
    })
}
