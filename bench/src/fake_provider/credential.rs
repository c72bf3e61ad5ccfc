//! Who may call: anyone with a credential, or only the holder of one key.

use http::{HeaderMap, header::AUTHORIZATION};

use super::vendor::{Fault, Vendor};

const SHOWN_CHARACTERS: usize = 4;

/// Refuses a request without a credential, or with another than `expected`.
pub(super) fn check(
    vendor: Vendor,
    headers: &HeaderMap,
    expected: Option<&str>,
) -> Result<(), Fault> {
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

fn bearer(headers: &HeaderMap) -> Option<&str> {
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
