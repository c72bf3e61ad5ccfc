//! Amounts as sources write them: decimals with any exponent, read without a float in between.
//!
//! Inside, a price is whole nano-dollars per million tokens. What a source tells more finely
//! (`2.9999900000000002e-06` is a float that was printed) is rounded half to even, here and
//! nowhere else. What would become nothing by that is refused, as is what is below zero or beyond
//! all reason.

use shared::Money;

/// The dearest amount that is believed: a hundred thousand dollars per million tokens, or for a
/// single call.
const MOST_NANOS: i128 = 100_000 * 1_000_000_000;
/// Beyond that nobody writes a price, and an `i128` holds no more.
const MOST_DIGITS: usize = 30;
const LONGEST_TEXT: usize = 64;

/// What an amount of dollars is for, and so what one dollar of it is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Dollars for one token or character; inside, nano-dollars per million.
    EachOfMillions,
    /// Dollars per million; inside, nano-dollars per million.
    Million,
    /// Dollars for one; inside, nano-dollars for one.
    One,
    /// Dollars for a second; inside, nano-dollars for an hour.
    Second,
    /// Dollars for a minute; inside, nano-dollars for an hour.
    Minute,
}

impl Unit {
    /// By which whole number and which power of ten a dollar is multiplied.
    const fn scale(self) -> (i128, i32) {
        match self {
            Self::EachOfMillions => (1, 15),
            Self::Million | Self::One => (1, 9),
            Self::Second => (3_600, 9),
            Self::Minute => (60, 9),
        }
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadAmount {
    /// It is no decimal number.
    #[error("expected dollars as a decimal number")]
    NotANumber,
    /// It is below zero.
    #[error("expected zero dollars or more")]
    Negative,
    /// Nobody asks so much.
    #[error("expected at most 100,000 dollars")]
    TooLarge,
    /// It is so little that nothing would be left of it.
    #[error("is less than a nano-dollar per million, and more than nothing")]
    TooSmall,
}

/// Reads `1.25e-06`, `0.00000125`, `3` and the like.
pub(super) fn amount(text: &str, unit: Unit) -> Result<Money, BadAmount> {
    let decimal = Decimal::read(text)?;
    let (factor, power) = unit.scale();
    let nanos = decimal.scaled(factor, power)?;
    i64::try_from(nanos).map(Money::from_nanos).map_err(|_| BadAmount::TooLarge)
}

/// Reads a whole number, also one that is written as `256000.0` or `1e6`.
pub(super) fn whole_number(text: &str) -> Option<i64> {
    let Decimal { digits, exponent } = Decimal::read(text).ok()?;
    let (scale, is_fraction) = (10_i128.checked_pow(exponent.unsigned_abs())?, exponent < 0);
    let value = match is_fraction {
        true if digits % scale == 0 => digits / scale,
        true => return None,
        false => digits.checked_mul(scale)?,
    };
    i64::try_from(value).ok()
}

/// A decimal number: so many digits, moved by so many places.
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    fn read(text: &str) -> Result<Self, BadAmount> {
        if text.len() > LONGEST_TEXT {
            return Err(BadAmount::NotANumber);
        }
        let (number, exponent) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => {
                let exponent: i32 = exponent.parse().map_err(|_| BadAmount::NotANumber)?;
                (number, exponent)
            }
            None => (text, 0),
        };
        let (is_negative, number) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_number = !(whole.is_empty() && fraction.is_empty());
        if !is_number || !is_digits(whole) || !is_digits(fraction) {
            return Err(BadAmount::NotANumber);
        }
        let written = format!("{whole}{fraction}");
        let significant = written.trim_start_matches('0');
        if significant.is_empty() {
            return Ok(Self { digits: 0, exponent: 0 });
        }
        if is_negative {
            return Err(BadAmount::Negative);
        }
        let trimmed = significant.trim_end_matches('0');
        if trimmed.len() > MOST_DIGITS {
            return Err(BadAmount::NotANumber);
        }
        let dropped = significant.len() - trimmed.len();
        let places = |length: usize| i32::try_from(length).map_err(|_| BadAmount::NotANumber);
        let exponent = exponent
            .checked_add(places(dropped)?)
            .and_then(|exponent| exponent.checked_sub(places(fraction.len()).ok()?))
            .ok_or(BadAmount::NotANumber)?;
        let digits = trimmed.parse().map_err(|_| BadAmount::NotANumber)?;
        Ok(Self { digits, exponent })
    }

    fn scaled(&self, factor: i128, power: i32) -> Result<i128, BadAmount> {
        if self.digits == 0 {
            return Ok(0);
        }
        let product = self.digits.checked_mul(factor).ok_or(BadAmount::TooLarge)?;
        let exponent = self.exponent.saturating_add(power);
        let scale = 10_i128.checked_pow(exponent.unsigned_abs());
        let nanos = match (exponent >= 0, scale) {
            (true, Some(scale)) => product.checked_mul(scale).ok_or(BadAmount::TooLarge)?,
            (true, None) => return Err(BadAmount::TooLarge),
            (false, Some(scale)) => half_to_even(product, scale),
            (false, None) => 0,
        };
        match nanos {
            0 => Err(BadAmount::TooSmall),
            MOST_NANOS.. if nanos > MOST_NANOS => Err(BadAmount::TooLarge),
            _ => Ok(nanos),
        }
    }
}

fn half_to_even(value: i128, by: i128) -> i128 {
    let (quotient, remainder) = (value / by, value % by);
    let rest = by - remainder;
    let is_up = remainder > rest || (remainder == rest && quotient % 2 == 1);
    quotient + i128::from(is_up)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("1.25e-06", Unit::EachOfMillions, "1.25")]
    #[case("1.25E-6", Unit::EachOfMillions, "1.25")]
    #[case("0.00000125", Unit::EachOfMillions, "1.25")]
    #[case("3e-7", Unit::EachOfMillions, "0.3")]
    #[case("2.9999900000000002e-06", Unit::EachOfMillions, "2.99999")]
    #[case("0", Unit::EachOfMillions, "0")]
    #[case("0.0", Unit::Million, "0")]
    #[case("-0.0", Unit::Million, "0")]
    #[case("15", Unit::Million, "15")]
    #[case(".5", Unit::Million, "0.5")]
    #[case("0.04", Unit::One, "0.04")]
    #[case("0.0001", Unit::Second, "0.36")]
    #[case("0.006", Unit::Minute, "0.36")]
    #[case("1e5", Unit::Million, "100000")]
    #[case("5e-16", Unit::EachOfMillions, "too small: 5e-1 nano-dollars are even with 0")]
    #[case("1.5e-15", Unit::EachOfMillions, "0.000000002")]
    #[case("2.5e-15", Unit::EachOfMillions, "0.000000002")]
    fn an_amount_is_read_to_the_nano_dollar(
        #[case] text: &str,
        #[case] unit: Unit,
        #[case] dollars: &str,
    ) {
        match dollars.parse::<Money>() {
            Ok(expected) => assert_eq!(amount(text, unit), Ok(expected)),
            Err(_) => assert_eq!(amount(text, unit), Err(BadAmount::TooSmall)),
        }
    }

    #[rstest]
    #[case("NaN", BadAmount::NotANumber)]
    #[case("Infinity", BadAmount::NotANumber)]
    #[case("", BadAmount::NotANumber)]
    #[case(".", BadAmount::NotANumber)]
    #[case("1,25", BadAmount::NotANumber)]
    #[case("0x10", BadAmount::NotANumber)]
    #[case("1e", BadAmount::NotANumber)]
    #[case("1e99999999999", BadAmount::NotANumber)]
    #[case("-1", BadAmount::Negative)]
    #[case("-1e-06", BadAmount::Negative)]
    #[case("1e308", BadAmount::TooLarge)]
    #[case("1e2147483647", BadAmount::TooLarge)]
    #[case("100000.000001", BadAmount::TooLarge)]
    #[case("1e-308", BadAmount::TooSmall)]
    #[case("1e-2147483648", BadAmount::TooSmall)]
    fn what_is_no_price_is_refused(#[case] text: &str, #[case] expected: BadAmount) {
        assert_eq!(amount(text, Unit::Million), Err(expected));
    }

    #[rstest]
    #[case("128000", Some(128_000))]
    #[case("256000.0", Some(256_000))]
    #[case("1e6", Some(1_000_000))]
    #[case("0.5", None)]
    #[case("1e40", None)]
    #[case("many", None)]
    fn a_whole_number_is_read_however_it_is_written(
        #[case] text: &str,
        #[case] expected: Option<i64>,
    ) {
        assert_eq!(whole_number(text), expected);
    }

    proptest! {
        #[test]
        fn a_price_is_the_same_in_either_unit_and_however_it_is_written(nanos in 0_i64..10_i64.pow(14)) {
            let per_million = Money::from_nanos(nanos).to_string();
            let per_token = format!("{per_million}e-6");
            let digits = format!("{nanos}e-15");
            for text in [&per_token, &digits] {
                prop_assert_eq!(amount(text, Unit::EachOfMillions), Ok(Money::from_nanos(nanos)));
            }
            prop_assert_eq!(amount(&per_million, Unit::Million), Ok(Money::from_nanos(nanos)));
        }

        #[test]
        fn no_text_is_too_strange(text in ".{0,80}") {
            for unit in [Unit::EachOfMillions, Unit::Million, Unit::One, Unit::Second, Unit::Minute] {
                if let Ok(amount) = amount(&text, unit) {
                    prop_assert!(amount >= Money::ZERO && amount <= Money::from_dollars(100_000));
                }
            }
            let _ = whole_number(&text);
        }
    }
}
