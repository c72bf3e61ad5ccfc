//! Sessions as their events pass: what they use, and the most that is under way.

use rstest::rstest;
use serde_json::{Value, json};
use shared::receipt::{TokenCounts, Units};

use super::{
    ClientEvent, ClientEventKind, ErrorKind, MostUsed, SessionMeter, SessionWishes, error_event,
};

const MODEL_LIMIT: i64 = 4_096;

fn meter() -> SessionMeter {
    SessionMeter::new(MODEL_LIMIT)
}

fn read(event: &Value) -> ClientEvent {
    ClientEvent::read(&event.to_string()).unwrap()
}

fn says(meter: &mut SessionMeter, event: &Value) {
    meter.client(&read(event));
}

fn hears(meter: &mut SessionMeter, event: &Value) -> bool {
    meter.provider(&event.to_string())
}

fn length(event: &Value) -> i64 {
    i64::try_from(event.to_string().len()).unwrap()
}

fn done(id: &str, usage: &Value) -> Value {
    json!({"type": "response.done", "response": {"id": id, "status": "completed", "usage": usage}})
}

#[rstest]
#[case::of_text_and_sound(
    json!({"total_tokens": 253, "input_tokens": 132, "output_tokens": 121,
        "input_token_details": {"text_tokens": 119, "audio_tokens": 13, "image_tokens": 0,
            "cached_tokens": 64,
            "cached_tokens_details": {"text_tokens": 64, "audio_tokens": 0, "image_tokens": 0}},
        "output_token_details": {"text_tokens": 30, "audio_tokens": 91}}),
    [55, 64, 13, 0, 30, 91]
)]
#[case::cached_of_every_kind(
    json!({"input_tokens": 100, "output_tokens": 10,
        "input_token_details": {"text_tokens": 20, "audio_tokens": 50, "image_tokens": 30,
            "cached_tokens": 60,
            "cached_tokens_details": {"text_tokens": 10, "audio_tokens": 40, "image_tokens": 10}}}),
    [10, 60, 10, 20, 10, 0]
)]
#[case::cached_of_no_told_kind(
    json!({"input_tokens": 100, "output_tokens": 10,
        "input_token_details": {"audio_tokens": 70, "cached_tokens": 50}}),
    [0, 50, 50, 0, 10, 0]
)]
#[case::without_details(json!({"input_tokens": 7, "output_tokens": 3}), [7, 0, 0, 0, 3, 0])]
#[case::out_of_all_bounds(
    json!({"input_tokens": 10, "output_tokens": 4,
        "input_token_details": {"audio_tokens": 99, "cached_tokens": 99, "text_tokens": "many",
            "cached_tokens_details": {"audio_tokens": 99, "image_tokens": -3}},
        "output_token_details": {"audio_tokens": 99}}),
    [0, 10, 0, 0, 0, 4]
)]
fn usage_of_answers_is_read_into_disjoint_classes(
    #[case] usage: Value,
    #[case] expected: [i64; 6],
) {
    let mut meter = meter();
    assert!(hears(&mut meter, &done("r", &usage)));
    let tokens = meter.used().tokens;
    let TokenCounts { input, cached_input, audio_input, image_input, output, audio_output, .. } =
        tokens;
    assert_eq!([input, cached_input, audio_input, image_input, output, audio_output], expected);
    let told = |name: &str| usage[name].as_i64().unwrap();
    assert_eq!((tokens.prompt(), tokens.answer()), (told("input_tokens"), told("output_tokens")));
}

#[test]
fn a_session_adds_up_its_answers_and_keeps_what_the_provider_wrote() {
    let mut meter = meter();
    for id in ["r1", "r2"] {
        says(&mut meter, &json!({"type": "response.create"}));
        hears(&mut meter, &json!({"type": "response.created", "response": {"id": id}}));
        assert_eq!(meter.answers_under_way(), [id]);
        hears(&mut meter, &done(id, &json!({"input_tokens": 5, "output_tokens": 3})));
    }
    assert!(meter.is_settled());
    let used = meter.finish();
    assert_eq!((used.tokens.input, used.tokens.output, used.is_estimated), (10, 6, false));
    let one = r#"{"input_tokens":5,"output_tokens":3}"#;
    assert_eq!(used.raw().unwrap(), format!("[{one},{one}]"));
}

#[test]
fn what_the_provider_wrote_is_kept_up_to_a_bound_and_stays_json() {
    let mut meter = meter();
    let filler = "x".repeat(2_000);
    for _ in 0..30 {
        let usage = json!({"input_tokens": 1, "output_tokens": 1, "filler": filler});
        hears(&mut meter, &done("r", &usage));
    }
    let raw: Vec<Value> = serde_json::from_str(&meter.used().raw().unwrap()).unwrap();
    assert_eq!((raw.len(), &raw[16]["left_out"]), (17, &json!(14)));
    assert_eq!(meter.used().tokens.input, 30);
}

#[rstest]
#[case(json!({"type": "tokens", "input_tokens": 14, "output_tokens": 9,
    "input_token_details": {"text_tokens": 4, "audio_tokens": 10}}), (4, 10, 9, 0))]
#[case(json!({"type": "duration", "seconds": 61.2}), (0, 0, 0, 62))]
fn transcriptions_are_billed_by_tokens_or_by_seconds_begun(
    #[case] usage: Value,
    #[case] expected: (i64, i64, i64, i64),
) {
    let mut meter = meter();
    let kind = "conversation.item.input_audio_transcription.completed";
    hears(&mut meter, &json!({"type": kind, "transcript": "hello", "usage": usage}));
    let used = meter.finish();
    let TokenCounts { input, audio_input, output, .. } = used.tokens;
    let Units { audio_seconds, .. } = used.units;
    assert_eq!((input, audio_input, output, audio_seconds), expected);
    assert!(!used.is_estimated);
}

#[test]
fn an_answer_without_usage_is_estimated_by_what_was_said_and_never_nothing() {
    let mut meter = meter();
    says(&mut meter, &json!({"type": "response.create"}));
    hears(&mut meter, &json!({"type": "response.created", "response": {"id": "r"}}));
    let second = "A".repeat(64_000);
    let deltas = [
        ("response.output_audio_transcript.delta", "eight by"),
        ("response.output_audio.delta", &*second),
        ("response.audio.delta", &*second),
    ];
    for (kind, delta) in deltas {
        assert!(!hears(&mut meter, &json!({"type": kind, "response_id": "r", "delta": delta})));
    }
    hears(&mut meter, &json!({"type": "response.done", "response": {"id": "r", "usage": null}}));
    let used = meter.finish();
    assert!(used.is_estimated && used.tokens.input > 0, "{used:?}");
    assert_eq!((used.tokens.output, used.tokens.audio_output), (2, 40));
    assert_eq!(used.raw(), None);
}

#[test]
fn what_is_under_way_when_a_session_breaks_counts_as_far_as_it_was_seen() {
    let mut meter = meter();
    says(
        &mut meter,
        &json!({"type": "session.update", "session": {"type": "realtime",
        "audio": {"input": {"transcription": {"model": "whisper-1"}}}}}),
    );
    says(&mut meter, &json!({"type": "input_audio_buffer.append", "audio": "A".repeat(64_000)}));
    hears(&mut meter, &json!({"type": "input_audio_buffer.committed", "item_id": "i"}));
    says(&mut meter, &json!({"type": "response.create"}));
    hears(&mut meter, &json!({"type": "response.created", "response": {"id": "r"}}));
    assert!(!meter.is_settled());
    let before = meter.most_under_way();
    let used = meter.finish();
    assert!(used.is_estimated && used.tokens.input > 0);
    assert_eq!(used.tokens.audio_input, 10, "the turn that was being written down");
    assert!(used.tokens.prompt() <= before.input_tokens);
    assert!(meter.is_settled());
}

#[test]
fn every_answer_is_bounded_by_all_that_was_said_before_it() {
    let mut meter = meter();
    let said = json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": "hello"}]}});
    says(&mut meter, &said);
    let asked = json!({"type": "response.create"});
    says(&mut meter, &asked);
    let bytes = length(&said) + length(&asked);
    let first = meter.most_under_way();
    let expected = MostUsed { input_tokens: bytes + 64, output_tokens: MODEL_LIMIT, count: 1 };
    assert_eq!(first, expected);
    hears(&mut meter, &json!({"type": "response.created", "response": {"id": "r"}}));
    hears(&mut meter, &done("r", &json!({"input_tokens": 9, "output_tokens": 500})));
    assert_eq!(meter.most_under_way(), MostUsed::default());
    says(&mut meter, &asked);
    let second = meter.most_under_way();
    assert_eq!(second.input_tokens, first.input_tokens + 500, "the answer is read again");
}

/// Sixteen bits, 24,000 times a second.
fn sound(seconds: usize) -> Value {
    json!({"type": "input_audio_buffer.append", "audio": "A".repeat(seconds * 64_000)})
}

#[test]
fn silence_before_speech_is_set_aside_for_no_longer_than_it_may_be_heard() {
    let mut meter = meter();
    let written =
        json!({"type": "realtime", "audio": {"input": {"transcription": {"model": "w"}}}});
    says(&mut meter, &json!({"type": "session.update", "session": written}));
    for _ in 0..10 {
        says(&mut meter, &sound(60));
    }
    assert_eq!(meter.most_under_way().input_tokens, 6_000, "it may all be speech");
    let kind = "input_audio_buffer.speech_started";
    hears(&mut meter, &json!({"type": kind, "audio_start_ms": 595_000, "item_id": "i"}));
    assert_eq!(meter.most_under_way().input_tokens, 300, "in steps of half a minute");
    says(&mut meter, &sound(1));
    let kind = "input_audio_buffer.speech_stopped";
    hears(&mut meter, &json!({"type": kind, "audio_end_ms": 600_000, "item_id": "i"}));
    hears(&mut meter, &json!({"type": "input_audio_buffer.committed", "item_id": "i"}));
    hears(&mut meter, &json!({"type": "response.created", "response": {"id": "r"}}));
    let answer = meter.most_under_way().input_tokens;
    assert!((360..2_000).contains(&answer), "six seconds are heard, and not ten minutes: {answer}");
}

#[rstest]
#[case(json!(null))]
#[case(json!("soon"))]
#[case(json!(-1))]
#[case(json!(0))]
fn where_speech_begins_is_taken_for_nothing_that_it_does_not_say(#[case] at: Value) {
    let mut meter = meter();
    says(&mut meter, &sound(60));
    hears(&mut meter, &json!({"type": "input_audio_buffer.speech_started", "audio_start_ms": at}));
    hears(&mut meter, &json!({"type": "response.created", "response": {"id": "r"}}));
    assert!(meter.most_under_way().input_tokens >= 600);
}

#[test]
fn sound_is_bounded_by_its_length_and_its_densest_format_and_pictures_by_their_number() {
    let asked = |meter: &mut SessionMeter| {
        says(meter, &json!({"type": "response.create"}));
        let most = meter.most_under_way().input_tokens;
        meter.withdraw();
        most
    };
    let mut meter = meter();
    let nothing = asked(&mut meter);
    let append = json!({"type": "input_audio_buffer.append", "audio": "A".repeat(64_000)});
    says(&mut meter, &append);
    let frame = length(&append) - 64_002;
    assert_eq!(asked(&mut meter), nothing + frame + 10, "a second of PCM");
    let item = |content: Value| {
        json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user",
            "content": [content]}})
    };
    let picture = item(json!({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}));
    says(&mut meter, &picture);
    let before = asked(&mut meter);
    assert!(before > nothing + 6_240 && before < nothing + 6_600, "{before}");
    let update = json!({"type": "session.update", "session": {"input_audio_format": "g711_ulaw"}});
    says(&mut meter, &update);
    let grown = asked(&mut meter) - before - length(&update);
    assert_eq!(grown, 50, "the same bytes are six seconds of telephone");
}

#[test]
fn a_limit_holds_where_the_event_or_the_provider_says_so() {
    let limit = |meter: &mut SessionMeter, response: Value| {
        says(meter, &json!({"type": "response.create", "response": response}));
        let most = meter.most_under_way().output_tokens;
        meter.withdraw();
        most
    };
    let mut meter = meter();
    assert_eq!(limit(&mut meter, json!({"max_output_tokens": 200})), 200);
    assert_eq!(limit(&mut meter, json!({"max_output_tokens": "inf"})), MODEL_LIMIT);
    says(&mut meter, &json!({"type": "session.update", "session": {"max_output_tokens": 300}}));
    assert_eq!(limit(&mut meter, json!({})), MODEL_LIMIT, "nobody has confirmed it");
    hears(&mut meter, &json!({"type": "session.updated", "session": {"max_output_tokens": 300}}));
    assert_eq!(limit(&mut meter, json!({})), 300);
}

#[test]
fn an_answer_that_the_provider_begins_by_itself_is_under_way_too() {
    let mut meter = meter();
    let begun =
        json!({"type": "response.created", "response": {"id": "r", "max_output_tokens": 77}});
    assert!(hears(&mut meter, &begun));
    assert_eq!(meter.most_under_way().output_tokens, 77);
    assert_eq!(meter.answers_under_way(), ["r"]);
}

#[test]
fn a_refused_request_for_an_answer_is_not_under_way_and_another_refusal_changes_nothing() {
    let mut meter = meter();
    says(&mut meter, &json!({"type": "response.create", "event_id": "mine"}));
    let refusal = |blamed: Value| json!({"type": "error", "error": {"event_id": blamed}});
    hears(&mut meter, &refusal(json!("another")));
    assert!(!meter.is_settled());
    hears(&mut meter, &refusal(json!("mine")));
    assert!(meter.is_settled());
}

#[test]
fn the_name_of_the_model_alone_is_changed() {
    let text = r#"{ "type":"session.update", "session": { "model" : "caller", "x": 1.50 } }"#;
    let event = ClientEvent::read(text).unwrap();
    let ClientEventKind::Configures(wishes) = event.kind else { panic!("it configures") };
    let (named, written) = wishes.model.unwrap();
    assert_eq!(named, "caller");
    assert_eq!(
        SessionWishes::renamed(text, &written, "the \"other\""),
        r#"{ "type":"session.update", "session": { "model" : "the \"other\"", "x": 1.50 } }"#
    );
}

#[rstest]
#[case("hello", None, "This event cannot be read")]
#[case("[]", None, "This event cannot be read")]
#[case(r#"{"session":{}}"#, None, "missing field `type`")]
#[case(r#"{"type":"response.create","type":"response.cancel"}"#, None, "duplicate field `type`")]
#[case(r#"{"type":"session.update","session":{"model":7}}"#, Some("session.model"), "a string")]
#[case(r#"{"type":"session.update","session":[1,2]}"#, Some("session"), "`session` cannot")]
#[case(
    r#"{"type":"session.update","session":{"prompt":{"id":"pmpt_1"}}}"#,
    Some("session.prompt"),
    "no budget can cover"
)]
#[case(
    r#"{"type":"response.create","response":{"prompt":{"id":"pmpt_1"}}}"#,
    Some("response.prompt"),
    "no budget can cover"
)]
fn what_the_provider_could_read_otherwise_or_nobody_can_bound_is_refused(
    #[case] text: &str,
    #[case] pointer: Option<&str>,
    #[case] words: &str,
) {
    let error = ClientEvent::read(text).unwrap_err();
    assert_eq!(error.pointer(), pointer);
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn what_is_no_event_of_the_providers_is_passed_over() {
    let mut meter = meter();
    for text in ["", "oops", "[]", "{}", r#"{"type":"response.done","response":7}"#] {
        meter.provider(text);
    }
    assert_eq!(meter.finish().tokens, TokenCounts::default());
}

#[test]
fn an_error_has_the_form_of_the_api() {
    let event = error_event(
        ErrorKind::InsufficientQuota,
        "budget_exceeded",
        "No more.",
        None,
        "event_1",
        Some("mine"),
    );
    assert_eq!(
        event,
        "{\"type\":\"error\",\"event_id\":\"event_1\",\"error\":{\
         \"type\":\"insufficient_quota\",\"code\":\"budget_exceeded\",\
         \"message\":\"No more.\",\"param\":null,\"event_id\":\"mine\"}}"
    );
}
