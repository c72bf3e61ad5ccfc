//! A Messages request of Anthropic's, as Amazon Bedrock takes it for one of its models: what is in
//! the address and in headers elsewhere is in the body here, and the other way round.
//!
//! The source is the client for Bedrock in Anthropic's official SDK (`anthropic.lib.bedrock`).

use bytes::{Bytes, BytesMut};
use serde_json::Value;

use super::fields::{FieldRules, member_names};

/// The one version of the format.
const ANTHROPIC_VERSION: &str = "bedrock-2023-05-31";

/// Takes the model and the streaming out, which the address says, and puts the version and the
/// betas in, unless the caller wrote them there. Every other byte stays.
#[must_use]
pub fn for_bedrock(body: &Bytes, betas: &[&str]) -> Bytes {
    let rules = FieldRules { needless: vec!["model", "stream"], ..FieldRules::default() };
    // Nothing is refused by these rules.
    let Ok(fitted) = rules.fit(body, "", true) else { return body.clone() };
    let body = fitted.body;
    let names = member_names(&body);
    let mut added = Vec::new();
    if !names.iter().any(|name| name == "anthropic_version") {
        added.push(format!("\"anthropic_version\":\"{ANTHROPIC_VERSION}\""));
    }
    if !betas.is_empty() && !names.iter().any(|name| name == "anthropic_beta") {
        added.push(format!("\"anthropic_beta\":{}", Value::from(betas)));
    }
    with_members(&body, &added, names.is_empty())
}

/// The members stand right behind the opening brace.
fn with_members(body: &Bytes, added: &[String], is_empty: bool) -> Bytes {
    let Some(brace) = body.iter().position(|byte| *byte == b'{') else { return body.clone() };
    if added.is_empty() {
        return body.clone();
    }
    let mut members = added.join(",");
    if !is_empty {
        members.push(',');
    }
    let mut out = BytesMut::with_capacity(body.len() + members.len());
    out.extend_from_slice(&body[..=brace]);
    out.extend_from_slice(members.as_bytes());
    out.extend_from_slice(&body[brace + 1..]);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn told(body: &str, betas: &[&str]) -> String {
        let told = for_bedrock(&Bytes::copy_from_slice(body.as_bytes()), betas);
        String::from_utf8(told.to_vec()).unwrap()
    }

    #[rstest]
    #[case(
        r#"{"model":"claude","max_tokens":9, "messages":[ ] ,"stream":true}"#,
        &[],
        r#"{"anthropic_version":"bedrock-2023-05-31","max_tokens":9, "messages":[ ]}"#
    )]
    #[case(
        r#" {"max_tokens":9,"model":"claude","messages":[]}"#,
        &["a-1", "b\"2"],
        r#" {"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["a-1","b\"2"],"max_tokens":9,"messages":[]}"#
    )]
    #[case(
        r#"{"anthropic_version":"v","anthropic_beta":["own"],"messages":[]}"#,
        &["a-1"],
        r#"{"anthropic_version":"v","anthropic_beta":["own"],"messages":[]}"#
    )]
    #[case(r#"{"model":"claude"}"#, &[], r#"{"anthropic_version":"bedrock-2023-05-31"}"#)]
    #[case(
        r#"{"messages":[{"model":"stays","stream":true}],"metadata":{"model":"x"}}"#,
        &[],
        r#"{"anthropic_version":"bedrock-2023-05-31","messages":[{"model":"stays","stream":true}],"metadata":{"model":"x"}}"#
    )]
    fn what_the_address_says_goes_and_the_rest_stays(
        #[case] body: &str,
        #[case] betas: &[&str],
        #[case] expected: &str,
    ) {
        assert_eq!(told(body, betas), expected);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = for_bedrock(&bytes.into(), &["a"]);
        }

        #[test]
        fn the_messages_stay_as_they_are(text in "\\PC{0,30}", spaces in "[ \n]{0,3}") {
            let text = Value::from(text).to_string();
            let messages = format!("\"messages\":{spaces}[{text}]");
            let body = format!("{{{spaces}\"model\":\"m\",{messages}{spaces}}}");
            let told = told(&body, &["b"]);
            prop_assert!(told.contains(&messages));
            prop_assert!(serde_json::from_str::<Value>(&told).is_ok(), "{}", told);
        }
    }
}
