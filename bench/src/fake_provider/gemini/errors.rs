//! How Google says no: a code, a message, a status and details, each of its own type.
//! <https://google.aip.dev/193>

use http::StatusCode;
use serde_json::{Value, json};

use super::{Violation, service::Service};
use crate::fake_provider::fault::Fault;

const UNREGISTERED: &str = "Method doesn't allow unregistered callers (callers without established \
     identity). Please use API Key or other form of API consumer identity to call this API.";
const KEY_INVALID: &str = "API key not valid. Please pass a valid API key.";
const EXPECTED_TOKEN: &str = "Expected OAuth 2 access token, login cookie or other valid \
     authentication credential. See \
     https://developers.google.com/identity/sign-in/web/devconsole-project.";

/// The status of a refusal.
pub(in crate::fake_provider) fn status(service: Service, fault: &Fault) -> StatusCode {
    match (service, fault) {
        (Service::AiStudio, Fault::MissingCredential) => StatusCode::FORBIDDEN,
        (Service::AiStudio, Fault::WrongCredential { .. }) => StatusCode::BAD_REQUEST,
        (_, fault) => fault.status(),
    }
}

/// The body of a refusal.
pub(in crate::fake_provider) fn body(
    service: Service,
    fault: &Fault,
    retry_after_seconds: Option<u64>,
) -> Value {
    let status = status(service, fault);
    let mut error = json!({
        "code": status.as_u16(), "message": message(service, fault), "status": name_of(status),
    });
    let details = details(service, fault, retry_after_seconds);
    if !details.is_empty() {
        error["details"] = Value::Array(details);
    }
    json!({ "error": error })
}

/// What a stream breaks off with.
pub(in crate::fake_provider) fn overload(service: Service) -> Value {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    body(service, &Fault::Wanted { status, model: String::new() }, None)
}

fn message(service: Service, fault: &Fault) -> String {
    match fault {
        Fault::MissingCredential if service == Service::AiStudio => UNREGISTERED.to_owned(),
        Fault::MissingCredential => {
            format!("Request is missing required authentication credential. {EXPECTED_TOKEN}")
        }
        Fault::WrongCredential { .. } if service == Service::AiStudio => KEY_INVALID.to_owned(),
        Fault::WrongCredential { .. } | Fault::ExpiredCredential => {
            format!("Request had invalid authentication credentials. {EXPECTED_TOKEN}")
        }
        Fault::NotJson(detail) => format!("Invalid JSON payload received. {detail}"),
        Fault::FieldViolations(violations) => {
            let all = violations.iter().map(|violation| violation.description.as_str());
            all.collect::<Vec<_>>().join("\n")
        }
        Fault::UnknownModel(model) => not_found(service, model),
        Fault::Wanted { status, model } => wanted(service, *status, model),
        fault => fault.to_string(),
    }
}

fn not_found(service: Service, model: &str) -> String {
    match service {
        Service::AiStudio => format!(
            "models/{model} is not found for API version v1beta, or is not supported for \
             generateContent. Call ModelService.ListModels to see the list of available models and \
             their supported methods."
        ),
        Service::Vertex => format!(
            "Publisher Model `publishers/google/models/{model}` was not found or your project does \
             not have access to it. Please ensure you are using a valid model version. For more \
             information, see: \
             https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions"
        ),
    }
}

fn wanted(service: Service, status: StatusCode, model: &str) -> String {
    let text = match (status.as_u16(), service) {
        (401, _) => {
            return format!("Request had invalid authentication credentials. {EXPECTED_TOKEN}");
        }
        (403, _) => "The caller does not have permission",
        (404, _) => return not_found(service, model),
        (429, Service::AiStudio) => {
            "You exceeded your current quota, please check your plan and billing details. For more \
             information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits."
        }
        (429, Service::Vertex) => {
            "Resource exhausted. Please try again later. Please refer to \
             https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details."
        }
        (503, _) => {
            "This model is currently experiencing high demand. Spikes in demand are usually \
             temporary. Please try again later."
        }
        (504, _) => "Deadline expired before operation could complete.",
        (500.., _) => "Internal error encountered.",
        _ => "Request contains an invalid argument.",
    };
    text.to_owned()
}

fn details(service: Service, fault: &Fault, retry_after_seconds: Option<u64>) -> Vec<Value> {
    let mut details = Vec::new();
    match fault {
        Fault::WrongCredential { .. } if service == Service::AiStudio => {
            details.push(error_info("API_KEY_INVALID", service));
            details.push(json!({
                "@type": "type.googleapis.com/google.rpc.LocalizedMessage", "locale": "en-US",
                "message": KEY_INVALID,
            }));
        }
        Fault::WrongCredential { .. } => {
            details.push(error_info("ACCESS_TOKEN_TYPE_UNSUPPORTED", service));
        }
        Fault::ExpiredCredential => details.push(error_info("ACCESS_TOKEN_EXPIRED", service)),
        Fault::MissingCredential if service == Service::Vertex => {
            details.push(error_info("CREDENTIALS_MISSING", service));
        }
        Fault::FieldViolations(violations) => details.push(bad_request(violations)),
        _ => {}
    }
    if let Some(seconds) = retry_after_seconds {
        details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        }));
    }
    details
}

fn error_info(reason: &str, service: Service) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason,
        "domain": "googleapis.com", "metadata": { "service": service.host() },
    })
}

fn bad_request(violations: &[Violation]) -> Value {
    let violations = violations.iter().map(|Violation { place, description }| {
        if place.is_empty() {
            json!({ "description": description })
        } else {
            json!({ "field": place, "description": description })
        }
    });
    json!({
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": violations.collect::<Vec<_>>(),
    })
}

fn name_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        500.. => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_name() {
        for (status, name) in [
            (400, "INVALID_ARGUMENT"),
            (403, "PERMISSION_DENIED"),
            (429, "RESOURCE_EXHAUSTED"),
            (500, "INTERNAL"),
            (503, "UNAVAILABLE"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let fault = Fault::Wanted { status, model: "fake".to_owned() };
            let body = body(Service::AiStudio, &fault, None);
            assert_eq!(body["error"]["status"], name);
            assert_eq!(body["error"]["code"], status.as_u16());
        }
    }

    #[test]
    fn a_wrong_key_is_a_bad_request_with_its_reason_in_the_details() {
        let fault = Fault::WrongCredential { masked: "****".to_owned() };
        let error = &body(Service::AiStudio, &fault, None)["error"];
        assert_eq!((&error["code"], &error["status"]), (&json!(400), &json!("INVALID_ARGUMENT")));
        assert_eq!(error["details"][0]["reason"], "API_KEY_INVALID");
    }

    #[test]
    fn when_to_try_again_is_said_in_the_details() {
        let status = StatusCode::TOO_MANY_REQUESTS;
        let fault = Fault::Wanted { status, model: "fake".to_owned() };
        let error = &body(Service::Vertex, &fault, Some(2))["error"];
        assert_eq!(error["details"][0]["retryDelay"], "2s");
    }
}
