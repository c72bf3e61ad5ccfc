//! What something costs, at its times: the price that counts is the one of the moment at which a
//! call arrives.

use shared::Timestamp;

use super::PriceTable;
use crate::kernel::config::Prices;

/// Prices with the instants from which on they count, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedPrices(Vec<(Option<Timestamp>, PriceTable)>);

impl DatedPrices {
    /// The price at an instant; none before the first one.
    #[must_use]
    pub fn at(&self, instant: Timestamp) -> Option<&PriceTable> {
        let counts = |from: &Option<Timestamp>| from.is_none_or(|from| from <= instant);
        self.0.iter().rev().find(|(from, _)| counts(from)).map(|(_, price)| price)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &PriceTable> {
        self.0.iter().map(|(_, price)| price)
    }
}

impl From<&Prices> for DatedPrices {
    fn from(prices: &Prices) -> Self {
        Self(prices.iter().map(|price| (price.from, PriceTable::from(price))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::instant;

    fn prices(yaml: &str) -> DatedPrices {
        DatedPrices::from(&serde_saphyr::from_str::<Prices>(yaml).unwrap())
    }

    fn dollars_at(prices: &DatedPrices, at: &str) -> Option<i64> {
        let price = prices.at(instant::read(at).unwrap());
        price.map(|price| price.base().input.nanos() / 1_000_000_000)
    }

    #[test]
    fn each_price_counts_from_its_first_instant_in_utc_until_the_next() {
        let prices = prices(
            "[{input: '3'}, {from: 2026-01-01, input: '2'}, {from: '2026-06-01T12:00:00+02:00', \
             input: '1'}]",
        );
        assert_eq!(dollars_at(&prices, "2025-12-31T23:59:59Z"), Some(3));
        assert_eq!(dollars_at(&prices, "2026-01-01"), Some(2));
        assert_eq!(dollars_at(&prices, "2026-06-01T09:59:59Z"), Some(2));
        assert_eq!(dollars_at(&prices, "2026-06-01T10:00:00Z"), Some(1));
    }

    #[test]
    fn before_the_first_date_there_is_no_price() {
        let prices = prices("[{from: 2026-01-01, input: '2'}]");
        assert_eq!(dollars_at(&prices, "2025-12-31T23:59:59Z"), None);
    }

    #[test]
    fn the_date_is_no_part_of_what_a_price_is() {
        let dated = prices("[{from: 2026-01-01, input: '2'}]");
        let plain = prices("{input: '2'}");
        let version = |prices: &DatedPrices| prices.all().next().unwrap().version().to_owned();
        assert_eq!(version(&dated), version(&plain));
    }
}
