//! The open conversation as the page holds it: one signal per message, so that a streaming
//! answer touches nothing but itself.

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use shared::{
    id::{ConversationId, MessageId},
    view::chat::RunStarted,
};

use crate::{
    Failure,
    api::chat::{OpenConversation, ShownMessage},
    reading::Reading,
};

/// The id of the last question on the page; the server leads there after a plain form, too.
pub(super) const LATEST: &str = "latest";

/// What a message is at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    /// A question, as it was typed.
    Question {
        /// Its text.
        text: String,
    },
    /// An answer that is being written.
    Writing {
        /// The message, under which the run can be followed.
        id: MessageId,
        /// The model that writes.
        model: String,
        /// What had come when the page was written.
        html: String,
    },
    /// A whole answer.
    Answer {
        /// All of it, with its receipt.
        html: String,
    },
}

/// One message and the key by which the list knows it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) body: ArcRwSignal<Body>,
}

impl Entry {
    fn new(key: String, body: Body) -> Self {
        Self { key, body: ArcRwSignal::new(body) }
    }
}

impl From<ShownMessage> for Entry {
    fn from(message: ShownMessage) -> Self {
        match message {
            ShownMessage::Question { id, text } => {
                Self::new(id.to_string(), Body::Question { text })
            }
            ShownMessage::Answer { id, html } => Self::new(id.to_string(), Body::Answer { html }),
            ShownMessage::Writing { id, model, html } => {
                Self::new(id.to_string(), Body::Writing { id, model, html })
            }
        }
    }
}

/// The conversation.
#[derive(Clone, Copy)]
pub(super) struct Thread {
    pub(super) conversation: Option<ConversationId>,
    pub(super) title: RwSignal<String>,
    pub(super) model: RwSignal<String>,
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// What was sent and has not been answered by the server yet.
    pub(super) pending: RwSignal<Option<String>>,
    /// Whether another answer was asked for and has not begun yet.
    pub(super) is_asking_again: RwSignal<bool>,
    /// What went wrong with the last thing that was tried.
    pub(super) failure: RwSignal<Option<Failure>>,
    /// What a screen reader is told, politely.
    pub(super) announcement: RwSignal<String>,
    /// The list beside it, read again when one begins, ends or is renamed.
    pub(super) listing: Reading,
    /// Reads the conversation again.
    pub(super) opening: Reading,
    /// Goes to another page.
    pub(super) go: Callback<String>,
}

impl Thread {
    /// The thread of a conversation, or of a new one that would go to `model`.
    pub(super) fn new(
        conversation: Option<OpenConversation>,
        model: String,
        failure: Option<Failure>,
        (listing, opening): (Reading, Reading),
    ) -> Self {
        let (id, title, messages) = conversation.map_or_else(
            || (None, String::new(), Vec::new()),
            |open| (Some(open.id), open.title, open.messages),
        );
        let navigate = use_navigate();
        Self {
            conversation: id,
            title: RwSignal::new(title),
            model: RwSignal::new(model),
            entries: RwSignal::new(messages.into_iter().map(Entry::from).collect()),
            pending: RwSignal::new(None),
            is_asking_again: RwSignal::new(false),
            failure: RwSignal::new(failure),
            announcement: RwSignal::new(String::new()),
            listing,
            opening,
            go: Callback::new(move |address: String| {
                navigate(&address, NavigateOptions::default());
            }),
        }
    }

    /// What the last thing that was tried came to; clears what an earlier one left.
    pub(super) fn tell<T>(self, result: Result<T, Failure>) -> Option<T> {
        match result {
            Ok(value) => {
                self.failure.set(None);
                Some(value)
            }
            Err(failure) => {
                self.failure.set(Some(failure));
                None
            }
        }
    }

    /// The answer that is being written, if one is.
    pub(super) fn writing(self) -> Option<MessageId> {
        self.entries.with(|entries| {
            entries.iter().rev().find_map(|entry| {
                entry.body.with(|body| match body {
                    Body::Writing { id, .. } => Some(*id),
                    Body::Question { .. } | Body::Answer { .. } => None,
                })
            })
        })
    }

    /// Whether something is on its way that must end before anything else is sent.
    pub(super) fn is_busy(self) -> bool {
        self.pending.with(Option::is_some) || self.is_asking_again.get() || self.writing().is_some()
    }

    /// Whether this is the last question, to which the page scrolls.
    pub(super) fn is_latest_question(self, key: &str) -> bool {
        self.entries.with(|entries| {
            let is_question = |entry: &&Entry| {
                entry.body.with_untracked(|body| matches!(body, Body::Question { .. }))
            };
            entries.iter().rev().find(is_question).is_some_and(|entry| entry.key == key)
        })
    }

    /// A question was taken: shows it, and the answer that begins.
    pub(super) fn began(self, run: RunStarted, text: String) {
        let question = Entry::new(format!("question-{}", run.message_id), Body::Question { text });
        let answer = self.blank(run);
        self.entries.update(|entries| entries.extend([question, answer]));
    }

    /// Another answer to the same question begins: it takes the former one's place, and what
    /// followed the former one is on its branch.
    pub(super) fn began_again(self, former: MessageId, run: RunStarted) {
        let former = former.to_string();
        let answer = self.blank(run);
        self.entries.update(|entries| {
            if let Some(place) = entries.iter().position(|entry| entry.key == former) {
                entries.truncate(place);
            }
            entries.push(answer);
        });
    }

    /// An answer of which nothing has come yet.
    fn blank(self, run: RunStarted) -> Entry {
        let model = self.model.get_untracked();
        let id = run.message_id;
        Entry::new(id.to_string(), Body::Writing { id, model, html: String::new() })
    }
}
