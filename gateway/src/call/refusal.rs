//! Every way in which the pipeline refuses a call, with code, status and what the caller is told.

use shared::{
    Money, Problem, ProblemCode, Timestamp,
    id::RequestId,
    view::spend::{BudgetLevel, BudgetPeriod},
};

use super::LimitRefusal;
use crate::wire::WireError;

/// What a hard budget says when it does not cover a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetRefusal {
    /// Which level does not cover the call.
    pub level: BudgetLevel,
    /// Whom that budget binds.
    pub name: String,
    /// How long a window is.
    pub period: BudgetPeriod,
    /// The limit per window.
    pub limit: Money,
    /// Settled so far.
    pub spent: Money,
    /// Set aside for calls under way, here and on other nodes.
    pub reserved: Money,
    /// What the call could cost at most.
    pub needed: Money,
    /// When the window ends.
    pub window_end: Timestamp,
    /// The same, for people: `2026-12-01 00:00 Europe/Berlin`.
    pub window_end_text: String,
}

/// What a model lacks for a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incapable {
    /// The model.
    pub model: String,
    /// The field of the request that asks for too much.
    pub field: &'static str,
    /// What it lacks, with the limit.
    pub lacks: String,
    /// Whether it is the length of the prompt.
    pub is_too_long: bool,
    /// Some of the models that the caller may use and that are known to serve the request.
    pub others: Vec<String>,
}

/// Why a call was not served.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No usable credential.
    #[error("no valid credential: {0}")]
    Unauthenticated(&'static str),
    /// The body is not what the surface takes.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The model is not served here.
    #[error("no model `{0}`")]
    ModelNotFound(String),
    /// The caller may not use the model.
    #[error("model `{model}` is not allowed: {rule}")]
    ModelForbidden {
        /// The model.
        model: String,
        /// Which list says so.
        rule: String,
    },
    /// The model cannot do what is asked, wherever it is served.
    #[error("model `{}` cannot serve this request: {}", .0.model, .0.lacks)]
    Incapable(Box<Incapable>),
    /// A rate limit does not let the call through.
    #[error("rate limited")]
    RateLimited(Box<LimitRefusal>),
    /// A hard budget does not cover the call.
    #[error("budget exceeded")]
    BudgetExceeded(Box<BudgetRefusal>),
    /// The database of the budgets does not answer, and what this node has leased does not cover
    /// the call.
    #[error("budgets cannot be asked")]
    BudgetsUnavailable,
    /// A hard budget cannot bound a call without a price.
    #[error("model `{0}` has no price")]
    Unpriced(String),
    /// The record of the call cannot be kept.
    #[error("records cannot be kept")]
    RecordsUnavailable,
    /// Every backend failed.
    #[error("every backend failed: {0}")]
    UpstreamFailed(String),
    /// No backend answered in time.
    #[error("no backend answered in time: {0}")]
    UpstreamTimeout(String),
    /// Every backend is left alone at the moment, so none was asked.
    #[error("no backend may be asked: {why}")]
    BackendsUnavailable {
        /// The model.
        model: String,
        /// Why each is not asked.
        why: String,
        /// When another try makes sense, in seconds.
        retry_after: u32,
        /// Whether too many calls, and no failure, stand in the way.
        is_busy: bool,
    },
    /// The provider refused the request itself.
    #[error("the provider refused with status {status}")]
    UpstreamRefused {
        /// The provider's status.
        status: u16,
        /// The provider's own words, without secrets.
        message: String,
        /// The provider's advice when to try again, in seconds.
        retry_after: Option<u32>,
    },
    /// Refused at the edge, before the pipeline: too large, cut off, not a supported verb.
    #[error("{0}")]
    Edge(Problem),
}

impl Refusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ProblemCode {
        match self {
            Self::Unauthenticated(_) => ProblemCode::Unauthenticated,
            Self::ModelNotFound(_) => ProblemCode::ModelNotFound,
            Self::ModelForbidden { .. } | Self::Unpriced(_) => ProblemCode::ModelForbidden,
            Self::Incapable(incapable) if incapable.is_too_long => {
                ProblemCode::ContextLengthExceeded
            }
            Self::Incapable(_) | Self::Wire(WireError::Unsupported { .. }) => {
                ProblemCode::UnsupportedFeature
            }
            Self::Wire(_) => ProblemCode::InvalidRequest,
            Self::RateLimited(refusal) if refusal.retry_after().is_none() => {
                ProblemCode::LargerThanLimit
            }
            Self::RateLimited(_) | Self::BackendsUnavailable { is_busy: true, .. } => {
                ProblemCode::RateLimited
            }
            Self::BudgetExceeded(_) => ProblemCode::BudgetExceeded,
            Self::RecordsUnavailable | Self::BudgetsUnavailable => ProblemCode::RecordsUnavailable,
            Self::UpstreamFailed(_) => ProblemCode::UpstreamFailed,
            Self::UpstreamTimeout(_) => ProblemCode::UpstreamTimeout,
            Self::BackendsUnavailable { .. } => ProblemCode::BackendsUnavailable,
            Self::UpstreamRefused { .. } => ProblemCode::UpstreamRefused,
            Self::Edge(problem) => problem.code,
        }
    }

    /// What the caller is told: what happened and what to do next; nothing secret.
    #[must_use]
    pub fn public_detail(&self) -> String {
        match self {
            Self::Unauthenticated(why) => (*why).to_owned(),
            Self::Wire(error) => error.to_string(),
            Self::ModelNotFound(model) => format!(
                "This gateway serves no model `{model}`. GET /v1/models lists the models that \
                 you may use."
            ),
            Self::ModelForbidden { model, rule } => format!(
                "You may not use the model `{model}`: {rule}. GET /v1/models lists the models \
                 that you may use; an administrator can change the list."
            ),
            Self::Incapable(incapable) => incapable.detail(),
            Self::RateLimited(refusal) => refusal.detail(),
            Self::BudgetExceeded(refusal) => refusal.detail(),
            Self::BudgetsUnavailable => "The gateway cannot ask its database for more of the \
                                         budget at the moment, so it lets no further call \
                                         through. Try again shortly; /readyz says what is wrong."
                .to_owned(),
            Self::Unpriced(model) => format!(
                "The model `{model}` has no price, so a hard budget cannot cover it. An \
                 administrator can set `price` for it in the configuration (zero for a free \
                 model)."
            ),
            Self::RecordsUnavailable => "The gateway cannot keep the record of this call at the \
                                         moment, so it lets none through. Try again shortly; \
                                         /readyz says what is wrong."
                .to_owned(),
            Self::UpstreamFailed(what) => format!(
                "No backend of this model gave a usable answer ({what}). Try again shortly."
            ),
            Self::UpstreamTimeout(what) => {
                format!("No backend of this model answered in time ({what}). Try again shortly.")
            }
            Self::BackendsUnavailable { model, why, retry_after, .. } => format!(
                "No backend of the model `{model}` takes a call at the moment: {why}. Try again in \
                 {retry_after} s."
            ),
            Self::UpstreamRefused { message, .. } => message.clone(),
            Self::Edge(problem) => problem.detail.clone(),
        }
    }

    /// The whole problem, for the request.
    #[must_use]
    pub fn problem(&self, request_id: RequestId) -> Problem {
        let mut problem = match self {
            Self::Edge(problem) => problem.clone(),
            _ => Problem::new(self.code(), self.public_detail()),
        };
        match self {
            Self::Wire(error) => problem.pointer = error.pointer().map(str::to_owned),
            Self::ModelNotFound(_) | Self::ModelForbidden { .. } | Self::Unpriced(_) => {
                problem.pointer = Some("model".to_owned());
            }
            Self::Incapable(incapable) => problem.pointer = Some(incapable.field.to_owned()),
            Self::RateLimited(refusal) => problem.retry_after = refusal.retry_after(),
            Self::UpstreamRefused { status, retry_after, .. } => {
                problem.status = *status;
                problem.retry_after = *retry_after;
            }
            Self::BackendsUnavailable { retry_after, .. } => {
                problem.retry_after = Some(*retry_after);
            }
            Self::RecordsUnavailable
            | Self::BudgetsUnavailable
            | Self::UpstreamFailed(_)
            | Self::UpstreamTimeout(_) => {
                problem.retry_after = Some(1);
            }
            _ => {}
        }
        problem.for_request(request_id)
    }
}

impl Incapable {
    /// What the caller is told: what is too much, and which models could.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { model, lacks, others, .. } = self;
        let next = if others.is_empty() {
            "No model that you may use is known to serve it as it is; ask for less.".to_owned()
        } else {
            let named: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
            format!("Ask for less, or choose a model that can: {}.", named.join(", "))
        };
        format!("The model `{model}` cannot serve this request: {lacks}. {next}")
    }
}

impl BudgetRefusal {
    /// What the caller is told: which budget, its figures, when it is whole again, who can help.
    #[must_use]
    pub fn detail(&self) -> String {
        let whose = match self.level {
            BudgetLevel::Instance => "The budget of the instance".to_owned(),
            BudgetLevel::Team => format!("The budget of team {}", self.name),
            BudgetLevel::User => format!("The budget of user {}", self.name),
            BudgetLevel::Key => format!("The budget of the API key {}", self.name),
        };
        let who_raises = match self.level {
            BudgetLevel::Instance | BudgetLevel::Team => "a financial administrator",
            BudgetLevel::User | BudgetLevel::Key => {
                "your team manager or a financial administrator"
            }
        };
        format!(
            "{whose} does not cover this call: limit ${} a {}, spent ${}, reserved ${} for \
             calls under way; this call may cost up to ${}. The budget is whole again at {}; {} \
             can raise it.",
            self.limit,
            self.period.as_str(),
            self.spent,
            self.reserved,
            self.needed,
            self.window_end_text,
            who_raises
        )
    }
}
