//! What proves a thought, in the field that a client of this API keeps and sends back.
//!
//! OpenAI's own stands as it came; another vendor's has its format before it, so that it goes back
//! to that vendor alone.

use crate::wire::translate::ir::{Signature, Vendor};

/// Between the format and a thought that is encrypted as a whole.
const REDACTED: &str = "redacted.";

/// The field's text.
pub(super) fn write(vendor: Vendor, opaque: &str, is_redacted: bool) -> String {
    let kind = if is_redacted { REDACTED } else { "" };
    format!("{}:{kind}{opaque}", vendor.format())
}

/// Who signed, and whether it is the thought itself; nothing where no known vendor did.
pub(super) fn read(text: &str) -> Option<(Signature, bool)> {
    let (format, rest) = text.split_once(':')?;
    let vendor = Vendor::of_format(format)?;
    let opaque = rest.strip_prefix(REDACTED);
    let is_redacted = opaque.is_some();
    Some((Signature { vendor, opaque: opaque.unwrap_or(rest).to_owned() }, is_redacted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_byte_for_byte() {
        for opaque in ["EqQB/+=", "a:b", "", "redacted"] {
            for is_redacted in [false, true] {
                let signature = Signature { vendor: Vendor::Anthropic, opaque: opaque.to_owned() };
                let written = write(Vendor::Anthropic, opaque, is_redacted);
                assert_eq!(read(&written), Some((signature, is_redacted)));
            }
        }
    }

    #[test]
    fn what_another_vendor_encrypted_is_left_alone() {
        assert_eq!(read("gAAAAABo"), None);
        assert_eq!(read("someone-else:x"), None);
    }
}
