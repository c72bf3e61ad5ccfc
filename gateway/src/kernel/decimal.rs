//! Whole numbers as people write them, without the machinery of formatting: records have dozens.

/// How many bytes the longest number has, its sign included.
pub const DIGITS: usize = 20;

/// The decimal digits of a number, behind its sign if it is negative.
#[must_use]
pub fn decimal(value: i64, digits: &mut [u8; DIGITS]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut start = DIGITS;
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        digits[start] = b'-';
    }
    &digits[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_people_do() {
        for value in [0, 7, -7, 10, 4_711, i64::MAX, i64::MIN] {
            let mut digits = [0; DIGITS];
            assert_eq!(decimal(value, &mut digits), value.to_string().as_bytes());
        }
    }
}
