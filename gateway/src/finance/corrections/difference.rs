//! What is booked of a call against what it should be, line by line.

use std::collections::BTreeMap;

use crate::{
    call::{CorrectionKind, CostLine},
    storage::tables::{calls::CostLineRow, correction_lines::CorrectionLineRow},
};

/// Tokens of one class at one price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) tokens: i64,
    pub(super) cost_nanos: i64,
}

/// Amounts by class and price; of a price because a change of price takes back one line and adds
/// another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Booked(BTreeMap<(String, i64), Amount>);

impl Booked {
    /// What is booked of a call for its use; what was given back is given back.
    pub(super) fn of<'a>(
        lines: impl Iterator<Item = &'a CostLineRow>,
        corrections: impl Iterator<Item = &'a CorrectionLineRow>,
    ) -> Self {
        let mut booked = Self::default();
        for line in lines {
            booked.add(&line.token_class, line.price_nanos, line.tokens, line.cost_nanos);
        }
        for line in corrections.filter(|line| line.kind != CorrectionKind::Refund.as_str()) {
            booked.add(&line.token_class, line.price_nanos, line.tokens, line.cost_nanos);
        }
        booked
    }

    /// What a price makes of a call.
    pub(super) fn due(lines: &[CostLine]) -> Self {
        let mut booked = Self::default();
        for line in lines {
            let (price_nanos, cost_nanos) = (line.price.nanos(), line.cost.nanos());
            booked.add(line.class.as_str(), price_nanos, line.tokens, cost_nanos);
        }
        booked
    }

    fn add(&mut self, class: &str, price_nanos: i64, tokens: i64, cost_nanos: i64) {
        let amount = self.0.entry((class.to_owned(), price_nanos)).or_default();
        amount.tokens += tokens;
        amount.cost_nanos += cost_nanos;
    }

    pub(super) fn cost_nanos(&self) -> i64 {
        self.0.values().map(|amount| amount.cost_nanos).sum()
    }

    /// What has to be added to this, so that it is `due`.
    pub(super) fn to(&self, due: &Self) -> Vec<(String, i64, Amount)> {
        let mut missing = due.clone();
        for ((class, price_nanos), amount) in &self.0 {
            missing.add(class, *price_nanos, -amount.tokens, -amount.cost_nanos);
        }
        missing
            .0
            .into_iter()
            .filter(|(_, amount)| *amount != Amount::default())
            .map(|((class, price_nanos), amount)| (class, price_nanos, amount))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn booked(lines: &[(u8, i64, i64)]) -> Booked {
        let mut booked = Booked::default();
        for (class, price, tokens) in lines {
            booked.add(
                ["input", "output", "request"][usize::from(class % 3)],
                *price,
                *tokens,
                price * tokens,
            );
        }
        booked
    }

    #[test]
    fn a_new_price_takes_back_the_line_and_adds_another() {
        let was = booked(&[(0, 3, 10), (1, 15, 2)]);
        let missing = was.to(&booked(&[(0, 2, 10), (1, 15, 2)]));
        let amount = |tokens, cost_nanos| Amount { tokens, cost_nanos };
        assert_eq!(
            missing,
            [("input".to_owned(), 2, amount(10, 20)), ("input".to_owned(), 3, amount(-10, -30))]
        );
    }

    proptest! {
        #[test]
        fn with_what_is_missing_it_is_what_is_due_and_then_nothing_is_missing(
            was in prop::collection::vec((any::<u8>(), 0..5_i64, 1..1_000_i64), 0..6),
            due in prop::collection::vec((any::<u8>(), 0..5_i64, 1..1_000_i64), 0..6),
        ) {
            let (mut was, due) = (booked(&was), booked(&due));
            let before = was.cost_nanos();
            let missing = was.to(&due);
            let moved: i64 = missing.iter().map(|(_, _, amount)| amount.cost_nanos).sum();
            prop_assert_eq!(before + moved, due.cost_nanos());
            for (class, price, amount) in &missing {
                was.add(class, *price, amount.tokens, amount.cost_nanos);
            }
            prop_assert!(was.to(&due).is_empty());
        }
    }
}
