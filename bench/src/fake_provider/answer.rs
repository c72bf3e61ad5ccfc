//! What the fake says, before any vendor's wire format: text or tool calls, and the tokens.
//!
//! The same request always gets the same answer.

use serde_json::Value;

use super::{
    directives::Directives,
    ledger::Usage,
    schema,
    spelled_out::{self, Turn},
};

const WORDS: &str = "The quick brown fox jumps over the lazy dog while the calm river carries old \
     boats past quiet towns and the evening light rests on every roof ";
/// What a token is taken for where nothing is said, as vendors' rules of thumb have it.
const BYTES_PER_TOKEN: usize = 4;

/// What of a request decides the answer.
#[derive(Debug, Default)]
pub(super) struct Question {
    /// The length of the whole body.
    pub(super) body_bytes: usize,
    /// The most tokens that the caller wants.
    pub(super) output_limit: Option<u64>,
    /// What may be called.
    pub(super) tools: Vec<Tool>,
    /// What must or must not be called.
    pub(super) choice: ToolChoice,
    /// Whether several tools may be called at once.
    pub(super) may_call_several: bool,
    /// What the user said last; nothing if the last message is not the user's.
    pub(super) last_user_text: Option<String>,
    /// What was said and called so far; needed only where tools are offered.
    pub(super) turns: Vec<Turn>,
    /// The schema that the whole answer has to follow.
    pub(super) answer_schema: Option<Value>,
}

/// A tool that the caller offers.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) schema: Value,
}

/// How free the model is in calling tools.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum ToolChoice {
    /// The model decides; this one calls when the user mentions a tool.
    #[default]
    Auto,
    /// None may be called.
    Forbidden,
    /// At least one must be called.
    Required,
    /// This one must be called.
    Named(String),
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) content: Content,
    pub(super) usage: Usage,
    /// The answer stops at the caller's limit.
    pub(super) is_cut_at_limit: bool,
}

/// Text or calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    Calls(Vec<ToolCall>),
}

/// One call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolCall {
    pub(super) name: String,
    /// A JSON object, as text.
    pub(super) arguments: String,
}

impl Answer {
    /// Whether the vendor's own tool has searched the web for it.
    pub(super) fn has_searched(&self) -> bool {
        self.usage.units.searches > 0
    }

    /// The answer to a question, as the directives want it.
    pub(super) fn to(question: &Question, directives: &Directives) -> Self {
        let calls = calls(question);
        let full = match &question.answer_schema {
            Some(schema) => schema::example_of(schema).to_string(),
            None => text(directives.answer_bytes),
        };
        let wanted = directives.output_tokens.unwrap_or_else(|| tokens_in(full.len()));
        let limit = question.output_limit.filter(|_| !directives.ignores_limit);
        let allowed = limit.unwrap_or(u64::MAX).min(wanted);
        let usage = usage(question.body_bytes, allowed, directives);
        if !calls.is_empty() {
            return Self { content: Content::Calls(calls), usage, is_cut_at_limit: false };
        }
        let is_cut_at_limit = allowed < wanted;
        let text = if is_cut_at_limit { share(&full, allowed, wanted) } else { full };
        Self { content: Content::Text(text), usage, is_cut_at_limit }
    }
}

fn usage(body_bytes: usize, output: u64, directives: &Directives) -> Usage {
    let input = directives.input_tokens.unwrap_or_else(|| tokens_in(body_bytes));
    let cached = directives.cached_tokens.min(input);
    Usage {
        input,
        cached,
        cache_write: directives.cache_write_tokens.min(input - cached),
        output,
        reasoning: directives.reasoning_tokens.min(output),
        ..Usage::default()
    }
}

/// Tokens in so many bytes, by the rule of thumb; at least one.
pub(super) fn tokens_in(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u64::MAX).max(1)
}

fn text(bytes: usize) -> String {
    let mut text = WORDS.repeat(bytes.div_ceil(WORDS.len()));
    text.truncate(bytes);
    text
}

fn share(text: &str, part: u64, whole: u64) -> String {
    let length = u128::try_from(text.len()).unwrap_or(u128::MAX);
    let end = length * u128::from(part) / u128::from(whole.max(1));
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    text[..text.floor_char_boundary(end)].to_owned()
}

fn calls(question: &Question) -> Vec<ToolCall> {
    let due = spelled_out::due(question);
    if !due.is_empty() {
        return due;
    }
    let said = question.last_user_text.as_deref().unwrap_or_default().to_lowercase();
    let called = match &question.choice {
        ToolChoice::Forbidden => return Vec::new(),
        ToolChoice::Named(name) => {
            question.tools.iter().filter(|tool| tool.name == *name).collect()
        }
        ToolChoice::Auto if !said.contains("tool") => return Vec::new(),
        _ if question.may_call_several && said.contains("parallel") => several(&question.tools),
        _ => question.tools.iter().take(1).collect::<Vec<_>>(),
    };
    called
        .into_iter()
        .map(|tool| ToolCall {
            name: tool.name.clone(),
            arguments: schema::example_of(&tool.schema).to_string(),
        })
        .collect()
}

/// All tools; a single one twice.
fn several(tools: &[Tool]) -> Vec<&Tool> {
    let times = if tools.len() == 1 { 2 } else { 1 };
    tools.iter().cycle().take(tools.len() * times).collect()
}

/// What the user said in the last message, instructions aside: a string, or the text parts of a
/// list. Nothing if the last message is another's, or brings a tool's result.
pub(super) fn last_user_text(messages: &Value) -> Option<String> {
    let is_said =
        |message: &&Value| !matches!(message["role"].as_str(), Some("system" | "developer"));
    let last = messages.as_array()?.iter().rev().find(is_said)?;
    if last.get("role")?.as_str()? != "user" {
        return None;
    }
    match last.get("content")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) if !parts.iter().any(|part| part["type"] == "tool_result") => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            Some(texts.collect::<Vec<_>>().join(" "))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tool(name: &str) -> Tool {
        let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        Tool { name: name.to_owned(), schema }
    }

    fn question(said: &str, tools: &[&str]) -> Question {
        Question {
            body_bytes: 400,
            tools: tools.iter().map(|name| tool(name)).collect(),
            may_call_several: true,
            last_user_text: Some(said.to_owned()),
            ..Question::default()
        }
    }

    fn called(question: &Question) -> Vec<String> {
        match Answer::to(question, &Directives::default()).content {
            Content::Calls(calls) => calls.into_iter().map(|call| call.name).collect(),
            Content::Text(_) => Vec::new(),
        }
    }

    #[test]
    fn a_tool_is_called_when_the_user_mentions_one() {
        assert_eq!(called(&question("use the tool", &["a", "b"])), ["a"]);
        assert_eq!(called(&question("use Tools in parallel", &["a", "b"])), ["a", "b"]);
        assert_eq!(called(&question("tools in parallel", &["a"])), ["a", "a"]);
        assert!(called(&question("hello", &["a"])).is_empty());
        assert!(called(&question("use the tool", &[])).is_empty());
    }

    #[test]
    fn the_callers_choice_of_tool_is_followed() {
        let with = |said, choice| Question { choice, ..question(said, &["a", "b"]) };
        assert_eq!(called(&with("hello", ToolChoice::Named("b".to_owned()))), ["b"]);
        assert_eq!(called(&with("hello", ToolChoice::Required)), ["a"]);
        assert!(called(&with("use the tool", ToolChoice::Forbidden)).is_empty());
    }

    #[test]
    fn arguments_come_from_the_tools_schema() {
        let answer = Answer::to(&question("tool", &["a"]), &Directives::default());
        let arguments = r#"{"city":"example city"}"#.to_owned();
        let call = ToolCall { name: "a".to_owned(), arguments };
        assert_eq!(answer.content, Content::Calls(vec![call]));
    }

    #[test]
    fn usage_is_what_the_directives_say_within_what_is_possible() {
        let directives = Directives {
            input_tokens: Some(100),
            output_tokens: Some(50),
            cached_tokens: 90,
            cache_write_tokens: 20,
            reasoning_tokens: 60,
            ..Directives::default()
        };
        let usage = Answer::to(&question("hello", &[]), &directives).usage;
        let expected = Usage {
            input: 100,
            cached: 90,
            cache_write: 10,
            output: 50,
            reasoning: 50,
            ..Usage::default()
        };
        assert_eq!(usage, expected);
    }

    #[test]
    fn without_directives_usage_is_a_quarter_of_the_bytes() {
        let usage = Answer::to(&question("hello", &[]), &Directives::default()).usage;
        assert_eq!((usage.input, usage.output), (100, 125));
    }

    #[test]
    fn the_answer_stops_at_the_callers_limit() {
        let question = Question { output_limit: Some(25), ..question("hello", &[]) };
        let directives =
            Directives { output_tokens: Some(50), answer_bytes: 100, ..Directives::default() };
        let answer = Answer::to(&question, &directives);
        assert!(answer.is_cut_at_limit);
        assert_eq!(answer.usage.output, 25);
        assert!(matches!(answer.content, Content::Text(text) if text.len() == 50));
    }

    #[test]
    fn only_the_users_own_words_count_as_said() {
        let said = |message: Value| last_user_text(&json!([message]));
        let user = |content: Value| json!({ "role": "user", "content": content });
        assert_eq!(said(user(json!("hi"))).as_deref(), Some("hi"));
        let parts = json!([{ "type": "text", "text": "a" }, { "type": "text", "text": "b" }]);
        assert_eq!(said(user(parts)).as_deref(), Some("a b"));
        assert_eq!(said(json!({ "role": "tool", "content": "tool" })), None);
        assert_eq!(said(user(json!([{ "type": "tool_result", "content": "tool" }]))), None);
        let instructed = json!([user(json!("hi")), { "role": "system", "content": "tool" }]);
        assert_eq!(last_user_text(&instructed).as_deref(), Some("hi"));
    }
}
