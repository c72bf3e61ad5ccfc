//! Calls that the user spells out, so that a client can be sent to do something that can be looked
//! at: `the tool look with {"at": "the door"}`.
//!
//! Calls in one sentence are made at once. What stands behind a `then` is called in the next turn,
//! when the results of the first are there, and so on; behind the last of them comes an answer.

use serde_json::{Value, value::RawValue};

use super::answer::{Question, Tool, ToolCall, ToolChoice};

const MARK: &str = "tool ";

/// What of a conversation decides which calls are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Turn {
    /// The user has said this.
    Said(String),
    /// The model has called tools.
    Called,
}

/// The turns of messages as OpenAI, Anthropic and most others write them.
pub(super) fn turns(messages: &Value) -> Vec<Turn> {
    messages.as_array().into_iter().flatten().filter_map(turn).collect()
}

fn turn(message: &Value) -> Option<Turn> {
    let parts = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    match message["role"].as_str()? {
        "user" => {
            let texts: Vec<_> = match message["content"].as_str() {
                Some(text) => vec![text],
                None => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            };
            Some(Turn::Said(texts.join(" ")))
        }
        "assistant" => {
            let is_call = |part: &Value| part["type"] == "tool_use" || part["toolUse"].is_object();
            let calls = message["tool_calls"].as_array().is_some_and(|calls| !calls.is_empty());
            (calls || parts.iter().any(is_call)).then_some(Turn::Called)
        }
        _ => None,
    }
}

/// The calls that are due now; none where the user has spelled out none, or all of them are made.
pub(super) fn due(question: &Question) -> Vec<ToolCall> {
    if question.choice == ToolChoice::Forbidden {
        return Vec::new();
    }
    let mut made = 0;
    for turn in question.turns.iter().rev() {
        match turn {
            Turn::Called => made += 1,
            Turn::Said(text) => {
                let mut steps = steps(text, &question.tools);
                if !question.may_call_several {
                    steps = steps.into_iter().flatten().map(|call| vec![call]).collect();
                }
                if !steps.is_empty() {
                    return steps.into_iter().nth(made).unwrap_or_default();
                }
            }
        }
    }
    Vec::new()
}

fn steps(said: &str, tools: &[Tool]) -> Vec<Vec<ToolCall>> {
    let mut steps: Vec<Vec<ToolCall>> = Vec::new();
    let (mut end, mut from) = (0, 0);
    while let Some(found) = said[from..].find(MARK) {
        let start = from + found;
        from = start + MARK.len();
        let Some((call, length)) = call_at_the_start(&said[from..], tools) else { continue };
        let is_later = said[end..start].split_whitespace().any(|word| word == "then");
        match steps.last_mut() {
            Some(step) if !is_later => step.push(call),
            _ => steps.push(vec![call]),
        }
        from += length;
        end = from;
    }
    steps
}

/// The call of one of the tools that a text begins with, and how long it is there.
fn call_at_the_start(said: &str, tools: &[Tool]) -> Option<(ToolCall, usize)> {
    tools.iter().find_map(|tool| {
        let rest = said.strip_prefix(tool.name.as_str())?.strip_prefix(" with ")?;
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let arguments = values.next()?.ok()?.get().to_owned();
        let length = said.len() - rest.len() + values.byte_offset();
        Some((ToolCall { name: tool.name.clone(), arguments }, length))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TASK: &str = r#"Use the tool a with {"n": 1.0} and the tool b with {"s": "the tool a with"},
        then the tool a with {}, please, and say what the tool has said."#;

    fn asked(said: &str, turns_since: usize) -> Question {
        let tool = |name: &str| Tool { name: name.to_owned(), schema: json!({}) };
        let mut turns = vec![Turn::Said(said.to_owned())];
        turns.extend(std::iter::repeat_n(Turn::Called, turns_since));
        Question {
            tools: vec![tool("a"), tool("b")],
            may_call_several: true,
            turns,
            ..Question::default()
        }
    }

    fn due_now(question: &Question) -> Vec<String> {
        due(question).into_iter().map(|call| format!("{} {}", call.name, call.arguments)).collect()
    }

    #[test]
    fn calls_are_made_as_they_are_written_those_of_a_sentence_at_once() {
        let first = [r#"a {"n": 1.0}"#, r#"b {"s": "the tool a with"}"#];
        assert_eq!(due_now(&asked(TASK, 0)), first);
        assert_eq!(due_now(&asked(TASK, 1)), ["a {}"]);
        assert!(due_now(&asked(TASK, 2)).is_empty());
    }

    #[test]
    fn calls_are_made_one_by_one_where_several_are_not_wanted() {
        let asked = |turns| Question { may_call_several: false, ..asked(TASK, turns) };
        assert_eq!(due_now(&asked(1)), [r#"b {"s": "the tool a with"}"#]);
        assert_eq!(due_now(&asked(2)), ["a {}"]);
    }

    #[test]
    fn what_is_said_beside_results_does_not_change_the_task() {
        let mut question = asked(TASK, 1);
        question.turns.push(Turn::Said("<system-reminder>Be brief.</system-reminder>".to_owned()));
        assert_eq!(due_now(&question), ["a {}"]);
        question.turns.push(Turn::Said("Now the tool b with [].".to_owned()));
        assert_eq!(due_now(&question), ["b []"]);
    }

    #[test]
    fn nothing_is_due_where_it_is_forbidden_or_no_such_tool_is_offered() {
        let forbidden = Question { choice: ToolChoice::Forbidden, ..asked(TASK, 0) };
        assert!(due(&forbidden).is_empty());
        assert!(due(&asked("the tool c with {}, and the tool a", 0)).is_empty());
    }

    #[test]
    fn turns_are_read_from_the_messages_of_every_vendor() {
        let said = || Turn::Said("hi".to_owned());
        let parts = json!([{ "type": "text", "text": "hi" }]);
        let of_openai = json!([
            { "role": "system", "content": "s" }, { "role": "user", "content": "hi" },
            { "role": "assistant", "content": null, "tool_calls": [{}] },
            { "role": "tool", "content": "r" }, { "role": "assistant", "content": "t" },
        ]);
        assert_eq!(turns(&of_openai), [said(), Turn::Called]);
        for call in [json!({ "type": "tool_use" }), json!({ "toolUse": {} })] {
            let messages = json!([
                { "role": "user", "content": parts }, { "role": "assistant", "content": [call] },
            ]);
            assert_eq!(turns(&messages), [said(), Turn::Called]);
        }
    }
}
