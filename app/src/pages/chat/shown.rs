//! What the engine's services answer, as the chat shows it.

use leptos::prelude::*;
use shared::{
    Money, Timestamp,
    id::ConversationId,
    view::chat::{
        Author, ConversationSummary, ConversationView, MessageStatus, MessageView, ModelChoice,
        RunEvent,
    },
};

use super::answer::WholeAnswer;
use crate::{
    api::chat::{AnswerEvent, ConversationGroup, OfferedModel, OpenConversation, ShownMessage},
    components::Amount,
    format, written,
};

/// Neighbours of about the same age, together.
pub(crate) fn groups(
    conversations: &[ConversationSummary],
    as_of: Timestamp,
) -> Vec<ConversationGroup> {
    conversations
        .chunk_by(|one, next| age(one, as_of) == age(next, as_of))
        .map(|group| ConversationGroup {
            title: group.first().map_or("", |first| age(first, as_of)).to_owned(),
            conversations: group
                .iter()
                .map(|conversation| (conversation.id, conversation.title.clone()))
                .collect(),
        })
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

/// A model with what a million of its tokens cost.
pub(crate) fn model(model: ModelChoice) -> OfferedModel {
    let told = |price: Option<Money>| price.map_or_else(|| "?".to_owned(), Money::short);
    let price = match (model.input_price, model.output_price) {
        (None, None) => "no price set".to_owned(),
        (input, output) => format!("{} in · {} out", told(input), told(output)),
    };
    OfferedModel { name: model.name, price }
}

/// A conversation with its answers written out.
pub(crate) fn conversation(open: ConversationView) -> OpenConversation {
    let id = open.id;
    OpenConversation {
        id,
        title: open.title,
        model: open.model,
        cost_html: cost(open.cost),
        messages: open.messages.into_iter().map(|message| shown(message, id)).collect(),
    }
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
        let groups = groups(&[at(-60), at(-120), at(-13 * 3_600)], noon);
        let sizes: Vec<usize> = groups.iter().map(|group| group.conversations.len()).collect();
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
        assert_eq!(model(choice(dollars(5), dollars(25))).price, "$5.00 in · $25.00 out");
        assert_eq!(model(choice(dollars(5), None)).price, "$5.00 in · ? out");
        assert_eq!(model(choice(None, None)).price, "no price set");
    }
}
