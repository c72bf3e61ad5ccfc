//! Who may call the Gemini API: whoever has an API key, in a header or in the query.

use crate::fake_provider::{vendor::Fault, vendor_call::VendorCall};

/// Refuses a call without a key, or with another than `expected`.
pub(in crate::fake_provider) fn check(
    call: &VendorCall<'_>,
    expected: Option<&str>,
) -> Result<(), Fault> {
    let in_header = call.header("x-goog-api-key").map(str::to_owned);
    let given = in_header.or_else(|| call.query_value("key")).unwrap_or_default();
    match expected {
        _ if given.is_empty() => Err(Fault::MissingCredential),
        Some(expected) if given != expected => {
            Err(Fault::WrongCredential { masked: "*".repeat(given.len()) })
        }
        _ => Ok(()),
    }
}
