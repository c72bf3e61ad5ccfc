//! Who may call: anyone with a credential, or only the holder of one key.

use http::{HeaderMap, header::AUTHORIZATION};

use super::{
    Provider, azure, bedrock, copilot, fault::Fault, gemini, replicate, vendor::Vendor,
    vendor_call::VendorCall, vertex,
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
        // Who knows its address may read a stream.
        Vendor::Replicate if replicate::is_stream(call.uri.path()) => Ok(()),
        Vendor::OpenAi
        | Vendor::OpenAiResponses
        | Vendor::Cohere
        | Vendor::WorkersAi
        | Vendor::Replicate => check(bearer(call.headers), key),
        Vendor::AzureAnthropic => {
            azure::credential::check_of_anthropic(call, key, &provider.identity)
        }
        Vendor::Copilot => copilot::check(call, &provider.identity),
        Vendor::Anthropic => check(bearer(call.headers).or_else(|| call.header("x-api-key")), key),
        Vendor::Gemini => gemini::credential::check(call, key),
        Vendor::Vertex | Vendor::VertexAnthropic | Vendor::VertexOpenAi => {
            vertex::credential::check(call, &provider.identity)
        }
        Vendor::Azure => azure::credential::check(call, key, &provider.identity),
        Vendor::Bedrock => bedrock::credential::check(call, key, provider.aws_key.as_ref()),
        Vendor::SageMaker => {
            bedrock::credential::check_of_sagemaker(call, provider.aws_key.as_ref())
        }
        // Ollama asks for none; elsewhere, a token is what one comes for.
        Vendor::Ollama
        | Vendor::GitHub
        | Vendor::GoogleIdentity
        | Vendor::GoogleMetadata
        | Vendor::Entra
        | Vendor::AzureMetadata => Ok(()),
    }
}

/// Refuses a credential that was not given, or is another than `expected`.
pub(super) fn check(given: Option<&str>, expected: Option<&str>) -> Result<(), Fault> {
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
    let (scheme, credential) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
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
    use http::Request;

    use super::*;
    use crate::fake_provider::Options;

    fn borne_by(authorization: &'static str) -> Option<String> {
        let pair = (AUTHORIZATION, authorization.parse().unwrap());
        bearer(&HeaderMap::from_iter([pair])).map(str::to_owned)
    }

    #[test]
    fn any_credential_will_do_unless_one_is_expected() {
        assert_eq!(check(Some("sk-any"), None), Ok(()));
        assert_eq!(check(Some("sk-any"), Some("sk-any")), Ok(()));
        assert_eq!(check(None, None), Err(Fault::MissingCredential));
        assert_eq!(check(Some(""), None), Err(Fault::MissingCredential));
    }

    #[test]
    fn the_key_header_is_anthropics_alone() {
        let provider = Provider::new(Options::default()).unwrap();
        let request = Request::builder().header("x-api-key", "sk-ant").body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let call = VendorCall::of(&parts, b"", 1);
        assert_eq!(admit(&provider, Vendor::Anthropic, &call), Ok(()));
        assert_eq!(admit(&provider, Vendor::OpenAi, &call), Err(Fault::MissingCredential));
    }

    #[test]
    fn a_bearer_is_known_however_the_word_is_written() {
        assert_eq!(borne_by("Bearer sk-any").as_deref(), Some("sk-any"));
        assert_eq!(borne_by("bearer  sk-any ").as_deref(), Some("sk-any"));
        assert_eq!(borne_by("Basic sk-any"), None);
    }

    #[test]
    fn a_wrong_credential_is_repeated_with_its_middle_hidden() {
        assert_eq!(
            check(Some("sk-wrong-key-9876"), Some("sk-right")),
            Err(Fault::WrongCredential { masked: "sk-w*********9876".to_owned() })
        );
    }
}
