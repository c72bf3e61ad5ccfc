//! A prediction of a language model, into the internal representation.

use serde::Deserialize;

use crate::wire::{
    WireError,
    translate::{
        ir::{AssistantPart, Response, Stop, Usage},
        nonsense,
    },
    usage::replicate_report,
};

#[derive(Deserialize)]
struct Prediction {
    output: Option<Output>,
    error: Option<serde_json::Value>,
}

/// Some models write a list of pieces, others a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Pieces(Vec<String>),
    Text(String),
}

/// Reads a prediction that has ended.
///
/// # Errors
///
/// `Nonsense` where it is none, or none of a language model.
pub(in crate::wire::translate) fn read_response(body: &[u8]) -> Result<Response, WireError> {
    let Prediction { output, error } = serde_json::from_slice(body)
        .map_err(|error| nonsense(format!("it is no prediction of a text ({error})")))?;
    let text = match (output, error) {
        (Some(Output::Pieces(pieces)), _) => pieces.concat(),
        (Some(Output::Text(text)), _) => text,
        (None, Some(error)) => return Err(nonsense(format!("it is an error: {error}"))),
        (None, None) => return Err(nonsense("it has no output")),
    };
    let text = Some(text).filter(|text| !text.is_empty());
    Ok(Response {
        parts: text.into_iter().map(AssistantPart::Text).collect(),
        likelihoods: Vec::new(),
        stop: Stop::EndOfTurn,
        stop_sequence: None,
        usage: std::str::from_utf8(body).map(read_usage).unwrap_or_default(),
    })
}

pub(super) fn read_usage(prediction: &str) -> Usage {
    replicate_report(prediction).map(|report| report.tokens.into()).unwrap_or_default()
}
