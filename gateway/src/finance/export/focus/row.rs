//! One row: every value that a column shows.

use shared::Money;

use super::{
    Names,
    group::{Group, Sums},
    sku::{self, Measure},
};
use crate::call::CorrectionKind;

/// The kind of a correction that gives money back.
const REFUND: &str = CorrectionKind::Refund.as_str();

/// A group with what it adds up to.
pub(super) struct Row<'a> {
    pub(super) group: &'a Group,
    pub(super) sums: Sums,
    pub(super) names: &'a Names,
}

impl Row<'_> {
    /// Whether money is given back: then nothing was used, and nothing has a price.
    pub(super) fn is_credit(&self) -> bool {
        self.group.kind == REFUND
    }

    /// What something that was used shows, and a credit does not.
    pub(super) fn of_usage<T>(&self, value: impl FnOnce() -> T) -> Option<T> {
        (!self.is_credit()).then(value)
    }

    pub(super) fn measure(&self) -> Measure {
        Measure::of(self.group)
    }

    /// Millionths of a pricing unit.
    pub(super) fn pricing_quantity(&self) -> i128 {
        self.measure().pricing_quantity_millionths(self.sums.tokens)
    }

    pub(super) fn unit_price(&self) -> Money {
        self.group.price.unwrap_or(Money::ZERO)
    }

    /// Unit price times quantity, in 1e-15 dollars: exactly, and so with more decimals than money
    /// has.
    pub(super) fn list_cost(&self) -> i128 {
        if self.is_credit() {
            return i128::from(self.sums.cost.nanos()) * 1_000_000;
        }
        i128::from(self.unit_price().nanos()) * self.pricing_quantity()
    }

    pub(super) fn charge_class(&self) -> Option<&'static str> {
        (!self.group.is_usage() && self.group.is_of_another_month).then_some("Correction")
    }

    pub(super) fn description(&self) -> String {
        let Group { kind, model, provider, token_class, price, .. } = self.group;
        let what = format!("{} of {model} at {provider}", sku::meter(token_class));
        match kind.as_str() {
            _ if price.is_none() => format!("{what}, without a price"),
            _ if self.group.is_usage() => what,
            REFUND => format!("Refund for calls to {model} at {provider}"),
            kind => format!("{what}, corrected ({kind})"),
        }
    }
}
