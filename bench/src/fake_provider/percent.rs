//! Names in paths, as URLs carry them.

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// The text that a part of a path stands for. What is no escape is kept as it is.
pub(super) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, others @ ..] = rest {
        match (first, others) {
            (b'%', [high, low, after @ ..]) if let Some(byte) = byte_of(*high, *low) => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text with everything escaped but letters, digits, `-._~` and what else is `kept`.
pub(super) fn encoded(text: &str, kept: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push(char::from(HEX[usize::from(byte >> 4)]));
            escaped.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    escaped
}

fn byte_of(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_escaped_comes_back() {
        for text in ["fake@chunks=4,tag=a", "arn:aws:x/y", "ü €", "100%", "%zz", ""] {
            assert_eq!(decoded(&encoded(text, b"")), text);
        }
        assert_eq!(decoded("a%3Ab%2fc%"), "a:b/c%");
        assert_eq!(encoded("/a b%3A", b"/"), "/a%20b%253A");
    }
}
