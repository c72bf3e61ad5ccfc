//! A record on bytes, field by field.
//!
//! Every call writes two, so nothing is asked here that is known before: what serde would find out
//! of every field costs more than all the fields do. The tests hold this to what serde writes.

use shared::{
    Money,
    id::Id,
    receipt::{TokenCounts, Verdict},
};

use super::{Charge, CostLine, Finish, json, pack::Packer};

/// What stands before the id of the call in every intent that is written here.
pub(super) const INTENT_BEFORE_ID: &[u8] =
    b"\x81\xa6intent\x82\xa6so_far\xde\x00\x18\xaarequest_id\xc4\x10";

/// An intent as its record.
pub(super) fn intent(so_far: &Finish, worst_case: Money) -> Vec<u8> {
    let mut packer = Packer::new();
    packer.map(1);
    packer.text("intent");
    packer.map(2);
    packer.text("so_far");
    packer.call(so_far);
    packer.number("worst_case", worst_case.nanos());
    packer.into_bytes()
}

/// A finish as its record.
pub(super) fn finish(finish: &Finish) -> Vec<u8> {
    let mut packer = Packer::new();
    packer.map(1);
    packer.text("finish");
    packer.call(finish);
    packer.into_bytes()
}

impl Packer {
    fn call(&mut self, finish: &Finish) {
        let Finish {
            request_id,
            started_at,
            duration_micros,
            surface,
            outcome,
            status,
            problem,
            user,
            team,
            key,
            model,
            asked_model,
            provider,
            upstream_model,
            tokens,
            lines,
            cost,
            is_estimated,
            is_priced,
            price_version,
            service_tier,
            raw_usage,
            charges,
            verdicts,
        } = finish;
        self.map(24);
        self.named_id("request_id", Some(*request_id));
        self.number("started_at", started_at.micros());
        self.number("duration_micros", *duration_micros);
        self.named_text("surface", Some(surface));
        self.named_text("outcome", Some(outcome.as_str()));
        self.number("status", i64::from(*status));
        self.named_text("problem", problem.map(shared::ProblemCode::as_str));
        self.named_id("user", *user);
        self.named_id("team", *team);
        self.named_id("key", *key);
        self.named_text("model", Some(model));
        self.named_text("asked_model", asked_model.as_deref());
        self.named_text("provider", provider.as_deref());
        self.named_text("upstream_model", upstream_model.as_deref());
        self.tokens(tokens);
        self.lines(lines);
        self.number("cost", cost.nanos());
        self.named_flag("is_estimated", *is_estimated);
        self.named_flag("is_priced", *is_priced);
        self.named_text("price_version", price_version.as_deref());
        self.named_text("service_tier", service_tier.as_deref());
        self.named_text("raw_usage", raw_usage.as_deref());
        self.charges(charges);
        self.verdicts(&verdicts.0);
    }

    fn tokens(&mut self, tokens: &TokenCounts) {
        let TokenCounts {
            input,
            cached_input,
            cache_write,
            cache_write_1h,
            output,
            reasoning,
            audio_input,
            audio_output,
            image_input,
            image_output,
        } = tokens;
        self.text("tokens");
        self.map(10);
        self.number("input", *input);
        self.number("cached_input", *cached_input);
        self.number("cache_write", *cache_write);
        self.number("cache_write_1h", *cache_write_1h);
        self.number("output", *output);
        self.number("reasoning", *reasoning);
        self.number("audio_input", *audio_input);
        self.number("audio_output", *audio_output);
        self.number("image_input", *image_input);
        self.number("image_output", *image_output);
    }

    fn lines(&mut self, lines: &[CostLine]) {
        self.text("lines");
        self.list(lines.len());
        for CostLine { class, tokens, price, cost } in lines {
            self.map(4);
            self.named_text("class", Some(class.as_str()));
            self.number("tokens", *tokens);
            self.number("price", price.nanos());
            self.number("cost", cost.nanos());
        }
    }

    fn charges(&mut self, charges: &[Charge]) {
        self.text("charges");
        self.list(charges.len());
        for Charge { budget, window_start, is_leased } in charges {
            self.map(3);
            self.named_id("budget", Some(*budget));
            self.number("window_start", window_start.micros());
            self.named_flag("is_leased", *is_leased);
        }
    }

    fn verdicts(&mut self, verdicts: &[Verdict]) {
        self.text("verdicts");
        self.written_text(|text| json::write_verdicts(text, verdicts));
    }

    #[inline]
    fn number(&mut self, name: &'static str, value: i64) {
        self.text(name);
        self.integer(value);
    }

    #[inline]
    fn named_flag(&mut self, name: &'static str, is_set: bool) {
        self.text(name);
        self.flag(is_set);
    }

    #[inline]
    fn named_text(&mut self, name: &'static str, value: Option<&str>) {
        self.text(name);
        match value {
            Some(value) => self.text(value),
            None => self.nothing(),
        }
    }

    #[inline]
    fn named_id<K>(&mut self, name: &'static str, value: Option<Id<K>>) {
        self.text(name);
        match value {
            Some(value) => self.id(value.uuid().as_bytes()),
            None => self.nothing(),
        }
    }
}
