//! What a request asks for beside an answer.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::items::InputItems;
use crate::wire::{WireError, members::edited};

/// The wishes of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateWishes {
    /// The model as the caller names it.
    pub model: String,
    /// Whether the answer is kept; it is unless the caller says otherwise.
    pub is_kept: bool,
    /// The answer that this one goes on from.
    pub previous: Option<String>,
    /// Whether the caller comes back for the answer.
    pub is_background: bool,
    /// Whether the caller reads the answer as it grows.
    pub is_streaming: bool,
    /// What is said of thoughts.
    pub thoughts: Thoughts,
}

/// What a request says of thoughts, which a provider that keeps nothing gives away sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thoughts {
    /// The caller wants them, sealed.
    Told,
    /// The model is to think; the thoughts are left to whoever keeps the answer.
    Left,
    /// Nothing.
    Unmentioned,
}

const SEALED_THOUGHTS: &str = "reasoning.encrypted_content";

#[derive(Deserialize)]
struct Written<'a> {
    #[serde(borrow)]
    model: Option<&'a RawValue>,
    #[serde(borrow)]
    store: Option<&'a RawValue>,
    #[serde(borrow)]
    previous_response_id: Option<&'a RawValue>,
    #[serde(borrow)]
    background: Option<&'a RawValue>,
    #[serde(borrow)]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    include: Option<&'a RawValue>,
    #[serde(borrow)]
    reasoning: Option<&'a RawValue>,
}

impl StateWishes {
    /// Of a body; nothing where it is no request at all, of which the pipeline says what is wrong.
    ///
    /// # Errors
    /// [`WireError::Invalid`], naming the field that makes no sense.
    pub fn read(body: &[u8]) -> Result<Option<Self>, WireError> {
        let written: Written<'_> = match serde_json::from_slice(body) {
            Ok(written) => written,
            Err(error) if error.is_data() && body.trim_ascii_start().starts_with(b"{") => {
                return Err(WireError::invalid(None, format!("The body makes no sense: {error}.")));
            }
            Err(_) => return Ok(None),
        };
        let Some(model) = written.model.and_then(|raw| serde_json::from_str(raw.get()).ok()) else {
            return Ok(None);
        };
        let wishes = Self {
            model,
            is_kept: flag("store", written.store)?.unwrap_or(true),
            previous: typed(
                "previous_response_id",
                written.previous_response_id,
                "the id of a response",
            )?,
            is_background: flag("background", written.background)?.unwrap_or(false),
            is_streaming: flag("stream", written.stream)?.unwrap_or(false),
            thoughts: thoughts(&written)?,
        };
        if wishes.is_background && !wishes.is_kept {
            let detail = "`background` needs `store: true`: its answer is fetched later.";
            return Err(WireError::invalid("background", detail));
        }
        Ok(Some(wishes))
    }

    /// Whether anything is kept or was.
    #[must_use]
    pub const fn are_any(&self) -> bool {
        self.is_kept || self.previous.is_some() || self.is_background
    }
}

fn thoughts(written: &Written<'_>) -> Result<Thoughts, WireError> {
    let included: Vec<String> =
        typed("include", written.include, "a list of names")?.unwrap_or_default();
    if included.iter().any(|name| name == SEALED_THOUGHTS) {
        return Ok(Thoughts::Told);
    }
    let reasoning: Option<Value> = typed("reasoning", written.reasoning, "an object")?;
    let says_something = |settings: Value| {
        settings.as_object().is_some_and(|settings| settings.values().any(|it| !it.is_null()))
    };
    Ok(if reasoning.is_some_and(says_something) { Thoughts::Left } else { Thoughts::Unmentioned })
}

fn flag(field: &'static str, raw: Option<&RawValue>) -> Result<Option<bool>, WireError> {
    typed(field, raw, "true or false")
}

/// A null counts as left out.
fn typed<'a, T: Deserialize<'a>>(
    field: &'static str,
    raw: Option<&'a RawValue>,
    expected: &str,
) -> Result<Option<T>, WireError> {
    let read = raw.map(|raw| serde_json::from_str::<Option<T>>(raw.get())).transpose();
    read.map(Option::flatten)
        .map_err(|_| WireError::invalid(field, format!("`{field}` must be {expected}.")))
}

/// What is said to a provider that keeps nothing.
#[derive(Debug, Clone, Copy)]
pub struct StatelessInput<'a> {
    /// What was said before.
    pub earlier: &'a InputItems,
    /// The request's own items.
    pub own: &'a InputItems,
    /// Whether they are others than the request has.
    pub is_resolved: bool,
}

impl StatelessInput<'_> {
    const fn replaces(&self) -> bool {
        self.is_resolved || !self.earlier.is_empty()
    }
}

/// The request without any state: what was said earlier is in it, and the provider keeps nothing.
///
/// An answer in the background is read as it grows, so that it can be cancelled. Where the gateway
/// keeps thoughts that the caller does not ask for (`keeps_thoughts`), it asks for them itself.
///
/// # Errors
/// [`WireError::Invalid`] where the body is no request with items.
pub fn stateless_body(
    body: &[u8],
    input: &StatelessInput<'_>,
    wishes: &StateWishes,
    keeps_thoughts: bool,
) -> Result<Bytes, WireError> {
    let text = std::str::from_utf8(body).map_err(|error| broken(&error))?;
    let input = input.replaces().then(|| input.own.json_after(input.earlier));
    let mut edits =
        vec![("store", Some("false")), ("previous_response_id", None), ("background", None)];
    if let Some(input) = &input {
        edits.push(("input", Some(input)));
    }
    if wishes.is_background {
        edits.push(("stream", Some("true")));
    }
    let include = if keeps_thoughts { Some(with_sealed_thoughts(text)?) } else { None };
    if let Some(include) = &include {
        edits.push(("include", Some(include)));
    }
    edited(text, &edits).map(Bytes::from).map_err(|error| broken(&error))
}

/// What `include` asks for already, and the thoughts.
fn with_sealed_thoughts(body: &str) -> Result<String, WireError> {
    #[derive(Deserialize)]
    struct Included {
        include: Option<Vec<Value>>,
    }
    let Included { include } = serde_json::from_str(body).map_err(|error| broken(&error))?;
    let mut include = include.unwrap_or_default();
    include.push(SEALED_THOUGHTS.into());
    Ok(Value::from(include).to_string())
}

fn broken(error: &dyn std::error::Error) -> WireError {
    WireError::invalid(None, format!("The body cannot be read: {error}."))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::{
        super::{carried_items, input_items},
        *,
    };

    fn without_history(body: &str, wishes: &StateWishes, keeps_thoughts: bool) -> Bytes {
        let none = InputItems::default();
        let input = StatelessInput { earlier: &none, own: &none, is_resolved: false };
        stateless_body(body.as_bytes(), &input, wishes, keeps_thoughts).unwrap()
    }

    #[rstest]
    #[case(r#"{"model":"m"}"#, true, None, false)]
    #[case(r#"{"model":"m","store":null,"previous_response_id":null}"#, true, None, false)]
    #[case(r#"{"model":"m","store":false}"#, false, None, false)]
    #[case(r#"{"model":"m","store":false,"previous_response_id":"r"}"#, false, Some("r"), false)]
    #[case(r#"{"model":"m","background":true}"#, true, None, true)]
    fn wishes_are_read(
        #[case] body: &str,
        #[case] is_kept: bool,
        #[case] previous: Option<&str>,
        #[case] is_background: bool,
    ) {
        let wishes = StateWishes::read(body.as_bytes()).unwrap().unwrap();
        assert_eq!((wishes.is_kept, wishes.is_background), (is_kept, is_background));
        assert_eq!(wishes.previous.as_deref(), previous);
        assert_eq!(wishes.are_any(), is_kept || previous.is_some());
    }

    #[rstest]
    #[case(Some("store"), r#"{"model":"m","store":1}"#)]
    #[case(Some("previous_response_id"), r#"{"model":"m","previous_response_id":5}"#)]
    #[case(Some("background"), r#"{"model":"m","background":true,"store":false}"#)]
    #[case(Some("include"), r#"{"model":"m","include":"all"}"#)]
    #[case(None, r#"{"model":"m","store":true,"store":false}"#)]
    fn what_makes_no_sense_is_refused(#[case] field: Option<&str>, #[case] body: &str) {
        assert_eq!(StateWishes::read(body.as_bytes()).unwrap_err().pointer(), field);
    }

    #[rstest]
    #[case("nonsense")]
    #[case("[]")]
    #[case("{}")]
    fn what_is_no_request_is_left_to_the_pipeline(#[case] body: &str) {
        assert_eq!(StateWishes::read(body.as_bytes()).unwrap(), None);
    }

    #[test]
    fn a_provider_is_asked_without_state_and_with_all_that_was_said() {
        let body = r#"{"model":"m", "previous_response_id":"r","input":"And?","top_p":0.50}"#;
        let wishes = StateWishes::read(body.as_bytes()).unwrap().unwrap();
        let earlier =
            carried_items(r#"[{"role":"user","content":"Hi"}]"#, r#"{"output":[]}"#, true).unwrap();
        let own = input_items(body.as_bytes()).unwrap();
        let input = StatelessInput { earlier: &earlier, own: &own, is_resolved: false };
        let told = stateless_body(body.as_bytes(), &input, &wishes, false).unwrap();
        let expected = concat!(
            r#"{"model":"m","input":[{"role":"user","content":"Hi"},"#,
            r#"{"type":"message","role":"user","content":[{"type":"input_text","text":"And?"}]}],"#,
            r#""top_p":0.50,"store":false}"#
        );
        assert_eq!(told, expected);
    }

    #[test]
    fn a_request_without_history_keeps_its_input_as_it_was_written() {
        let body = r#"{"model":"m","input":"\u0048i","background":true}"#;
        let wishes = StateWishes::read(body.as_bytes()).unwrap().unwrap();
        let told = without_history(body, &wishes, false);
        assert_eq!(told, r#"{"model":"m","input":"\u0048i","store":false,"stream":true}"#);
    }

    #[rstest]
    #[case(Thoughts::Unmentioned, "{}")]
    #[case(Thoughts::Unmentioned, r#"{"reasoning":null,"include":null}"#)]
    #[case(Thoughts::Unmentioned, r#"{"reasoning":{"effort":null},"include":[]}"#)]
    #[case(
        Thoughts::Left,
        r#"{"reasoning":{"effort":"low"},"include":["file_search_call.results"]}"#
    )]
    #[case(Thoughts::Told, r#"{"include":["reasoning.encrypted_content"]}"#)]
    #[case(
        Thoughts::Told,
        r#"{"reasoning":{"effort":"low"},"include":["reasoning.encrypted_content"]}"#
    )]
    fn what_is_said_of_thoughts_is_read(#[case] said: Thoughts, #[case] fields: &str) {
        let body = fields.replacen('{', r#"{"model":"m","#, 1).replace(",}", "}");
        let wishes = StateWishes::read(body.as_bytes()).unwrap().unwrap();
        assert_eq!(wishes.thoughts, said);
    }

    #[rstest]
    #[case(r#"{"model":"m"}"#, r#"["reasoning.encrypted_content"]"#)]
    #[case(r#"{"model":"m","include":null}"#, r#"["reasoning.encrypted_content"]"#)]
    #[case(r#"{"model":"m","include":["a"]}"#, r#"["a","reasoning.encrypted_content"]"#)]
    fn thoughts_that_the_gateway_keeps_are_asked_for(#[case] body: &str, #[case] include: &str) {
        let wishes = StateWishes::read(body.as_bytes()).unwrap().unwrap();
        let told = without_history(body, &wishes, true);
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert_eq!(told["include"].to_string(), include);
    }
}
