//! What the engine's services answer, as the chat shows it.

use leptos::prelude::*;
use shared::{
    Money, Problem, ProblemCode, Timestamp,
    id::ConversationId,
    view::chat::{
        Author, ConversationSummary, ConversationView, MessageStatus, MessageView, ModelChoice,
        RunEvent,
    },
};

use super::{
    answer::WholeAnswer, conversation_menu::Facts, list::ConversationLists, model_picker::Models,
    thread::LATEST, welcome::Welcome,
};
use crate::{
    api::chat::{AnswerEvent, OpenChat, OpenConversation, ShownMessage},
    components::Amount,
    format, written,
};

/// The conversation that an address names.
///
/// # Errors
/// [`ProblemCode::NotFound`] if it names none.
pub(crate) fn address(id: &str) -> Result<ConversationId, Problem> {
    id.parse().map_err(|_| {
        Problem::new(
            ProblemCode::NotFound,
            "This address names no conversation. Pick one from the list, or start a new one.",
        )
    })
}

/// The conversations, grouped by age.
pub(crate) fn list(conversations: &[ConversationSummary], as_of: Timestamp) -> String {
    written::html(|| view! { <ConversationLists groups=groups(conversations, as_of)/> })
}

/// Neighbours of about the same age, together, under what heads them.
fn groups(
    conversations: &[ConversationSummary],
    as_of: Timestamp,
) -> Vec<(&'static str, &[ConversationSummary])> {
    conversations
        .chunk_by(|one, next| age(one, as_of) == age(next, as_of))
        .map(|group| (group.first().map_or("", |first| age(first, as_of)), group))
        .collect()
}

/// How long ago, in words that head a group.
fn age(conversation: &ConversationSummary, as_of: Timestamp) -> &'static str {
    match format::days_between(conversation.updated_at, as_of) {
        ..=0 => "Today",
        1 => "Yesterday",
        2..=7 => "Last 7 days",
        8..=30 => "Last 30 days",
        _ => "Older",
    }
}

/// The name of a model, and what a million of its tokens cost.
fn priced(model: ModelChoice) -> (String, String) {
    let told = |price: Option<Money>| price.map_or_else(|| "?".to_owned(), Money::short);
    let price = match (model.input_price, model.output_price) {
        (None, None) => "no price set".to_owned(),
        (input, output) => format!("{} in · {} out", told(input), told(output)),
    };
    (model.name, price)
}

/// A conversation, or the start of one, with the models to pick from.
pub(crate) fn chat(models: Vec<ModelChoice>, open: Option<ConversationView>) -> OpenChat {
    let first = models.first().map(|model| model.name.clone()).unwrap_or_default();
    let model = open.as_ref().map_or(first, |open| open.model.clone());
    let models: Vec<_> = models.into_iter().map(priced).collect();
    OpenChat {
        models_html: written::html(|| view! { <Models models chosen=model.clone()/> }),
        model,
        welcome_html: if open.is_none() { written::html(Welcome) } else { String::new() },
        conversation: open.map(conversation),
    }
}

/// A conversation with its answers written out.
fn conversation(open: ConversationView) -> OpenConversation {
    let (id, title, cost) = (open.id, open.title, open.cost);
    let is_writing = open.messages.iter().any(|it| it.status == MessageStatus::Streaming);
    let facts = || view! { <Facts id title=title.clone() cost/> };
    let mut facts_html = written::html(facts);
    if is_writing {
        facts_html.push_str(&read_again_without_code(id));
    }
    OpenConversation {
        id,
        title,
        facts_html,
        messages: open.messages.into_iter().map(|message| shown(message, id)).collect(),
    }
}

/// Where no code runs, the page reads itself again while an answer is being written.
///
/// The address changes each time, because a browser only scrolls to a fragment of the address
/// that it is already at.
fn read_again_without_code(conversation: ConversationId) -> String {
    let parts = use_context::<http::request::Parts>();
    let was_odd = parts.is_some_and(|parts| parts.uri.query() == Some("turn=1"));
    let turn = u32::from(!was_odd);
    format!(
        "<noscript><meta http-equiv=\"refresh\" \
         content=\"2;url=/chat/{conversation}?turn={turn}#{LATEST}\"></noscript>"
    )
}

fn shown(message: MessageView, conversation: ConversationId) -> ShownMessage {
    let id = message.id;
    match (message.author, message.status) {
        (Author::User, _) => ShownMessage::Question { id, text: message.text },
        (Author::Assistant, MessageStatus::Streaming) => ShownMessage::Writing {
            id,
            model: message.model.unwrap_or_default(),
            html: message.html,
        },
        (Author::Assistant, _) => {
            ShownMessage::Answer { id, html: answer(message, Some(conversation)) }
        }
    }
}

fn answer(message: MessageView, conversation: Option<ConversationId>) -> String {
    written::html(|| view! { <WholeAnswer message conversation/> })
}

fn cost(value: Money) -> String {
    written::html(|| view! { <Amount value/> })
}

impl From<RunEvent> for AnswerEvent {
    fn from(event: RunEvent) -> Self {
        match event {
            RunEvent::Block { html, .. } => Self::Block { html },
            RunEvent::Tail { html } => Self::Tail { html },
            RunEvent::End { message, conversation_cost } => Self::End {
                announcement: announcement(&message),
                html: answer(*message, None),
                cost_html: cost(conversation_cost),
            },
        }
    }
}

fn announcement(message: &MessageView) -> String {
    let words = message.text.split_whitespace().count();
    match message.status {
        MessageStatus::Complete | MessageStatus::Streaming => {
            format!("Answer ready, {words} words")
        }
        MessageStatus::Stopped => format!("Stopped after {words} words"),
        MessageStatus::Failed => format!("The answer broke off after {words} words"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> ConversationSummary {
        let noon = Timestamp::from_micros(1_795_348_800 * 1_000_000);
        ConversationSummary {
            id: "conv_01980000000070008000000000000001".parse().unwrap(),
            title: String::new(),
            updated_at: noon.plus_seconds(seconds),
        }
    }

    #[test]
    fn conversations_are_grouped_by_calendar_day_not_by_hours() {
        let noon = at(0).updated_at;
        assert_eq!(age(&at(-60), noon), "Today");
        assert_eq!(age(&at(-13 * 3_600), noon), "Yesterday");
        assert_eq!(age(&at(-5 * 86_400), noon), "Last 7 days");
        assert_eq!(age(&at(-90 * 86_400), noon), "Older");
        let conversations = [at(-60), at(-120), at(-13 * 3_600)];
        let groups = groups(&conversations, noon);
        let sizes: Vec<usize> = groups.iter().map(|(_, group)| group.len()).collect();
        assert_eq!(sizes, [2, 1]);
    }

    #[test]
    fn a_price_that_is_not_set_is_said_and_never_shown_as_nothing() {
        let choice = |input, output| ModelChoice {
            name: "m".into(),
            input_price: input,
            output_price: output,
        };
        let dollars = |amount| Some(Money::from_dollars(amount));
        let price = |input, output| priced(choice(input, output)).1;
        assert_eq!(price(dollars(5), dollars(25)), "$5.00 in · $25.00 out");
        assert_eq!(price(dollars(5), None), "$5.00 in · ? out");
        assert_eq!(price(None, None), "no price set");
    }
}
