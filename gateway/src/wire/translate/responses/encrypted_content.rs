//! What proves a thought, in the field that a client of this API keeps and sends back.
//!
//! What OpenAI has encrypted stands as it came, in an item with the id that OpenAI gave it; another
//! vendor's has its format before it, so that it goes back to that vendor alone. OpenAI wants both
//! back, id and content, so its signature holds both.

use crate::wire::translate::ir::{Signature, Vendor};

/// Between the format and a thought that is encrypted as a whole.
const REDACTED: &str = "redacted.";

/// The field's text, of any vendor's signature.
pub(super) fn write(vendor: Vendor, opaque: &str, is_redacted: bool) -> String {
    let kind = if is_redacted { REDACTED } else { "" };
    format!("{}:{kind}{opaque}", vendor.format())
}

/// Who signed, and whether it is the thought itself; nothing where the text names no vendor.
pub(super) fn read(text: &str) -> Option<(Signature, bool)> {
    let (format, rest) = text.split_once(':')?;
    let vendor = Vendor::of_format(format)?;
    let opaque = rest.strip_prefix(REDACTED);
    let is_redacted = opaque.is_some();
    Some((Signature { vendor, opaque: opaque.unwrap_or(rest).to_owned() }, is_redacted))
}

/// Whether this text is the gateway's own, written for another vendor's signature.
pub(in crate::wire) fn is_sealed_by_gateway(text: &str) -> bool {
    read(text).is_some()
}

/// The signature of an item as OpenAI wrote it: the length of the id, the id, the content.
pub(super) fn own(id: Option<&str>, content: &str) -> Signature {
    let id = id.unwrap_or_default();
    Signature { vendor: Vendor::OpenAi, opaque: format!("{}:{id}{content}", id.len()) }
}

/// An item as OpenAI wrote it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Own<'a> {
    pub(super) id: Option<&'a str>,
    pub(super) content: &'a str,
}

impl<'a> Own<'a> {
    /// Of a signature; nothing where another vendor signed. A client may have the content alone,
    /// from elsewhere.
    pub(super) fn of(signature: &'a Signature) -> Option<Self> {
        if signature.vendor != Vendor::OpenAi {
            return None;
        }
        let content_alone = Self { id: None, content: &signature.opaque };
        Some(Self::apart(&signature.opaque).unwrap_or(content_alone))
    }

    fn apart(opaque: &'a str) -> Option<Self> {
        let (length, rest) = opaque.split_once(':')?;
        let (id, content) = rest.split_at_checked(length.parse().ok()?)?;
        Some(Self { id: Some(id).filter(|id| !id.is_empty()), content })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
    fn what_names_no_vendor_is_left_as_it_came() {
        assert_eq!(read("gAAAAABo"), None);
        assert_eq!(read("someone-else:x"), None);
    }

    #[test]
    fn a_content_without_its_id_is_the_content() {
        for content in ["gAAAAABo", "9:short", "x:y", ""] {
            let signature = Signature { vendor: Vendor::OpenAi, opaque: content.to_owned() };
            assert_eq!(Own::of(&signature), Some(Own { id: None, content }));
        }
    }

    #[test]
    fn what_another_vendor_signed_is_not_openais() {
        let signature = Signature { vendor: Vendor::Google, opaque: "2:rsx".to_owned() };
        assert_eq!(Own::of(&signature), None);
    }

    proptest! {
        #[test]
        fn id_and_content_come_apart_as_they_were(id in "\\PC{1,20}", content in "\\PC{0,40}") {
            let signature = own(Some(&id), &content);
            prop_assert_eq!(Own::of(&signature), Some(Own { id: Some(&id), content: &content }));
            let signature = own(None, &content);
            prop_assert_eq!(Own::of(&signature), Some(Own { id: None, content: &content }));
        }
    }
}
