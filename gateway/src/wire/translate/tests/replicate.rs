//! Clients of OpenAI's and Anthropic's, on models at Replicate.

use rstest::rstest;
use serde_json::{Value, json};

use super::{context, target};
use crate::wire::{
    Dialect::{self, AnthropicMessages, OpenAiChat, Relayed, Replicate, ReplicatePictures},
    LimitField, RelayedApi, StreamTranslator, WireError,
    translate::{Target, translate_pictures, translate_request, translate_response},
};

const PICTURES: Dialect = Relayed(RelayedApi::ImageGenerations);

fn told(from: Dialect, to: Dialect, body: &Value) -> Result<Value, WireError> {
    let target = Target { limit_field: LimitField::MaxTokens, ..target(to) };
    let told = translate_request(from, body.to_string().as_bytes(), &target)?;
    Ok(serde_json::from_slice(&told.body).unwrap())
}

#[test]
fn one_turn_is_the_prompt_as_it_is() {
    let body = json!({
        "model": "m", "max_completion_tokens": 64, "temperature": 0.5, "top_p": 0.9, "seed": 7,
        "stop": ["END", "STOP"], "presence_penalty": 0.1, "stream": true,
        "messages": [
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": "Hello" },
        ],
    });
    assert_eq!(
        told(OpenAiChat, Replicate, &body).unwrap(),
        json!({
            "input": {
                "prompt": "Hello", "system_prompt": "Be brief.", "max_tokens": 64,
                "temperature": 0.5, "top_p": 0.9, "stop_sequences": "END,STOP", "seed": 7,
                "presence_penalty": 0.1,
            },
            "stream": true,
        })
    );
}

#[test]
fn several_turns_are_one_text_that_says_who_speaks() {
    let body = json!({
        "model": "m", "max_tokens": 64,
        "messages": [
            { "role": "user", "content": "Hello" },
            { "role": "assistant", "content": [{ "type": "text", "text": "Hi." }] },
            { "role": "user", "content": "Again" },
        ],
    });
    let told = told(AnthropicMessages, Replicate, &body).unwrap();
    let prompt = "User: Hello\n\nAssistant: Hi.\n\nUser: Again\n\nAssistant:";
    assert_eq!(told, json!({ "input": { "prompt": prompt, "max_tokens": 64 } }));
}

#[rstest]
#[case("tools", json!({ "tools": [{ "type": "function", "function": { "name": "f" } }] }))]
#[case("response_format", json!({ "response_format": { "type": "json_object" } }))]
#[case("stop", json!({ "stop": ["a,b"] }))]
#[case("messages", json!({ "messages": [{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "https://a" } }] }] }))]
fn what_a_model_cannot_be_told_is_refused_by_its_name(#[case] field: &str, #[case] more: Value) {
    let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hello" }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let error = told(OpenAiChat, Replicate, &body).unwrap_err();
    assert!(matches!(error, WireError::Unsupported { .. }), "{error:?}");
    assert_eq!(error.pointer(), Some(field));
}

#[rstest]
#[case(json!(["Hel", "lo"]))]
#[case(json!("Hello"))]
fn a_prediction_is_an_answer(#[case] output: Value) {
    let metrics = json!({ "input_token_count": 14, "output_token_count": 2 });
    let body = json!({ "id": "p", "status": "succeeded", "output": output, "metrics": metrics });
    let body = body.to_string();
    let told = translate_response(Replicate, OpenAiChat, body.as_bytes(), &context()).unwrap();
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["choices"][0]["message"]["content"], "Hello");
    assert_eq!(told["usage"]["total_tokens"], 16);
    let nothing = br#"{"id":"p","output":null,"error":"out of memory"}"#;
    let error = translate_response(Replicate, OpenAiChat, nothing, &context()).unwrap_err();
    assert!(matches!(&error, WireError::Nonsense(what) if what.contains("out of memory")));
}

const STREAM: &str = "event: output\nid: 1\ndata: Hé\n\nevent: logs\nid: 2\ndata: x\n\n\
    event: output\nid: 3\ndata: \ndata: \"you\"\n\nevent: done\nid: 4\ndata: {}\n\n";
const PREDICTION: &str = "event: prediction\n\
    data: {\"metrics\":{\"input_token_count\":9,\"output_token_count\":3}}\n\n";

fn streamed(to: Dialect, chunks: &[&[u8]]) -> Result<String, WireError> {
    let mut translator = StreamTranslator::new(Replicate, to, context(), true);
    let mut out = Vec::new();
    for chunk in chunks {
        translator.push(chunk, &mut out)?;
    }
    translator.finish(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_stream_is_told_the_same_wherever_it_is_cut() {
    let stream = format!("{STREAM}{PREDICTION}");
    let bytes = stream.as_bytes();
    for to in [OpenAiChat, AnthropicMessages] {
        let whole = streamed(to, &[bytes]).unwrap();
        assert!(whole.contains("Hé") && whole.contains("\\n\\\"you\\\""), "{whole}");
        for at in 1..bytes.len() {
            assert_eq!(streamed(to, &[&bytes[..at], &bytes[at..]]).unwrap(), whole, "cut at {at}");
        }
    }
    let told = streamed(OpenAiChat, &[bytes]).unwrap();
    assert!(told.contains(r#""total_tokens":12"#) && told.ends_with("data: [DONE]\n\n"), "{told}");
}

#[test]
fn a_stream_ends_well_without_its_prediction_and_badly_without_its_end() {
    assert!(streamed(OpenAiChat, &[STREAM.as_bytes()]).unwrap().ends_with("data: [DONE]\n\n"));
    let cut = STREAM.split("event: done").next().unwrap();
    assert!(matches!(streamed(OpenAiChat, &[cut.as_bytes()]), Err(WireError::Nonsense(_))));
    let failed = "event: error\nid: 1\ndata: out of memory\n\n";
    assert!(streamed(OpenAiChat, &[failed.as_bytes()]).unwrap().contains("out of memory"));
    let canceled = "event: done\nid: 1\ndata: {\"reason\":\"canceled\"}\n\n";
    assert!(streamed(OpenAiChat, &[canceled.as_bytes()]).unwrap().contains("canceled"));
}

#[test]
fn pictures_are_asked_for_in_the_words_of_most_models() {
    let body = json!({
        "model": "m", "prompt": "a fox", "n": 2, "size": "1536x1024", "output_format": "jpeg",
        "response_format": "url", "quality": "auto", "user": "u", "guidance": 3.5,
    });
    assert_eq!(
        told(PICTURES, ReplicatePictures, &body).unwrap(),
        json!({ "input": {
            "prompt": "a fox", "num_outputs": 2, "width": 1_536, "height": 1_024,
            "aspect_ratio": "3:2", "output_format": "jpg", "guidance": 3.5,
        } })
    );
    let one = json!({ "model": "m", "prompt": "a fox", "n": 1, "size": "auto" });
    let told = told(PICTURES, ReplicatePictures, &one).unwrap();
    assert_eq!(told, json!({ "input": { "prompt": "a fox" } }));
}

#[rstest]
#[case("response_format", json!({ "response_format": "b64_json" }))]
#[case("quality", json!({ "quality": "high" }))]
#[case("stream", json!({ "stream": true }))]
#[case("size", json!({ "size": "large" }))]
fn what_cannot_be_said_of_a_picture_is_refused_by_its_name(
    #[case] field: &str,
    #[case] more: Value,
) {
    let mut body = json!({ "model": "m", "prompt": "a fox" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    assert_eq!(told(PICTURES, ReplicatePictures, &body).unwrap_err().pointer(), Some(field));
}

#[test]
fn pictures_are_told_by_their_addresses() {
    let body = br#"{"output":["https://a/1.webp","https://a/2.webp"]}"#;
    let told = String::from_utf8(translate_pictures(body, &context()).unwrap()).unwrap();
    let data = r#"[{"url":"https://a/1.webp"},{"url":"https://a/2.webp"}]"#;
    assert_eq!(told, format!(r#"{{"created":1700000000,"data":{data}}}"#));
    assert!(translate_pictures(br#"{"output":{"text":"x"}}"#, &context()).is_err());
}
