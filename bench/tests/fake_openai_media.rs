//! What OpenAI has beside chats, from the fake provider over real connections: what is on the wire
//! beyond what an SDK shows, and what is billed for it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use bench::fake_provider::{BillLine, FakeProvider, spawn};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(10);
const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data; boundary=line";
const SECOND_OF_SOUND: usize = 8_000;

struct Caller {
    provider: FakeProvider,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// An answer that came whole.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Answer {
    fn kind(&self) -> &str {
        self.headers["content-type"].to_str().unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    /// The JSON of each `data:` line.
    fn events(&self) -> Vec<Value> {
        let data = self.text().lines().filter_map(|line| line.strip_prefix("data: "));
        let json = data.filter(|data| *data != "[DONE]");
        json.map(|data| serde_json::from_str(data).unwrap()).collect()
    }
}

impl Caller {
    async fn new() -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { provider: spawn().await.unwrap(), client }
    }

    async fn send(&self, path: &str, kind: &str, body: Vec<u8>) -> Response<Incoming> {
        let request = Request::post(format!("{}{path}", self.provider.url()))
            .header("authorization", "Bearer sk-test")
            .header("content-type", kind)
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        self.client.request(request).await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send(path, JSON, body.to_string().into_bytes()).await).await
    }

    async fn post_form(&self, path: &str, fields: &[(&str, &str)], file: Option<&[u8]>) -> Answer {
        read(self.send(path, FORM, form(fields, file)).await).await
    }

    fn billed(&self) -> BillLine {
        self.provider.calls().billed_to("")
    }

    /// The bill, once a broken connection was noticed.
    async fn bill_when(&self, is_ready: impl Fn(&BillLine) -> bool) -> BillLine {
        timeout(SOON, async {
            loop {
                let line = self.billed();
                if is_ready(&line) {
                    return line;
                }
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the bill never came to that")
    }
}

async fn read(response: Response<Incoming>) -> Answer {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: parts.status, headers: parts.headers, bytes }
}

/// A form with a file in `file` and in `image`.
fn form(fields: &[(&str, &str)], file: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let head = format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    for name in ["file", "image"].iter().filter(|_| file.is_some()) {
        let head = format!(
            "--line\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.bin\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file.unwrap_or_default());
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--line--\r\n");
    body
}

/// A WAV file of 8 kHz, one byte a sample.
fn wave(seconds: f64) -> Vec<u8> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "short sounds")]
    let samples = (seconds * 8_000.0) as usize;
    assert!(samples <= 100 * SECOND_OF_SOUND);
    let mut wave = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    wave.extend_from_slice(&8_000_u32.to_le_bytes());
    wave.extend_from_slice(&8_000_u32.to_le_bytes());
    wave.extend_from_slice(b"\x01\0\x08\0data\0\0\0\0");
    wave.resize(wave.len() + samples, 0x80);
    wave
}

#[tokio::test]
async fn a_completion_has_a_choice_for_each_prompt_and_n() {
    let caller = Caller::new().await;
    let model = "fake@input_tokens=10,output_tokens=4,answer_bytes=8";
    let body = json!({ "model": model, "prompt": ["a", "b"], "n": 2 });
    let answer = caller.post("/v1/completions", &body).await.json();
    assert_eq!(answer["object"], "text_completion");
    let indexes: Vec<_> =
        answer["choices"].as_array().unwrap().iter().map(|one| &one["index"]).collect();
    assert_eq!(indexes, [0, 1, 2, 3]);
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!(answer["usage"]["completion_tokens"], 16);
    assert_eq!((caller.billed().input, caller.billed().output), (10, 16));
}

#[tokio::test]
async fn a_completion_ends_after_sixteen_tokens_if_nothing_is_said() {
    let caller = Caller::new().await;
    let body = json!({ "model": "fake@output_tokens=50", "prompt": [1, 2, 3] });
    let answer = caller.post("/v1/completions", &body).await.json();
    assert_eq!(answer["choices"][0]["finish_reason"], "length");
    assert_eq!(answer["usage"]["completion_tokens"], 16);
    let logprobs = json!({ "model": "fake", "prompt": "a", "logprobs": 2 });
    assert_eq!(caller.post("/v1/completions", &logprobs).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_streamed_completion_tells_its_usage_in_a_chunk_without_choices() {
    let caller = Caller::new().await;
    let body = json!({ "model": "fake@chunks=3,output_tokens=9", "prompt": "a", "n": 2,
        "stream": true, "stream_options": { "include_usage": true } });
    let answer = caller.post("/v1/completions", &body).await;
    assert!(answer.text().ends_with("data: [DONE]\n\n"));
    let events = answer.events();
    assert_eq!(events.len(), 2 * (3 + 1) + 1);
    assert_eq!(events[0]["usage"], Value::Null);
    assert_eq!(events[8]["choices"], json!([]));
    assert_eq!(events[8]["usage"]["completion_tokens"], 18);
    assert_eq!(events[7]["choices"][0]["index"], 1);
}

#[tokio::test]
async fn a_moderation_costs_nothing_and_says_what_was_looked_at() {
    let caller = Caller::new().await;
    let texts =
        caller.post("/v1/moderations", &json!({ "input": ["hi", "violence"] })).await.json();
    assert_eq!(texts["model"], "omni-moderation-latest");
    assert_eq!(
        (&texts["results"][0]["flagged"], &texts["results"][1]["flagged"]),
        (&json!(false), &json!(true))
    );
    let picture = json!([{ "type": "text", "text": "hi" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA" } }]);
    let both = caller.post("/v1/moderations", &json!({ "input": picture })).await.json();
    let applied = &both["results"][0]["category_applied_input_types"];
    assert_eq!(applied["violence"], json!(["text", "image"]));
    assert_eq!(applied["hate"], json!(["text"]));
    let wrong = caller.post("/v1/moderations", &json!({ "input": [{ "type": "sound" }] })).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let billed = caller.billed();
    assert_eq!((billed.count, billed.input, billed.output), (2, 0, 0));
}

#[tokio::test]
async fn reranking_is_billed_by_tokens_or_by_searches() {
    let caller = Caller::new().await;
    let body = |model: &str, count: usize| {
        let mut documents = vec!["a river"; count];
        documents.push("a red fox");
        json!({ "model": model, "query": "red fox", "documents": documents, "top_n": 1 })
    };
    let jina = caller.post("/v1/rerank", &body("jina-reranker@input_tokens=815", 3)).await.json();
    assert_eq!(
        (&jina["results"][0]["index"], &jina["usage"]["total_tokens"]),
        (&json!(3), &json!(815))
    );
    assert_eq!(jina["results"][0]["document"]["text"], "a red fox");
    let cohere = caller.post("/v1/rerank", &body("rerank-v3.5", 100)).await.json();
    assert_eq!(cohere["results"].as_array().unwrap().len(), 1);
    assert_eq!(cohere["meta"]["billed_units"]["search_units"], 2);
    assert_eq!((caller.billed().input, caller.billed().searches), (815, 2));
}

#[tokio::test]
async fn dall_e_counts_pictures_and_tells_no_usage() {
    let caller = Caller::new().await;
    let body = |model: &str| json!({ "model": model, "prompt": "a fox", "n": 2 });
    let answer = caller.post("/v1/images/generations", &body("dall-e-2")).await.json();
    assert!(answer["data"][1]["url"].as_str().unwrap().starts_with("https://"));
    assert_eq!(answer.get("usage"), None);
    let inline = json!({ "prompt": "a fox", "response_format": "b64_json" });
    let inline = caller.post("/v1/images/generations", &inline).await.json();
    let png = STANDARD.decode(inline["data"][0]["b64_json"].as_str().unwrap()).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n"));
    let billed = caller.billed();
    assert_eq!((billed.images, billed.input, billed.output), (3, 0, 0));
    let two = caller.post("/v1/images/generations", &body("dall-e-3")).await;
    assert_eq!(two.status, StatusCode::BAD_REQUEST);
    let one = json!({ "model": "dall-e-3", "prompt": "a fox" });
    let one = caller.post("/v1/images/generations", &one).await.json();
    assert_eq!(one["data"][0]["revised_prompt"], "a fox");
}

#[tokio::test]
async fn gpt_image_tells_the_tokens_of_pictures_from_those_of_the_prompt() {
    let caller = Caller::new().await;
    let model = "gpt-image-1@input_tokens=300,output_tokens=1000";
    let fields = [("model", model), ("prompt", "a fox"), ("n", "2")];
    let answer = caller.post_form("/v1/images/edits", &fields, Some(b"png")).await.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
    let details = json!({ "image_tokens": 194, "text_tokens": 106 });
    assert_eq!(answer["usage"]["input_tokens_details"], details);
    let billed = caller.billed();
    assert_eq!((billed.images, billed.input, billed.output), (2, 300, 1000));
    let none = caller.post_form("/v1/images/edits", &fields, None).await;
    assert_eq!(
        (none.status, &none.json()["error"]["param"]),
        (StatusCode::BAD_REQUEST, &json!("image"))
    );
    let variation = caller.post_form("/v1/images/variations", &[], Some(b"png")).await.json();
    assert!(variation["data"][0]["url"].is_string());
}

#[tokio::test]
async fn a_picture_is_shown_on_its_way_and_tells_its_usage_at_the_end() {
    let caller = Caller::new().await;
    let body = json!({ "model": "gpt-image-1@output_tokens=900", "prompt": "a fox",
        "stream": true, "partial_images": 2 });
    let answer = caller.post("/v1/images/generations", &body).await;
    assert!(answer.text().starts_with("event: image_generation.partial_image\n"));
    let events = answer.events();
    assert_eq!(events.len(), 3);
    assert_eq!(events[1]["partial_image_index"], 1);
    assert_eq!(events[2]["type"], "image_generation.completed");
    assert_eq!(events[2]["usage"]["output_tokens"], 900);
    let fields = [
        ("model", "gpt-image-1@error_event=1"),
        ("prompt", "a"),
        ("stream", "true"),
        ("partial_images", "1"),
    ];
    let failed = caller.post_form("/v1/images/edits", &fields, Some(b"png")).await.events();
    assert_eq!(failed[0]["type"], "image_edit.partial_image");
    assert!(failed[1]["error"]["message"].is_string());
}

#[tokio::test]
async fn a_text_is_read_aloud_by_the_character() {
    let caller = Caller::new().await;
    let body = |format: &str| {
        json!({ "model": "tts-1@answer_bytes=4800,chunks=4", "input": "né à", "voice": "alloy",
            "response_format": format })
    };
    let wave = caller.post("/v1/audio/speech", &body("wav")).await;
    assert_eq!((wave.kind(), wave.bytes.len()), ("audio/wav", 4_844));
    assert_eq!(&wave.bytes[40..44], &4_800_u32.to_le_bytes());
    let mp3 = caller.post("/v1/audio/speech", &body("mp3")).await;
    assert_eq!((mp3.kind(), &mp3.bytes[..2]), ("audio/mpeg", &b"\xff\xfb"[..]));
    assert_eq!((caller.billed().characters, caller.billed().output), (8, 0));
    let long = json!({ "model": "tts-1", "input": "a".repeat(4_097), "voice": "alloy" });
    assert_eq!(caller.post("/v1/audio/speech", &long).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn speech_in_events_is_the_same_sound_and_tells_usage() {
    let caller = Caller::new().await;
    let body = json!({ "model": "gpt-4o-mini-tts@input_tokens=14,output_tokens=101,chunks=3,answer_bytes=900",
        "input": "hello", "voice": "alloy", "response_format": "pcm", "stream_format": "sse" });
    let events = caller.post("/v1/audio/speech", &body).await.events();
    let sound: Vec<u8> = events[..3]
        .iter()
        .flat_map(|event| STANDARD.decode(event["audio"].as_str().unwrap()).unwrap())
        .collect();
    assert_eq!(sound.len(), 900);
    assert_eq!(
        (&events[3]["type"], &events[3]["usage"]["output_tokens"]),
        (&json!("speech.audio.done"), &json!(101))
    );
    let billed = caller.billed();
    assert_eq!((billed.input, billed.output, billed.characters), (14, 101, 0));
    let refused =
        json!({ "model": "tts-1", "input": "a", "voice": "alloy", "stream_format": "sse" });
    assert_eq!(caller.post("/v1/audio/speech", &refused).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_sound_breaks_off_where_the_name_says_so() {
    let caller = Caller::new().await;
    let model = "gpt-4o-mini-tts@reset_after=2,chunks=4,answer_bytes=4000,output_tokens=100";
    let body = json!({ "model": model, "input": "a", "voice": "alloy", "response_format": "pcm" });
    let response = caller.send("/v1/audio/speech", JSON, body.to_string().into_bytes()).await;
    assert_eq!(response.headers()["content-type"], "audio/pcm");
    assert!(response.into_body().collect().await.is_err());
    let billed = caller.bill_when(|line| line.count == 1).await;
    assert_eq!(billed.output, 50, "half of it had gone out");
    let failed = json!({ "model": "tts-1@error_event=2", "input": "a", "voice": "alloy" });
    let failed = caller.post("/v1/audio/speech", &failed).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn whisper_is_billed_by_seconds_begun_and_has_every_form() {
    let caller = Caller::new().await;
    let sound = wave(8.5);
    let heard = async |form: &str| {
        let fields = [
            ("model", "whisper-1@answer_bytes=20"),
            ("response_format", form),
            ("timestamp_granularities[]", "word"),
            ("stream", "true"),
        ];
        caller.post_form("/v1/audio/transcriptions", &fields, Some(&sound)).await
    };
    assert_eq!(heard("json").await.json()["usage"], json!({ "type": "duration", "seconds": 9 }));
    let verbose = heard("verbose_json").await.json();
    assert_eq!((&verbose["duration"], &verbose["words"][0]["word"]), (&json!(8.5), &json!("The")));
    let text = heard("text").await;
    assert_eq!((text.kind(), text.text()), ("text/plain; charset=utf-8", "The quick brown fox \n"));
    assert!(heard("srt").await.text().starts_with("1\n00:00:00,000 --> 00:00:08,500\nThe quick"));
    assert!(heard("vtt").await.text().starts_with("WEBVTT\n\n00:00:00.000 --> 00:00:08.500\n"));
    assert_eq!(heard("docx").await.status, StatusCode::BAD_REQUEST);
    assert_eq!((caller.billed().seconds, caller.billed().input), (45, 0));
    let translated =
        caller.post_form("/v1/audio/translations", &[("model", "whisper-1")], Some(&sound)).await;
    assert_eq!(translated.json().get("usage"), None);
    assert_eq!(caller.billed().seconds, 54);
}

#[tokio::test]
async fn other_transcriptions_are_billed_by_tokens_and_can_be_streamed() {
    let caller = Caller::new().await;
    let model = "gpt-4o-transcribe@output_tokens=30,chunks=3";
    let fields = [("model", model), ("prompt", "abcd"), ("stream", "true")];
    let path = "/v1/audio/transcriptions";
    let events = caller.post_form(path, &fields, Some(&wave(2.0))).await.events();
    assert_eq!(events.len(), 4);
    let text: String = events[..3].iter().map(|event| event["delta"].as_str().unwrap()).collect();
    assert_eq!(events[3]["text"], text);
    let details = json!({ "text_tokens": 1, "audio_tokens": 20 });
    assert_eq!(events[3]["usage"]["input_token_details"], details);
    let whole = caller.post_form(path, &fields[..2], Some(&wave(2.0))).await.json();
    assert_eq!(
        (&whole["usage"]["type"], &whole["usage"]["total_tokens"]),
        (&json!("tokens"), &json!(51))
    );
    let srt =
        caller.post_form(path, &[("model", model), ("response_format", "srt")], Some(b"")).await;
    assert_eq!(srt.status, StatusCode::BAD_REQUEST);
    assert_eq!((caller.billed().input, caller.billed().output), (42, 60));
}

#[tokio::test]
async fn the_books_show_what_was_in_a_form_and_not_its_files() {
    let caller = Caller::new().await;
    let fields = [("model", "whisper-1")];
    caller.post_form("/v1/audio/transcriptions", &fields, Some(b"abc")).await;
    let shown: Value = serde_json::from_str(&caller.provider.calls().last_body).unwrap();
    assert_eq!((&shown["model"], &shown["file"]["bytes"]), (&json!("whisper-1"), &json!(3)));
    let no_form = caller.post("/v1/audio/transcriptions", &json!({ "model": "whisper-1" })).await;
    assert_eq!(no_form.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_one_of_these_calls_fails_as_its_model_is_told_to() {
    let caller = Caller::new().await;
    for (path, body) in [
        ("/v1/completions", json!({ "prompt": "a" })),
        ("/v1/moderations", json!({ "input": "a" })),
        ("/v1/rerank", json!({ "query": "a", "documents": [] })),
        ("/v1/images/generations", json!({ "prompt": "a" })),
        ("/v1/audio/speech", json!({ "input": "a", "voice": "alloy" })),
    ] {
        let ask = async |directive: &str| {
            let mut body = body.clone();
            body["model"] = json!(format!("fake@{directive}"));
            caller.post(path, &body).await
        };
        let busy = ask("status=429,retry_after=2").await;
        assert_eq!(busy.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(busy.headers["retry-after"], "2");
        assert_eq!(busy.json()["error"]["code"], "rate_limit_exceeded");
        assert_eq!(ask("html=200").await.kind(), "text/html; charset=utf-8", "{path}");
        let garbage = ask("garbage").await;
        assert!(serde_json::from_slice::<Value>(&garbage.bytes).is_err(), "{path}");
    }
    let fields = [("model", "whisper-1@status=500")];
    let failed = caller.post_form("/v1/audio/translations", &fields, Some(b"a")).await;
    assert_eq!(failed.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(caller.billed().count, 0);
}
