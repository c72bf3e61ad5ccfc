//! How an attempt can fail, and what follows from it.

use std::ops::RangeInclusive;

use http::StatusCode;

use crate::{call::Refusal, routing::Outcome};

/// Why one backend gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Connect,
    /// No first byte in time.
    Timeout,
    /// The connection broke before the first byte.
    Broken,
    /// Something that is no answer in the provider's dialect: an HTML page, broken JSON.
    Nonsense(String),
    /// The gateway has none that opens the provider: what was tried.
    NoCredential(String),
    /// The provider would not take the gateway's own credential.
    Credential(u16),
    /// The account behind the gateway's credential is used up or suspended.
    Credit(u16),
    /// Too many requests, or a defect on the provider's side.
    Unavailable {
        /// The status.
        status: u16,
        /// The provider's words, without secrets.
        message: String,
        /// The provider's advice, in seconds.
        retry_after: Option<u32>,
    },
    /// This backend does not do it, but another one may: it has no such model, or takes less.
    NotHere {
        /// The status that the caller is told if no other backend does it.
        status: u16,
        /// The provider's words, without secrets.
        message: String,
    },
    /// The request itself is not acceptable; another backend would say the same.
    Refused {
        /// The status that the caller is told.
        status: u16,
        /// The provider's words, without secrets.
        message: String,
    },
}

/// What an error answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Credential,
    Credit,
    Unavailable,
    /// The caller is told this status, if no other backend does it.
    NotHere(u16),
    /// The caller is told the status as it is.
    Refused,
    /// The caller is told this status.
    RefusedAs(u16),
}

/// A status, and words of the body of which one must be there; no words mean any body.
type Row = (RangeInclusive<u16>, &'static [&'static str], Meaning);

/// What statuses, types and codes mean; the first row that fits counts.
const TABLE: &[Row] = &[
    // OpenAI (429), Moonshot (429), DashScope (400 `Arrearage`): more tries do not help, money does.
    (
        400..=429,
        &["insufficient_quota", "exceeded_current_quota_error", "billing_not_active", "arrearage"],
        Meaning::Credit,
    ),
    // Novita; SiliconFlow; Zhipu, whose account is in arrears.
    (403..=403, &["not_enough_balance", "30001"], Meaning::Credit),
    (429..=429, &["1113"], Meaning::Credit),
    // SiliconFlow: no such model.
    (400..=400, &["20012"], Meaning::NotHere(404)),
    // Workers AI: the day's free allocation is used up; the account is blocked.
    (429..=429, &["3036"], Meaning::Credit),
    (403..=403, &["3023"], Meaning::Credit),
    // Workers AI: no such model; it is private; its terms are not agreed to.
    (400..=400, &["5007"], Meaning::NotHere(404)),
    (403..=403, &["5016", "5018", "3041"], Meaning::NotHere(404)),
    // DeepSeek, OpenRouter, Together.
    (402..=402, &[], Meaning::Credit),
    // Google answers 400 to a wrong key.
    (
        400..=400,
        &["invalid_api_key", "api_key_invalid", "authentication_error"],
        Meaning::Credential,
    ),
    // Amazon, by whichever status: a key that has ended, is unknown or signs wrongly.
    (
        400..=403,
        &[
            "expiredtokenexception",
            "unrecognizedclientexception",
            "invalidsignatureexception",
            "incompletesignatureexception",
            "missingauthenticationtokenexception",
        ],
        Meaning::Credential,
    ),
    // Amazon answers 400 to more than the account's quota.
    (400..=400, &["servicequotaexceededexception"], Meaning::Unavailable),
    (401..=401, &[], Meaning::Credential),
    (403..=403, &[], Meaning::Credential),
    // No such model or endpoint, or not any more.
    (404..=404, &[], Meaning::NotHere(404)),
    (410..=410, &[], Meaning::NotHere(404)),
    (408..=408, &[], Meaning::Unavailable),
    // Larger than this provider, or the gateway's plan there, takes.
    (413..=413, &[], Meaning::NotHere(413)),
    // FastAPI's status for what OpenAI answers with 400.
    (422..=422, &[], Meaning::RefusedAs(400)),
    // A dependency of the provider's failed, or its model (Amazon); too early; too many requests.
    (424..=425, &[], Meaning::Unavailable),
    (429..=429, &[], Meaning::Unavailable),
    // Groq: no capacity left for the flex tier.
    (498..=498, &[], Meaning::Unavailable),
    // Cohere, and proxies: the client is said to have gone, which the gateway has not.
    (499..=499, &[], Meaning::Unavailable),
    (400..=499, &[], Meaning::Refused),
    (500..=999, &[], Meaning::Unavailable),
];

fn meaning(status: u16, words: &[String]) -> Option<Meaning> {
    let is_said = |word: &&str| words.iter().any(|said| said == word);
    TABLE
        .iter()
        .find(|(statuses, any_of, _)| {
            statuses.contains(&status) && (any_of.is_empty() || any_of.iter().any(is_said))
        })
        .map(|(_, _, meaning)| *meaning)
}

impl Failure {
    /// What an answer means that is no success; `words` are the types and codes of its body.
    pub(super) fn of_answer(
        status: StatusCode,
        words: &[String],
        message: String,
        retry_after: Option<u32>,
    ) -> Self {
        let status = status.as_u16();
        match meaning(status, words) {
            Some(Meaning::Credential) => Self::Credential(status),
            Some(Meaning::Credit) => Self::Credit(status),
            Some(Meaning::Unavailable) => Self::Unavailable { status, message, retry_after },
            Some(Meaning::NotHere(told)) => Self::NotHere { status: told, message },
            Some(Meaning::Refused) => Self::Refused { status, message },
            Some(Meaning::RefusedAs(told)) => Self::Refused { status: told, message },
            None => Self::Nonsense(format!("status {status}")),
        }
    }

    /// Whether another backend may do better.
    #[must_use]
    pub fn may_fail_over(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    /// What it says of the deployment: the table of what counts as a failure there.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let failed = |may_repeat| Outcome::Failed { retry_after_seconds: None, may_repeat };
        match self {
            // Nothing was sent, so nothing was done.
            Self::Connect | Self::NoCredential(_) => failed(true),
            // It may have done all of it, and bill it.
            Self::Timeout | Self::Broken | Self::Nonsense(_) => failed(false),
            Self::Credential(_) | Self::Credit(_) => Outcome::Barred,
            // Too many requests; no capacity left for the tier; a quota, which Amazon tells by 400.
            Self::Unavailable { status: 400 | 429 | 498, retry_after, .. } => {
                Outcome::Busy { retry_after_seconds: *retry_after }
            }
            // What stands before the provider says so, which may have got it.
            Self::Unavailable { status: 408 | 499 | 502 | 504, retry_after, .. } => {
                Outcome::Failed { retry_after_seconds: *retry_after, may_repeat: false }
            }
            Self::Unavailable { retry_after, .. } => {
                Outcome::Failed { retry_after_seconds: *retry_after, may_repeat: true }
            }
            Self::NotHere { .. } | Self::Refused { .. } => Outcome::Neutral,
        }
    }

    /// A few words for the trail.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Self::Connect => "could not be reached".to_owned(),
            Self::Timeout => "did not answer in time".to_owned(),
            Self::Broken => "broke the connection off before an answer".to_owned(),
            Self::Nonsense(what) => format!("answered with something unusable: {what}"),
            Self::NoCredential(why) => format!("could not be opened: {why}"),
            Self::Credential(status) => format!("refused the gateway's credential ({status})"),
            Self::Credit(status) => {
                format!("says that the gateway's account there is used up ({status})")
            }
            Self::Unavailable { status, .. } => format!("answered {status}"),
            Self::NotHere { status, .. } => format!("does not do this ({status})"),
            Self::Refused { status, .. } => format!("refused the request ({status})"),
        }
    }

    /// What the client is told when this was the last backend.
    #[must_use]
    pub fn refusal(&self, provider: &str) -> Refusal {
        match self {
            Self::Timeout => Refusal::UpstreamTimeout(format!("{provider} {}", self.summary())),
            // Why is for the trail: it may name accounts.
            Self::NoCredential(_) => Refusal::UpstreamFailed(format!(
                "the gateway has nothing that opens {provider} at the moment"
            )),
            Self::Unavailable { status: 429, message, retry_after } => Refusal::UpstreamRefused {
                status: 429,
                message: message.clone(),
                retry_after: retry_after.or(Some(1)),
            },
            Self::Refused { status, message } | Self::NotHere { status, message } => {
                Refusal::UpstreamRefused {
                    status: *status,
                    message: message.clone(),
                    retry_after: None,
                }
            }
            _ => Refusal::UpstreamFailed(format!("{provider} {}", self.summary())),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use shared::id::RequestId;

    use super::*;

    /// The status, the code and the advice that the caller gets, and whether another backend is
    /// asked before.
    fn told(status: u16, words: &[&str]) -> (u16, &'static str, Option<u32>, bool) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let status = StatusCode::from_u16(status).unwrap();
        let failure = Failure::of_answer(status, &words, "words".to_owned(), Some(7));
        let problem = failure.refusal("acme").problem(RequestId::from_uuid(uuid::Uuid::nil()));
        (problem.status, problem.code.as_str(), problem.retry_after, failure.may_fail_over())
    }

    #[rstest]
    #[case(400, &["invalid_request_error"], (400, "upstream_refused", None, false))]
    #[case(400, &["context_length_exceeded"], (400, "upstream_refused", None, false))]
    #[case(400, &["invalid_argument", "api_key_invalid"], (502, "upstream_failed", Some(1), true))]
    #[case(400, &["arrearage"], (502, "upstream_failed", Some(1), true))]
    #[case(400, &["validationexception"], (400, "upstream_refused", None, false))]
    #[case(400, &["servicequotaexceededexception"], (502, "upstream_failed", Some(1), true))]
    #[case(400, &["expiredtokenexception"], (502, "upstream_failed", Some(1), true))]
    #[case(403, &["accessdeniedexception"], (502, "upstream_failed", Some(1), true))]
    #[case(404, &["resourcenotfoundexception"], (404, "upstream_refused", None, true))]
    #[case(408, &["modeltimeoutexception"], (502, "upstream_failed", Some(1), true))]
    #[case(424, &["modelerrorexception"], (502, "upstream_failed", Some(1), true))]
    #[case(429, &["throttlingexception"], (429, "upstream_refused", Some(7), true))]
    #[case(429, &["modelnotreadyexception"], (429, "upstream_refused", Some(7), true))]
    #[case(503, &["serviceunavailableexception"], (502, "upstream_failed", Some(1), true))]
    #[case(401, &["invalid_api_key"], (502, "upstream_failed", Some(1), true))]
    #[case(400, &["5007"], (404, "upstream_refused", None, true))]
    #[case(400, &["5006"], (400, "upstream_refused", None, false))]
    #[case(403, &["403", "not_enough_balance"], (502, "upstream_failed", Some(1), true))]
    #[case(403, &["30001"], (502, "upstream_failed", Some(1), true))]
    #[case(429, &["1113"], (502, "upstream_failed", Some(1), true))]
    #[case(400, &["20012"], (404, "upstream_refused", None, true))]
    #[case(402, &[], (502, "upstream_failed", Some(1), true))]
    #[case(403, &["5018"], (404, "upstream_refused", None, true))]
    #[case(403, &["3023"], (502, "upstream_failed", Some(1), true))]
    #[case(403, &[], (502, "upstream_failed", Some(1), true))]
    #[case(404, &["model_not_found"], (404, "upstream_refused", None, true))]
    #[case(408, &[], (502, "upstream_failed", Some(1), true))]
    #[case(409, &[], (409, "upstream_refused", None, false))]
    #[case(410, &[], (404, "upstream_refused", None, true))]
    #[case(413, &["rate_limit_exceeded"], (413, "upstream_refused", None, true))]
    #[case(422, &["extra_forbidden"], (400, "upstream_refused", None, false))]
    #[case(424, &[], (502, "upstream_failed", Some(1), true))]
    #[case(429, &["rate_limit_exceeded"], (429, "upstream_refused", Some(7), true))]
    #[case(429, &["3040"], (429, "upstream_refused", Some(7), true))]
    #[case(429, &["3036"], (502, "upstream_failed", Some(1), true))]
    #[case(429, &["insufficient_quota"], (502, "upstream_failed", Some(1), true))]
    #[case(429, &["exceeded_current_quota_error"], (502, "upstream_failed", Some(1), true))]
    #[case(498, &[], (502, "upstream_failed", Some(1), true))]
    #[case(499, &[], (502, "upstream_failed", Some(1), true))]
    #[case(500, &["server_error"], (502, "upstream_failed", Some(1), true))]
    #[case(503, &["insufficient_quota"], (502, "upstream_failed", Some(1), true))]
    #[case(529, &["overloaded_error"], (502, "upstream_failed", Some(1), true))]
    #[case(302, &[], (502, "upstream_failed", Some(1), true))]
    fn a_status_and_its_words_have_one_meaning(
        #[case] status: u16,
        #[case] words: &[&str],
        #[case] expected: (u16, &'static str, Option<u32>, bool),
    ) {
        assert_eq!(told(status, words), expected);
    }

    #[rstest]
    #[case(429, &[], "busy 7")]
    #[case(498, &[], "busy 7")]
    #[case(400, &["servicequotaexceededexception"], "busy 7")]
    #[case(429, &["insufficient_quota"], "barred")]
    #[case(402, &[], "barred")]
    #[case(401, &[], "barred")]
    #[case(403, &[], "barred")]
    #[case(500, &[], "failed 7, may repeat")]
    #[case(503, &[], "failed 7, may repeat")]
    #[case(529, &["overloaded_error"], "failed 7, may repeat")]
    #[case(424, &[], "failed 7, may repeat")]
    #[case(408, &[], "failed 7")]
    #[case(499, &[], "failed 7")]
    #[case(502, &[], "failed 7")]
    #[case(504, &[], "failed 7")]
    #[case(302, &[], "failed")]
    #[case(404, &[], "neutral")]
    #[case(413, &[], "neutral")]
    #[case(400, &[], "neutral")]
    #[case(422, &[], "neutral")]
    fn an_answer_says_of_the_deployment(
        #[case] status: u16,
        #[case] words: &[&str],
        #[case] expected: &str,
    ) {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let status = StatusCode::from_u16(status).unwrap();
        let failure = Failure::of_answer(status, &words, String::new(), Some(7));
        assert_eq!(said(failure.outcome()), expected);
    }

    #[rstest]
    #[case(Failure::Connect, "failed, may repeat")]
    #[case(Failure::NoCredential(String::new()), "failed, may repeat")]
    #[case(Failure::Timeout, "failed")]
    #[case(Failure::Broken, "failed")]
    #[case(Failure::Nonsense(String::new()), "failed")]
    fn no_answer_says_of_the_deployment(#[case] failure: Failure, #[case] expected: &str) {
        assert_eq!(said(failure.outcome()), expected);
    }

    fn said(outcome: Outcome) -> String {
        let advice =
            |advice: Option<u32>| advice.map_or(String::new(), |seconds| format!(" {seconds}"));
        match outcome {
            Outcome::Answered => "answered".to_owned(),
            Outcome::Failed { retry_after_seconds, may_repeat } => {
                let repeat = if may_repeat { ", may repeat" } else { "" };
                format!("failed{}{repeat}", advice(retry_after_seconds))
            }
            Outcome::Busy { retry_after_seconds } => format!("busy{}", advice(retry_after_seconds)),
            Outcome::Barred => "barred".to_owned(),
            Outcome::Neutral => "neutral".to_owned(),
        }
    }

    #[test]
    fn a_provider_that_no_key_opens_says_what_was_tried_and_another_one_is_asked() {
        let failure = Failure::NoCredential("no key for Amazon was found".to_owned());
        assert!(failure.may_fail_over());
        let problem = failure.refusal("acme").problem(RequestId::from_uuid(uuid::Uuid::nil()));
        assert_eq!((problem.status, problem.code.as_str()), (502, "upstream_failed"));
        assert!(failure.summary().ends_with("opened: no key for Amazon was found"));
    }

    #[test]
    fn an_account_that_is_used_up_is_told_from_too_many_requests() {
        let words = ["insufficient_quota".to_owned()];
        let status = StatusCode::TOO_MANY_REQUESTS;
        let failure = Failure::of_answer(status, &words, String::new(), None);
        assert_eq!(failure, Failure::Credit(429));
        assert!(failure.summary().contains("account there is used up"), "{}", failure.summary());
    }
}
