//! What proves a thought to the vendor whose model had it, in the one field that this API has.
//!
//! Clients keep a `thoughtSignature` and send it back; it is bytes, so they may write its base64
//! in another alphabet than they read. Google's own stands as it came. Another vendor's is
//! `format:opaque` in base64, or `format;redacted:opaque` where it is the thought itself,
//! encrypted; so it goes back byte for byte to the vendor that signed, and to no other.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::standard_base64::standard_base64;
use crate::wire::translate::ir::{Signature, Vendor};

const REDACTED: &str = ";redacted";

/// As a client reads it.
pub(super) fn written(vendor: Vendor, opaque: &str, is_redacted: bool) -> Cow<'_, str> {
    if vendor == Vendor::Google {
        return Cow::Borrowed(opaque);
    }
    let mark = if is_redacted { REDACTED } else { "" };
    STANDARD.encode(format!("{}{mark}:{opaque}", vendor.format())).into()
}

/// What a client sent back, and whether it is the thought itself; none where it is empty.
pub(super) fn read(written: String) -> Option<(Signature, bool)> {
    if written.is_empty() {
        return None;
    }
    let foreign = foreign(&written);
    Some(foreign.unwrap_or((Signature { vendor: Vendor::Google, opaque: written }, false)))
}

fn foreign(written: &str) -> Option<(Signature, bool)> {
    let bytes = STANDARD.decode(&*standard_base64(written)).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (label, opaque) = text.split_once(':')?;
    let redacted = label.strip_suffix(REDACTED);
    let vendor = Vendor::of_format(redacted.unwrap_or(label))?;
    Some((Signature { vendor, opaque: opaque.to_owned() }, redacted.is_some()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_vendor() -> impl Strategy<Value = Vendor> {
        prop_oneof![Just(Vendor::Anthropic), Just(Vendor::OpenAi)]
    }

    #[test]
    fn googles_own_stands_as_it_came() {
        let (signature, is_redacted) = read("CiQB-_8=".to_owned()).unwrap();
        assert_eq!((signature.vendor, &*signature.opaque), (Vendor::Google, "CiQB-_8="));
        assert_eq!(written(Vendor::Google, &signature.opaque, is_redacted), "CiQB-_8=");
        assert!(read(String::new()).is_none());
    }

    proptest! {
        #[test]
        fn a_foreign_one_comes_back_byte_for_byte_in_either_alphabet(
            vendor in any_vendor(),
            opaque in "\\PC{0,60}",
            is_redacted: bool,
            is_url_safe: bool,
        ) {
            let mut told = written(vendor, &opaque, is_redacted).into_owned();
            if is_url_safe {
                told = told.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
            }
            prop_assert_eq!(read(told), Some((Signature { vendor, opaque }, is_redacted)));
        }

        #[test]
        fn what_a_client_made_up_never_panics(told in "\\PC{0,40}") {
            let _ = read(told);
        }
    }
}
