//! Money in nano-dollars: exact, integer, one unit everywhere.
//!
//! One nano-dollar is 1e-9 USD, which is finer than any published price per token, and `i64`
//! holds ±9.2 billion dollars of it. In JSON an amount is a decimal string of dollars
//! (`"0.003812500"`), never a float.

use std::{
    fmt,
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
    str::FromStr,
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Nano-dollars in a dollar.
pub const NANOS_PER_DOLLAR: i64 = 1_000_000_000;
const FRACTION_DIGITS: usize = 9;

/// An amount of US dollars in nano-dollars (1e-9 USD). Serialized, it is its decimal text, or the
/// number of nano-dollars where the form is not for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    /// No money.
    pub const ZERO: Self = Self(0);
    /// The largest amount that can be held.
    pub const MAX: Self = Self(i64::MAX);

    /// An amount given in nano-dollars.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// An amount given in whole dollars; saturates beyond ±9.2 billion.
    #[must_use]
    pub const fn from_dollars(dollars: i64) -> Self {
        Self(dollars.saturating_mul(NANOS_PER_DOLLAR))
    }

    /// The amount in nano-dollars, for a database column.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Whether nothing is owed.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// `count` units at this price per million units, rounded half to even once.
    ///
    /// Saturates at [`Money::MAX`]; prices and counts in use are far below it.
    #[must_use]
    pub fn per_million(self, count: i64) -> Self {
        self.times(count, 1_000_000)
    }

    /// What so many seconds cost at this amount an hour, rounded as [`Money::per_million`].
    #[must_use]
    pub fn per_hour(self, seconds: i64) -> Self {
        self.times(seconds, 3_600)
    }

    fn times(self, count: i64, per: i128) -> Self {
        let product = i128::from(self.0) * i128::from(count);
        let quotient = product.div_euclid(per);
        let remainder = product.rem_euclid(per);
        let round_up = remainder * 2 > per || (remainder * 2 == per && quotient % 2 != 0);
        Self(i64::try_from(quotient + i128::from(round_up)).unwrap_or(i64::MAX))
    }

    /// Adds; stops at the largest amount instead of wrapping.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The amount for people: two decimals from a cent up, else as many as it takes to show
    /// two significant digits (`$0.0038`). The exact amount is [`Display`](fmt::Display).
    #[must_use]
    pub fn short(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let digits = match nanos {
            0 | 10_000_000.. => 2,
            _ => FRACTION_DIGITS.min(FRACTION_DIGITS - nanos.ilog10() as usize + 1),
        };
        let unit = 10_u64.pow(u32::try_from(FRACTION_DIGITS - digits).unwrap_or(0));
        let rounded = (nanos + unit / 2) / unit;
        let scale = 10_u64.pow(u32::try_from(digits).unwrap_or(0));
        format!("{sign}${}.{:0digits$}", Thousands(rounded / scale), rounded % scale)
    }
}

/// A whole number with a comma between its thousands.
struct Thousands(u64);

impl fmt::Display for Thousands {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            whole @ ..1_000 => write!(formatter, "{whole}"),
            whole => write!(formatter, "{},{:03}", Self(whole / 1_000), whole % 1_000),
        }
    }
}

impl fmt::Display for Money {
    /// Dollars with all nine decimals: `0.003812500`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let nanos = self.0.unsigned_abs();
        let dollar = NANOS_PER_DOLLAR.unsigned_abs();
        write!(formatter, "{sign}{}.{:09}", nanos / dollar, nanos % dollar)
    }
}

/// The text is not an amount of dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected dollars as a decimal such as `12.50`, with at most nine decimals and below nine \
     billion"
)]
pub struct ParseMoneyError;

impl FromStr for Money {
    type Err = ParseMoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(ParseMoneyError);
        }
        if fraction.len() > FRACTION_DIGITS || (digits.contains('.') && fraction.is_empty()) {
            return Err(ParseMoneyError);
        }
        let whole: i64 = whole.parse().map_err(|_| ParseMoneyError)?;
        let fraction: i64 = format!("{fraction:0<9}").parse().map_err(|_| ParseMoneyError)?;
        whole
            .checked_mul(NANOS_PER_DOLLAR)
            .and_then(|nanos| nanos.checked_add(fraction))
            .map(|nanos| Self(if negative { -nanos } else { nanos }))
            .ok_or(ParseMoneyError)
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}
impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}
impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}
impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}
impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_price_per_million_is_multiplied_exactly_and_rounded_half_to_even() {
        let price: Money = "0.15".parse().unwrap();
        assert_eq!(price.per_million(1), Money::from_nanos(150));
        assert_eq!(Money::from_nanos(500_000).per_million(1), Money::ZERO);
        assert_eq!(Money::from_nanos(1_500_000).per_million(1), Money::from_nanos(2));
        assert_eq!(Money::from_nanos(500_001).per_million(1), Money::from_nanos(1));
    }

    #[test]
    fn small_amounts_show_two_significant_digits() {
        for (amount, shown) in [
            ("0", "$0.00"),
            ("0.0038125", "$0.0038"),
            ("0.01", "$0.01"),
            ("0.000000007", "$0.000000007"),
            ("1234567.891", "$1,234,567.89"),
            ("-12.5", "-$12.50"),
            ("0.00999", "$0.0100"),
        ] {
            assert_eq!(amount.parse::<Money>().unwrap().short(), shown, "{amount}");
        }
    }

    #[test]
    fn what_is_not_a_decimal_amount_is_refused() {
        for text in ["", ".", "1.", ".5", "1e3", "+1", "1.0000000001", "99999999999", "1,5", "--1"]
        {
            assert_eq!(text.parse::<Money>(), Err(ParseMoneyError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_survives_being_written_and_read(nanos in -i64::MAX..i64::MAX) {
            let amount = Money::from_nanos(nanos);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn splitting_tokens_changes_the_cost_by_less_than_a_nano_dollar_per_part(
            price in 0..100_000_000_000_i64, left in 0..10_000_000_i64, right in 0..10_000_000_i64,
        ) {
            let price = Money::from_nanos(price);
            let whole = price.per_million(left + right);
            let parts = price.per_million(left) + price.per_million(right);
            prop_assert!((whole - parts).nanos().abs() <= 1);
        }
    }
}
