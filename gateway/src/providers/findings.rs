//! What a check of a provider has found, line by line, and the next step where it failed.

use std::time::Duration;

use super::{
    Check, Failure,
    check::{CheckedCall, CheckedList, Failed},
};

/// One thing that a check has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Of what: `address`, `TLS`, `models`, `call`, `credential`.
    pub of: &'static str,
    /// What was found, without secrets.
    pub text: String,
}

impl Check {
    /// What was found.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let Self { address, list, sends_credential, call } = self;
        let was_answered = list.iter().map(|list| list.answer.as_ref().err()).any(is_answer)
            || call.iter().map(|call| call.answer.as_ref().err()).any(is_answer);
        let was_asked = list.is_some() || call.is_some();
        let tls = tls(address.scheme() == "https", was_asked, was_answered).to_owned();
        let models = list.as_ref().map_or_else(
            || {
                "this provider lists none, so there is no check that costs nothing; `helixgateway \
                 providers test --with-a-call MODEL` asks a model for one token, which is billed"
                    .to_owned()
            },
            of_list,
        );
        let credential = credential(*sends_credential, list.as_ref(), call.as_ref()).to_owned();
        let call = call.as_ref().map(of_call);
        [
            Some(Finding { of: "address", text: address.to_string() }),
            Some(Finding { of: "TLS", text: tls }),
            Some(Finding { of: "models", text: models }),
            call.map(|text| Finding { of: "call", text }),
            Some(Finding { of: "credential", text: credential }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether the provider was reached and took what it was asked; `name` is what it is called in
    /// the configuration.
    ///
    /// # Errors
    /// What failed, and the next step.
    pub fn verdict(&self, name: &str) -> Result<(), String> {
        let failed_list = self.list.as_ref().and_then(|list| list.answer.as_ref().err());
        let failed_call = self.call.as_ref().and_then(|call| call.answer.as_ref().err());
        // A model that answers is what counts; some servers have no list.
        let is_served = self.call.as_ref().is_some_and(|call| call.answer.is_ok());
        match failed_list.or(failed_call).filter(|_| !is_served) {
            None => Ok(()),
            Some(failed) => {
                let step = next_step(name, self, failed);
                Err(format!("{name} {}. {step}", failed.failure.summary()))
            }
        }
    }
}

/// Whether the provider has said something, good or bad.
fn is_answer(failed: Option<&Failed>) -> bool {
    failed.is_none_or(|failed| {
        let is_unanswered = matches!(
            failed.failure,
            Failure::Connect | Failure::Timeout | Failure::Broken | Failure::NoCredential(_)
        );
        !is_unanswered
    })
}

fn tls(is_used: bool, was_asked: bool, was_answered: bool) -> &'static str {
    match (is_used, was_asked, was_answered) {
        (false, _, _) => "no: what is sent there can be read on the way",
        (true, false, _) => "not known: nothing was asked",
        (true, true, true) => "yes, and the certificate is good",
        (true, true, false) => "not known: there was no answer",
    }
}

fn of_list(list: &CheckedList) -> String {
    let latency = milliseconds(list.latency);
    match &list.answer {
        Ok(answer) => {
            let models = match answer.models {
                Some(1) => "1 model".to_owned(),
                Some(count) => format!("{count} models"),
                None if answer.status >= 400 => {
                    "not asked; of an endpoint that is not there, only a known key is told"
                        .to_owned()
                }
                None => "an answer that is no list".to_owned(),
            };
            format!("status {} after {latency}: {models}", answer.status)
        }
        Err(why) => format!("it {}, after {latency}{}", why.failure.summary(), words(why)),
    }
}

fn of_call(call: &CheckedCall) -> String {
    let latency = milliseconds(call.latency);
    match &call.answer {
        Ok(status) => format!("status {status} after {latency}"),
        Err(why) => format!("it {}, after {latency}{}", why.failure.summary(), words(why)),
    }
}

fn credential(
    is_sent: bool,
    list: Option<&CheckedList>,
    call: Option<&CheckedCall>,
) -> &'static str {
    let list_failed = list.and_then(|list| list.answer.as_ref().err());
    let call_failed = call.and_then(|call| call.answer.as_ref().err());
    let failed: Vec<&Failed> = list_failed.into_iter().chain(call_failed).collect();
    let is_refused = failed.iter().any(|why| matches!(why.failure, Failure::Credential(_)));
    let is_proved = list.is_some_and(|list| list.is_proof && list.answer.is_ok())
        || call.is_some_and(|call| call.answer.is_ok());
    if failed.iter().any(|why| matches!(why.failure, Failure::NoCredential(_))) {
        return "none was found";
    }
    match (is_sent, is_refused, is_proved) {
        (true, true, _) => "not accepted",
        (false, true, _) => "none is sent, and one is wanted",
        (true, false, true) => "accepted",
        (false, false, true) => "none is sent, and none is wanted",
        (_, false, false) if !failed.is_empty() => "not known: the answer does not tell",
        (_, false, false) => "not proved by this; `--with-a-call MODEL` proves it and is billed",
    }
}

fn next_step(name: &str, check: &Check, failed: &Failed) -> String {
    let host = check.address.host_str().unwrap_or_default();
    let key = format!("providers.{name}");
    match &failed.failure {
        Failure::Connect => format!(
            "Check `{key}.base_url`, and whether this machine may reach {host} (name server, \
             firewall, HTTPS_PROXY, certificates of the system)"
        ),
        Failure::Timeout => format!(
            "Check whether {host} is busy or behind a firewall that drops packets, or raise \
             `proxy.first_byte_timeout_ms`"
        ),
        Failure::Broken => format!("Check `{key}.base_url`: is it http:// where TLS is spoken?"),
        Failure::Nonsense(_) => format!("Check `{key}.base_url`: is it the address of an API?"),
        Failure::NoCredential(_) => format!(
            "Check what `{key}` says of its credential, or give this machine one; the words are of \
             whoever hands it out"
        ),
        Failure::Credential(_) => format!(
            "Check `{key}.api_key`, or `{key}.aws` in Amazon's cloud: is it a key of this vendor, \
             of this region, and not revoked?"
        ),
        Failure::Credit(_) => "Look at the account's billing page at the vendor".to_owned(),
        Failure::NotHere { .. } => format!(
            "Check the path of `{key}.base_url` (most end in /v1), and with `--with-a-call` the \
             name of the model"
        ),
        Failure::Unavailable { .. } => "Try again shortly; it is there".to_owned(),
        Failure::Refused { .. } => format!("Check `{key}`; its own words are above"),
    }
}

/// The provider's or the system's words.
fn words(failed: &Failed) -> String {
    failed.message.as_ref().map_or_else(String::new, |message| format!(": {message}"))
}

fn milliseconds(latency: Duration) -> String {
    format!("{} ms", latency.as_millis())
}
