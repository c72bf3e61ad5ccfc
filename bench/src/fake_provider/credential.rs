//! Who may call: anyone with a credential, or only the holder of one key.

use http::{HeaderMap, header::AUTHORIZATION};

use super::{
    Provider, azure, gemini,
    vendor::{Fault, Vendor},
    vendor_call::VendorCall,
    vertex,
};

const SHOWN_CHARACTERS: usize = 4;

/// Refuses a request that its vendor does not let in.
pub(super) fn admit(
    provider: &Provider,
    vendor: Vendor,
    call: &VendorCall<'_>,
) -> Result<(), Fault> {
    let key = provider.key.as_deref();
    match vendor {
        Vendor::OpenAi | Vendor::Anthropic => check(vendor, call.headers, key),
        Vendor::Gemini => gemini::credential::check(call, key),
        Vendor::Vertex | Vendor::VertexAnthropic | Vendor::VertexOpenAi => {
            vertex::credential::check(call, &provider.identity)
        }
        Vendor::Azure => azure::credential::check(call, key, &provider.identity),
        // A token is what one comes for.
        Vendor::GoogleIdentity | Vendor::GoogleMetadata | Vendor::Entra | Vendor::AzureMetadata => {
            Ok(())
        }
    }
}

/// Refuses a request without a credential, or with another than `expected`.
fn check(vendor: Vendor, headers: &HeaderMap, expected: Option<&str>) -> Result<(), Fault> {
    let given = bearer(headers).or_else(|| match vendor {
        Vendor::Anthropic => text(headers, "x-api-key"),
        _ => None,
    });
    match (given, expected) {
        (None | Some(""), _) => Err(Fault::MissingCredential),
        (Some(given), Some(expected)) if given != expected => {
            Err(Fault::WrongCredential { masked: masked(given) })
        }
        (Some(_), _) => Ok(()),
    }
}

/// What the `Authorization` header bears.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, credential) = text(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The credential as vendors repeat it in their errors: a few characters at both ends.
fn masked(credential: &str) -> String {
    if !credential.is_ascii() || credential.len() <= 2 * SHOWN_CHARACTERS {
        return "*".repeat(credential.len());
    }
    let (start, rest) = credential.split_at(SHOWN_CHARACTERS);
    let (hidden, end) = rest.split_at(rest.len() - SHOWN_CHARACTERS);
    format!("{start}{}{end}", "*".repeat(hidden.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn any_credential_will_do_unless_one_is_expected() {
        let headers = headers("authorization", "Bearer sk-any");
        assert_eq!(check(Vendor::OpenAi, &headers, None), Ok(()));
        assert_eq!(check(Vendor::OpenAi, &headers, Some("sk-any")), Ok(()));
        assert_eq!(check(Vendor::Anthropic, &headers, None), Ok(()));
    }

    #[test]
    fn the_key_header_is_anthropics_alone() {
        let headers = headers("x-api-key", "sk-ant");
        assert_eq!(check(Vendor::Anthropic, &headers, Some("sk-ant")), Ok(()));
        assert_eq!(check(Vendor::OpenAi, &headers, None), Err(Fault::MissingCredential));
    }

    #[test]
    fn a_wrong_credential_is_repeated_with_its_middle_hidden() {
        let headers = headers("authorization", "bearer sk-wrong-key-9876");
        assert_eq!(
            check(Vendor::OpenAi, &headers, Some("sk-right")),
            Err(Fault::WrongCredential { masked: "sk-w*********9876".to_owned() })
        );
    }
}
