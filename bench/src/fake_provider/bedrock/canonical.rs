//! The canonical form of a URL, in which it is signed.

use crate::fake_provider::percent;

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// A path that is sent encoded is encoded once more.
pub(super) fn path(path: &str) -> String {
    encoded(path, b"/")
}

/// The pairs of a query, in order.
pub(super) fn query(query: &str) -> String {
    let mut pairs: Vec<String> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let again = |part: &str| encoded(&percent::decoded(part), b"");
            format!("{}={}", again(name), again(value))
        })
        .collect();
    pairs.sort();
    pairs.join("&")
}

/// A text with everything escaped but letters, digits, `-._~` and what else is `kept`.
fn encoded(text: &str, kept: &[u8]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_encoded_once_more() {
        assert_eq!(path("/model/a%3Ab:c/converse"), "/model/a%253Ab%3Ac/converse");
    }

    #[test]
    fn a_query_is_in_order_whatever_it_was() {
        assert_eq!(query("b=2&a=%2F1&c"), "a=%2F1&b=2&c=");
        assert_eq!(query(""), "");
    }
}
