//! The golden matrix: every case, from every dialect that clients speak to every one that providers
//! speak.
//!
//! A case is one file of fixtures: the same request as each client writes it, or the same answer as
//! each provider gives it, whole and streamed. What a dialect cannot say is `absent`, with the
//! reason. Its golden file has every pair; what is told alike stands there once, below the names of
//! all that lead to it, so what differs is seen.

mod answers;
mod case;
mod long_answers;
mod requests;
mod streamed_alike;
mod told_alike;

use crate::wire::Dialect;

/// What clients speak.
const CLIENTS: [Dialect; 5] = [
    Dialect::OpenAiChat,
    Dialect::OpenAiCompletions,
    Dialect::OpenAiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
];

/// What providers speak.
const PROVIDERS: [Dialect; 8] = [
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::BedrockConverse,
    Dialect::CohereChat,
    Dialect::OllamaChat,
    Dialect::WorkersAi,
];

/// The least number of cases.
const LEAST_CASES: usize = 40;

#[test]
fn every_pair_has_every_case_or_a_reason_why_not() {
    let requests = case::all("requests");
    let answers = case::all("answers");
    assert!(requests.len() + answers.len() >= LEAST_CASES);
    for case in requests {
        let clients = CLIENTS.map(|client| client.as_str().to_owned());
        assert_eq!(case.places(), clients, "{}", case.name);
    }
    for case in answers {
        let missing: Vec<_> = PROVIDERS
            .into_iter()
            .flat_map(|provider| ["whole", "streamed"].map(|form| (provider, form)))
            .filter(|(provider, form)| case.of(*provider, form).is_none())
            .collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", case.name);
    }
}
