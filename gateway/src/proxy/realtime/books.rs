//! The books of one session: what it has used, and what is set aside for what is under way.

use shared::Money;

use super::super::account::{Account, End, Used};
use crate::{
    call::Refusal,
    catalog::{PriceTable, Serving},
    metering,
    wire::{ClientEvent, ClientEventKind, MostUsed, SessionMeter, SessionUsage},
};

/// Ten tokens are a second of sound that is listened to.
/// <https://platform.openai.com/docs/guides/realtime-costs>
const TOKENS_PER_SECOND_HEARD: i64 = 10;
/// By how much the cost lines of one answer may be rounded up together.
const ROUNDING: Money = Money::from_nanos(6);

/// Dropped before it is closed, a session is settled by what was observed.
pub(super) struct Books {
    account: Account,
    meter: SessionMeter,
    serving: Serving,
}

impl Books {
    pub(super) fn new(account: Account, serving: Serving) -> Self {
        let meter = SessionMeter::new(serving.model().max_output_tokens);
        Self { account, meter, serving }
    }

    /// What the client says, before it is sent on.
    ///
    /// # Errors
    /// Where no budget covers what may come of it; then it must not be sent on.
    pub(super) async fn client(&mut self, event: &ClientEvent) -> Result<(), Refusal> {
        self.meter.client(event);
        let asks = matches!(event.kind, ClientEventKind::AsksForAnswer { .. });
        if !asks && event.kind != ClientEventKind::Speaks {
            return Ok(());
        }
        let secured = self.secure().await;
        if secured.is_err() && asks {
            self.meter.withdraw();
        }
        secured
    }

    /// What the provider says, before it is passed on.
    ///
    /// # Errors
    /// Where no budget covers what the provider has begun, or has done beyond its promise.
    pub(super) async fn provider(&mut self, text: &str) -> Result<(), Refusal> {
        if self.meter.provider(text) { self.secure().await } else { Ok(()) }
    }

    /// What the provider says in a session that is ending.
    pub(super) fn last_words(&mut self, text: &str) {
        self.meter.provider(text);
    }

    pub(super) fn answers_under_way(&self) -> Vec<String> {
        self.meter.answers_under_way()
    }

    pub(super) fn is_settled(&self) -> bool {
        self.meter.is_settled()
    }

    /// Settles and records. The first time counts.
    pub(super) fn close(&mut self, end: End) {
        let usage = self.meter.finish();
        let used = used(usage, self.serving.price());
        self.account.close_session(end, used, usage);
    }

    /// Sets aside what is used and the most that what is under way can use.
    async fn secure(&mut self) -> Result<(), Refusal> {
        let Some(price) = self.serving.price() else { return Ok(()) };
        let (used, most) = (self.meter.used(), self.meter.most_under_way());
        let amount = cost(used, price).saturating_add(most_cost(&most, price));
        self.account.secure(amount).await
    }
}

impl Drop for Books {
    fn drop(&mut self) {
        let outcome = self.account.outcome_if_dropped();
        self.close(End { outcome, status: 101, problem: None });
    }
}

/// Sound that a model of its own has written down by the second is billed by the hour, where the
/// model has such a price, and else by the tokens that it has.
fn used(usage: &SessionUsage, price: Option<&PriceTable>) -> Used {
    let (mut tokens, mut units) = (usage.tokens, usage.units);
    if price.is_some_and(|price| price.base().audio_hour.is_zero()) {
        tokens.audio_input += units.audio_seconds.saturating_mul(TOKENS_PER_SECOND_HEARD);
        units.audio_seconds = 0;
    }
    Used { tokens, units }
}

fn cost(usage: &SessionUsage, price: &PriceTable) -> Money {
    let Used { tokens, units } = used(usage, Some(price));
    let rates = price.rates(&usage.longest_prompt, None);
    metering::cost_lines(&tokens, &units, rates).iter().map(|line| line.cost).sum()
}

fn most_cost(most: &MostUsed, price: &PriceTable) -> Money {
    let input = price.dearest_input(most.input_tokens).per_million(most.input_tokens);
    let output = price.dearest_output(most.input_tokens).per_million(most.output_tokens);
    let rounding = Money::from_nanos(ROUNDING.nanos().saturating_mul(most.count));
    input.saturating_add(output).saturating_add(rounding)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::receipt::TokenCounts;

    use super::*;
    use crate::kernel::config::Price;

    fn table(price: serde_json::Value) -> PriceTable {
        PriceTable::from(&serde_json::from_value::<Price>(price).unwrap())
    }

    fn heard(seconds: f64) -> SessionMeter {
        let mut meter = SessionMeter::new(4_096);
        let usage = json!({ "type": "duration", "seconds": seconds });
        let kind = "conversation.item.input_audio_transcription.completed";
        meter.provider(&json!({ "type": kind, "transcript": "hi", "usage": usage }).to_string());
        meter
    }

    #[test]
    fn seconds_that_are_written_down_are_never_free() {
        let meter = heard(61.2);
        let by_hour = table(json!({"input": "4", "audio_input": "32", "audio_hour": "0.36"}));
        assert_eq!(cost(meter.used(), &by_hour), "0.0062".parse().unwrap());
        let by_token = table(json!({"input": "4", "audio_input": "32"}));
        assert_eq!(cost(meter.used(), &by_token), "0.01984".parse().unwrap());
    }

    #[test]
    fn what_is_under_way_is_bounded_by_the_dearest_classes() {
        let price =
            table(json!({"input": "4", "audio_input": "32", "output": "16", "audio_output": "64"}));
        let most = MostUsed { input_tokens: 1_000, output_tokens: 4_096, count: 1 };
        let expected: Money = "0.294144006".parse().unwrap();
        assert_eq!(most_cost(&most, &price), expected);
    }

    #[test]
    fn tokens_are_rated_by_the_longest_prompt_of_one_answer_and_not_by_all_of_them() {
        let price = table(json!({"input": "1", "output": "1",
            "above": [{"input_tokens": 150, "price": {"input": "2"}}]}));
        let mut meter = SessionMeter::new(10);
        for _ in 0..2 {
            let done = json!({"type": "response.done", "response": {"id": "r",
                "usage": {"input_tokens": 100, "output_tokens": 0}}});
            meter.provider(&done.to_string());
        }
        assert_eq!(meter.used().tokens, TokenCounts { input: 200, ..TokenCounts::default() });
        assert_eq!(cost(meter.used(), &price), "0.0002".parse().unwrap());
    }
}
