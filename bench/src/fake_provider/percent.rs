//! Percent-encoding in paths, where the names of models stand.

/// The text that was encoded. What is no encoding stays as it is, and bytes that are no UTF-8 are
/// replaced.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if let Some(byte) = escaped(rest) {
            bytes.push(byte);
            rest = &rest[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped(bytes: &[u8]) -> Option<u8> {
    let [b'%', digits @ ..] = bytes.get(..3)? else { return None };
    let digits = std::str::from_utf8(digits).ok()?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_and_the_rest_is_left() {
        assert_eq!(decoded("fake%40chunks%3D4%2Cgap_ms=5"), "fake@chunks=4,gap_ms=5");
        assert_eq!(decoded("50%+a%zz%"), "50%+a%zz%");
        assert_eq!(decoded("%e2%82%AC"), "€");
    }
}
