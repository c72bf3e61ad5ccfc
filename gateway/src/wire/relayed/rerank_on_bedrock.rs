//! Reranking on Amazon Bedrock: Cohere's request, but for the model, which is in the address, and with
//! the version that Cohere's own addresses have.
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-rerank.html>

use bytes::Bytes;

use crate::wire::{WireError, members::edited};

const VERSION: &str = "2";

/// The body of `InvokeModel` for a request that Cohere would take; other members stay as they are.
///
/// # Errors
/// [`WireError::Invalid`] where it is no JSON object.
pub fn rerank_on_bedrock(body: &[u8]) -> Result<Bytes, WireError> {
    let invalid = |detail: String| WireError::invalid(None, detail);
    let text = std::str::from_utf8(body).map_err(|error| invalid(error.to_string()))?;
    let edits = [("model", None), ("api_version", Some(VERSION))];
    let edited = edited(text, &edits).map_err(|error| invalid(error.to_string()))?;
    Ok(Bytes::from(edited))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_goes_and_the_version_comes() {
        let body = br#"{"model":"m","query":"q","documents":["a", "b"],"top_n":1.0}"#;
        let sent = rerank_on_bedrock(body).unwrap();
        assert_eq!(sent, r#"{"query":"q","documents":["a", "b"],"top_n":1.0,"api_version":2}"#);
        assert!(rerank_on_bedrock(b"[]").is_err());
    }
}
