//! What a new chat shows before the first question.

use leptos::prelude::*;

use crate::components::Logo;

/// Questions to start from; as links, so that they fill the composer without code too.
const STARTERS: [(&str, &str); 3] = [
    (
        "Explain a concept",
        "Explain consistent hashing to a backend engineer, with one small example.",
    ),
    ("Review a change", "Review this diff for bugs and unclear names:\n\n"),
    (
        "Draft a message",
        "Draft a short, friendly note that moves Thursday's review to Friday 10:00.",
    ),
];

/// The greeting.
#[component]
pub(crate) fn Welcome() -> impl IntoView {
    let starters = STARTERS.map(|(title, text)| {
        let encoded = encode(text);
        view! {
            <li>
                <a class="starter" href=format!("/chat?draft={encoded}")>
                    <strong>{title}</strong>
                    <span>{text.trim_end()}</span>
                </a>
            </li>
        }
    });
    view! {
        <span class="welcome-logo"><Logo/></span>
        <h2>"What are you working on?"</h2>
        <p>"Pick a model, ask, and see under each answer where it went and what it cost."</p>
        <ul class="starters">{starters}</ul>
    }
}

/// Percent-encodes everything that is not a letter or a digit, for a query string.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
