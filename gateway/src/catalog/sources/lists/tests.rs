use rstest::rstest;
use shared::Money;

use super::*;
use crate::kernel::config::{Capabilities, Modality};

fn kind(name: &str) -> ProviderKind {
    ProviderKind::try_from(name.to_owned()).unwrap()
}

fn sample(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalog/sources/samples/lists");
    std::fs::read(format!("{folder}/{name}.json")).unwrap()
}

fn listed(name: &str, file: &str) -> ListPage {
    model_list(kind(name), "p", &sample(file)).unwrap().unwrap()
}

fn of(page: &ListPage, model: &str) -> ModelFacts {
    page.reading.snapshot.find(&Place::provider("p"), model).unwrap().clone()
}

fn dollars(text: &str) -> Money {
    text.parse().unwrap()
}

#[rstest]
#[case("openai", "openai", &["ft:gpt-4o-mini-2024-07-18:acme::AbC123", "gpt-4o", "text-embedding-3-small"])]
#[case("groq", "groq", &["qwen/qwen3-32b", "whisper-large-v3-turbo"])]
#[case("deepseek", "deepseek", &["deepseek-chat", "deepseek-reasoner"])]
#[case("vllm", "vllm", &["Qwen/Qwen2.5-1.5B-Instruct"])]
#[case("anthropic", "anthropic", &["claude-haiku-4-5-20251001", "claude-opus-4-6"])]
#[case("gemini", "gemini", &["gemini-3.7-flash", "gemini-embedding-001"])]
#[case("vertex", "vertex", &["gemini-2.5-pro", "meta/llama-3.3-70b-instruct-maas"])]
#[case("mistral", "mistral", &["codestral-2501", "mistral-embed", "mistral-medium-latest"])]
#[case("cohere", "cohere", &["command-a-03-2025", "command-a-vision-07-2025", "embed-v4.0", "rerank-v3.5"])]
#[case("ollama", "ollama", &["llama3.2:latest"])]
#[case("openrouter", "../openrouter", &["anthropic/claude-fable-5", "deepseek/deepseek-v4.1-flash", "nex-agi/nex-n2-pro:free", "openrouter/fusion", "qwen/qwen3.7-plus", "z-ai/glm-5.2"])]
#[case("together", "together", &["BAAI/bge-large-en-v1.5", "black-forest-labs/FLUX.1-schnell", "meta-llama/Llama-3.3-70B-Instruct-Turbo"])]
#[case("deepinfra", "deepinfra", &["BAAI/bge-m3", "meta-llama/Meta-Llama-3.1-8B-Instruct"])]
#[case("azure", "azure", &["gpt-4o-2024-08-06", "text-embedding-3-large"])]
#[case("bedrock", "bedrock", &["amazon.nova-sonic-v1:0", "amazon.titan-embed-text-v2:0", "anthropic.claude-sonnet-4-5-20250929-v1:0"])]
#[case("workers-ai", "workers_ai", &["@cf/baai/bge-m3", "@cf/black-forest-labs/flux-1-schnell", "@cf/openai/whisper", "@cf/zai-org/glm-5.3"])]
#[case("github-copilot", "github_copilot", &["gpt-4.1", "text-embedding-3-small"])]
#[case("replicate", "replicate", &["black-forest-labs/flux-schnell", "meta/meta-llama-3-8b-instruct"])]
fn every_vendors_list_names_its_models(
    #[case] name: &str,
    #[case] file: &str,
    #[case] models: &[&str],
) {
    let page = listed(name, file);
    let place = Place::provider("p");
    let names: Vec<&str> = page.reading.snapshot.at(&place).map(|(name, _)| name).collect();
    assert_eq!(names, models);
}

#[rstest]
#[case("anthropic", Some(("after_id", "claude-3-opus-20240229")))]
#[case("gemini", Some(("pageToken", "CiZtb2RlbHMv")))]
#[case("vertex", Some(("pageToken", "abc")))]
#[case("cohere", Some(("page_token", "eyJvZmZzZXQiOjR9")))]
#[case("workers_ai", Some(("page", "2")))]
#[case("replicate", Some(("cursor", "cD0yMDIzLTA5")))]
#[case("openai", None)]
fn a_list_in_pages_says_how_the_next_is_asked_for(
    #[case] file: &str,
    #[case] next: Option<(&str, &str)>,
) {
    let page = listed(&file.replace('_', "-"), file);
    let told = page.next.as_ref().map(|next| (next.parameter, next.value.as_str()));
    assert_eq!(told, next);
}

#[test]
fn limits_are_taken_from_wherever_a_vendor_tells_them() {
    let context = |name: &str, file: &str, model: &str| {
        let known = of(&listed(name, file), model).capabilities;
        (known.context_tokens, known.max_output_tokens)
    };
    assert_eq!(context("groq", "groq", "qwen/qwen3-32b"), (Some(131_072), Some(40_960)));
    assert_eq!(context("vllm", "vllm", "Qwen/Qwen2.5-1.5B-Instruct"), (Some(32_768), None));
    assert_eq!(
        context("anthropic", "anthropic", "claude-opus-4-6"),
        (Some(1_000_000), Some(128_000))
    );
    assert_eq!(
        context("gemini", "gemini", "gemini-3.7-flash"),
        (Some(1_048_576 + 65_536), Some(65_536))
    );
    assert_eq!(context("gemini", "gemini", "gemini-embedding-001"), (Some(2_048), None));
    assert_eq!(context("mistral", "mistral", "codestral-2501"), (Some(256_000), None));
    assert_eq!(context("github-copilot", "github_copilot", "gpt-4.1").0, Some(128_000));
    assert_eq!(context("workers-ai", "workers_ai", "@cf/zai-org/glm-5.3").0, Some(1_310_720));
}

#[test]
fn abilities_are_taken_where_a_vendor_tells_them() {
    let known = |name: &str, file: &str, model: &str| of(&listed(name, file), model).capabilities;
    let opus = known("anthropic", "anthropic", "claude-opus-4-6");
    let all = vec![Modality::Text, Modality::Image, Modality::Document];
    assert_eq!((opus.inputs, opus.schema, opus.reasoning), (Some(all), Some(true), Some(true)));
    let haiku = known("anthropic", "anthropic", "claude-haiku-4-5-20251001");
    assert_eq!(haiku, Capabilities::default(), "an older answer tells nothing");
    let code = known("mistral", "mistral", "codestral-2501");
    assert_eq!((code.inputs, code.tools), (Some(vec![Modality::Text]), Some(true)));
    assert_eq!(known("mistral", "mistral", "mistral-embed").tools, None);
    let command = known("cohere", "cohere", "command-a-03-2025");
    assert_eq!((command.tools, command.schema), (Some(true), Some(true)));
    let embed = Some(vec![Modality::Embedding]);
    assert_eq!(known("cohere", "cohere", "embed-v4.0").outputs, embed);
    assert_eq!(known("azure", "azure", "text-embedding-3-large").outputs, embed);
    let titan = known("bedrock", "bedrock", "amazon.titan-embed-text-v2:0");
    assert_eq!(titan.outputs, embed);
    assert_eq!(known("github-copilot", "github_copilot", "text-embedding-3-small").outputs, embed);
    let copilot = known("github-copilot", "github_copilot", "gpt-4.1");
    assert_eq!((copilot.tools, copilot.schema), (Some(true), Some(true)));
}

#[test]
fn prices_are_taken_where_a_vendor_tells_them_in_a_known_unit() {
    let price = |name: &str, file: &str, model: &str| of(&listed(name, file), model).price;
    let llama = price("together", "together", "meta-llama/Llama-3.3-70B-Instruct-Turbo").unwrap();
    assert_eq!((llama.input, llama.output), (dollars("0.88"), dollars("0.88")));
    assert_eq!(price("together", "together", "black-forest-labs/FLUX.1-schnell"), None);
    let small = price("deepinfra", "deepinfra", "meta-llama/Meta-Llama-3.1-8B-Instruct").unwrap();
    assert_eq!((small.input, small.output), (dollars("0.03"), dollars("0.05")));
    let glm = price("workers-ai", "workers_ai", "@cf/zai-org/glm-5.3").unwrap();
    assert_eq!((glm.input, glm.cached_input), (dollars("1.4"), Some(dollars("0.26"))));
    let whisper = price("workers-ai", "workers_ai", "@cf/openai/whisper").unwrap();
    assert_eq!(whisper.audio_hour, dollars("0.02724"));
    let tiles = listed("workers-ai", "workers_ai");
    assert_eq!(of(&tiles, "@cf/black-forest-labs/flux-1-schnell").price, None);
    assert_eq!(tiles.reading.remarks.count(), 1, "a unit that is not known is told");
    let fable = price("openrouter", "../openrouter", "anthropic/claude-fable-5").unwrap();
    assert_eq!(fable.output, dollars("50"));
}

#[test]
fn a_page_without_models_is_a_page_and_what_is_no_list_is_none() {
    let page = |body: &[u8]| model_list(kind("openai"), "p", body).unwrap();
    assert!(page(br#"{"data": []}"#).unwrap().reading.snapshot.is_empty());
    assert!(page(br#"{"error": {"message": "no"}}"#).is_err());
    assert!(page(br#"{"data": {"id": "m"}}"#).is_err());
    assert!(page(b"<html>").is_err());
    assert!(model_list(kind("demo"), "p", b"{}").is_none());
}

#[test]
fn where_the_next_page_is_asked_for_no_list_decides() {
    let body = br#"{"results": [], "next": "http://169.254.169.254/latest?cursor=abc"}"#;
    let page = model_list(kind("replicate"), "p", body).unwrap().unwrap();
    assert_eq!(page.next, Some(NextPage { parameter: "cursor", value: "abc".to_owned() }));
}
