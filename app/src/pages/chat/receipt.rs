//! The receipt of an answer: one quiet line, and behind it what every stage of the pipeline said.

use leptos::prelude::*;
use shared::receipt::{Outcome, Receipt, Stage, TokenCounts, Verdict, VerdictKind};

use crate::{
    components::{CopyButton, Icon, exact},
    format,
};

/// The chip; opening it shows the trace. Works without code.
#[component]
pub(crate) fn ReceiptChip(
    /// The receipt.
    receipt: Receipt,
) -> impl IntoView {
    let is_exception = is_exception(&receipt);
    let route = receipt.provider.clone().unwrap_or_else(|| "no provider".to_owned());
    let cost = receipt.cost.short();
    let policy = policy(&receipt.verdicts);
    view! {
        <details class="receipt" class:receipt-exception=is_exception>
            <summary>
                {if is_exception { Icon::Warning } else { Icon::Receipt }.draw()}
                <span class="visually-hidden">"Receipt: "</span>
                <span>{route}</span>
                <span class="dot" aria-hidden="true"></span>
                <span class="number" title=exact(receipt.cost)>{cost}</span>
                <span class="dot" aria-hidden="true"></span>
                <span>{policy}</span>
                {Icon::Chevron.draw()}
            </summary>
            <Trace receipt/>
        </details>
    }
}

/// Whether a person should look: something was warned of, refused, or did not finish.
fn is_exception(receipt: &Receipt) -> bool {
    let is_loud =
        |verdict: &Verdict| matches!(verdict.kind, VerdictKind::Warned | VerdictKind::Refused);
    receipt.outcome != Outcome::Finished || receipt.verdicts.iter().any(is_loud)
}

fn policy(verdicts: &[Verdict]) -> &'static str {
    let verdict = verdicts.iter().find(|verdict| verdict.stage == Stage::Policy);
    match verdict.map(|verdict| verdict.kind) {
        Some(VerdictKind::Passed) => "policy passed",
        Some(VerdictKind::Warned) => "policy warned",
        Some(VerdictKind::Refused) => "policy refused",
        Some(VerdictKind::NotConfigured) => "no policy",
        Some(VerdictKind::NotReached) | None => "policy not reached",
    }
}

/// All stages, then the figures.
#[component]
fn Trace(receipt: Receipt) -> impl IntoView {
    let stages = receipt.verdicts.into_iter().map(stage).collect_view();
    let request_id = receipt.request_id.to_string();
    let estimated = receipt.is_estimated.then_some(" (estimated: the provider reported no usage)");
    view! {
        <section class="trace" aria-label="What this answer went through">
            <ol class="stages">{stages}</ol>
            <dl class="trace-facts">
                <div><dt>"Cost"</dt><dd class="number">{exact(receipt.cost)}{estimated}</dd></div>
                <div><dt>"Tokens"</dt><dd class="number">{tokens(receipt.tokens)}</dd></div>
                <div><dt>"Model"</dt><dd>{receipt.model}</dd></div>
                <div><dt>"Outcome"</dt><dd>{outcome(receipt.outcome)}</dd></div>
                <div><dt>"Duration"</dt><dd class="number">{format::duration(receipt.duration_micros)}</dd></div>
                <div>
                    <dt>"Request"</dt>
                    <dd class="trace-id">
                        <code>{request_id.clone()}</code>
                        <CopyButton text=request_id label="Copy request id"/>
                    </dd>
                </div>
            </dl>
        </section>
    }
}

fn stage(verdict: Verdict) -> impl IntoView {
    let (class, icon, told) = match verdict.kind {
        VerdictKind::Passed => ("stage stage-passed", Icon::Check, "passed"),
        VerdictKind::Warned => ("stage stage-warned", Icon::Mark, "warned"),
        VerdictKind::Refused => ("stage stage-refused", Icon::Close, "refused"),
        VerdictKind::NotConfigured => ("stage stage-off", Icon::Dash, "not configured"),
        VerdictKind::NotReached => ("stage stage-off", Icon::Dash, "not reached"),
    };
    view! {
        <li class=class>
            <span class="stage-mark">{icon.draw()}</span>
            <span class="stage-name">
                {verdict.stage.as_str()}
                <span class="visually-hidden">": "{told}</span>
            </span>
            <span class="stage-summary">{verdict.summary}</span>
            <span class="stage-took number">{format::duration(verdict.took_micros)}</span>
        </li>
    }
}

const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Finished => "Finished",
        Outcome::Refused => "Refused",
        Outcome::UpstreamFailed => "Provider failed",
        Outcome::ClientGone => "Stopped by the reader",
        Outcome::Interrupted => "Gateway interrupted",
    }
}

/// The classes that were used, each with its count.
fn tokens(counts: TokenCounts) -> String {
    let classes = [
        (counts.input, "in"),
        (counts.cached_input, "cached"),
        (counts.cache_write, "cache write"),
        (counts.cache_write_1h, "cache write 1 h"),
        (counts.audio_input, "audio in"),
        (counts.image_input, "image in"),
        (counts.output, "out"),
        (counts.reasoning, "reasoning"),
        (counts.audio_output, "audio out"),
        (counts.image_output, "image out"),
    ];
    let used: Vec<String> = classes
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, class)| format!("{} {class}", format::count(count)))
        .collect();
    if used.is_empty() { "none".to_owned() } else { used.join(" · ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_classes_that_were_used_are_named() {
        let counts = TokenCounts { input: 1_412, output: 88, ..TokenCounts::default() };
        assert_eq!(tokens(counts), "1,412 in · 88 out");
        assert_eq!(tokens(TokenCounts::default()), "none");
    }
}
