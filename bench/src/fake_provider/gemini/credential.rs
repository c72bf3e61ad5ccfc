//! Who may call the Gemini API: whoever has an API key, in a header or in the query.

use crate::fake_provider::{credential, fault::Fault, vendor_call::VendorCall};

/// Refuses a call without a key, or with another than `expected`.
pub(in crate::fake_provider) fn check(
    call: &VendorCall<'_>,
    expected: Option<&str>,
) -> Result<(), Fault> {
    let in_query = call.query_value("key");
    let given = call.header("x-goog-api-key").or(in_query.as_deref());
    credential::check(given, expected)
}
