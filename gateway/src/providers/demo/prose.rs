//! What the demo says.

use super::request::Question;

/// How many parts a long answer has; each streams for a few seconds.
const CHAPTERS: usize = 6;

/// A few honest paragraphs about the question, with the Markdown that a chat has to show.
pub(super) fn about(question: &Question) -> String {
    if let Some(result) = &question.tool_result {
        return format!(
            "The tool answered:\n\n> {}\n\nThat is what a model would now work into its reply.",
            shorten(result, 400)
        );
    }
    let asked = shorten(question.text.trim(), 160);
    if asked.is_empty() {
        return "Ask me something, and I will show how an answer streams.".to_owned();
    }
    let lower = asked.to_lowercase();
    let opening = format!("You asked: *{asked}*\n\n");
    let body = if lower.contains("at length") || lower.contains("in detail") {
        at_length()
    } else if lower.contains("code") || lower.contains("rust") || lower.contains("python") {
        CODE.to_owned()
    } else if lower.contains("table") || lower.contains("compare") {
        TABLE.to_owned()
    } else {
        PROSE.to_owned()
    };
    let turn = if question.turns > 1 {
        format!(
            "\n\nThis is turn {} of our conversation, and all of it was sent along.",
            question.turns
        )
    } else {
        String::new()
    };
    format!("{opening}{body}{turn}")
}

/// An answer that there is time to stop.
fn at_length() -> String {
    let chapter =
        |number| format!("## Part {number} of {CHAPTERS}\n\n{PROSE}\n\n{TABLE}\n\n{CODE}");
    (1..=CHAPTERS).map(chapter).collect::<Vec<_>>().join("\n\n")
}

fn shorten(text: &str, limit: usize) -> String {
    let mut short: String = text.chars().take(limit).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace('\n', " ")
}

const PROSE: &str = "I am the demo provider of Helix Gateway: I answer from inside the gateway, so \
                     you can try everything without a vendor's key.\n\nWhat just happened is real, \
                     though. Before this text reached you, your request was\n\n1. **authenticated** \
                     as you,\n2. **authorized** for this model,\n3. **paid for** by a reservation \
                     in every budget that binds you,\n4. **routed** to a backend, and\n5. \
                     **metered** to the nano-dollar.\n\nOpen the receipt below to see each step \
                     with its values. The spend page shows the same amount, to the last digit.";

const CODE: &str = "Here is how a program talks to this gateway. Only the base URL and the key \
                    change:\n\n```python\nfrom openai import OpenAI\n\nclient = OpenAI(\n    \
                    base_url=\"http://127.0.0.1:8080/v1\",\n    api_key=\"hx_…\",\n)\nanswer = \
                    client.chat.completions.create(\n    model=\"demo-chat\",\n    \
                    messages=[{\"role\": \"user\", \"content\": \"Hello\"}],\n)\nprint(answer.\
                    choices[0].message.content)\n```\n\nThe page **API keys** makes a key; it is \
                    shown once.";

const TABLE: &str = "A table, as a model might write it:\n\n| Promise | How it is kept |\n|---|---|\n\
                     | A hard budget is never overspent | The most a call can cost is reserved \
                     first |\n| Every call leaves a record | It is journaled before a provider is \
                     asked |\n| Nothing is lost in translation | The same dialect is relayed byte \
                     for byte |\n\nEach of them is a test, not a slogan.";
