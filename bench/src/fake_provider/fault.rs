//! Why a request is refused, whoever refuses it.

use http::StatusCode;
use serde_json::Value;

use super::{directives::DirectiveError, gemini::Violation};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("there is no credential")]
    MissingCredential,
    #[error("the credential is wrong: {masked}")]
    WrongCredential { masked: String },
    #[error("the access token has expired")]
    ExpiredCredential,
    #[error("there is no `anthropic-version` header")]
    MissingVersion,
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    #[error("a required field is missing: {0}")]
    MissingField(&'static str),
    #[error("{0}")]
    Directive(#[from] DirectiveError),
    /// In the vendor's own words.
    #[error("{0}")]
    Invalid(String),
    #[error("there is no model {0}")]
    UnknownModel(String),
    #[error("there is no endpoint {0}")]
    UnknownPath(String),
    #[error("this endpoint does not take {0}")]
    WrongMethod(String),
    /// Groq's refusal.
    #[error("the property {0} is unsupported")]
    UnsupportedProperty(String),
    /// Mistral's refusal.
    #[error("the field {field} is not permitted")]
    ExtraInput { field: String, input: Value },
    /// A message of Google's has fields that there are not, or values of another type.
    #[error("{} fields are not valid", .0.len())]
    FieldViolations(Vec<Violation>),
    /// Azure's filter does not let the prompt through.
    #[error("the prompt is filtered")]
    Filtered,
    /// A refusal that its vendor gives a name of its own, in the vendor's own words. OpenAI names
    /// the parameter that is at fault.
    #[error("{message}")]
    Named { status: StatusCode, name: &'static str, message: String },
    /// The model's name asks for this status.
    #[error("the model's name asks for status {status}")]
    Wanted { status: StatusCode, model: String },
}

impl Fault {
    /// A failure of the vendor's own.
    pub(super) fn of_server() -> Self {
        Self::Wanted { status: StatusCode::INTERNAL_SERVER_ERROR, model: String::new() }
    }

    /// The status of the refusal.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::MissingCredential | Self::WrongCredential { .. } | Self::ExpiredCredential => {
                StatusCode::UNAUTHORIZED
            }
            Self::MissingVersion
            | Self::NotJson(_)
            | Self::MissingField(_)
            | Self::Directive(_)
            | Self::Invalid(_)
            | Self::UnsupportedProperty(_)
            | Self::FieldViolations(_)
            | Self::Filtered => StatusCode::BAD_REQUEST,
            Self::ExtraInput { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::UnknownModel(_) | Self::UnknownPath(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Named { status, .. } | Self::Wanted { status, .. } => *status,
        }
    }
}
