//! The open conversation as the page holds it: one signal per message, so that a streaming
//! answer touches nothing but itself.

use leptos::prelude::*;
use shared::{
    Money, Problem,
    id::{ConversationId, MessageId},
    view::chat::{Author, ConversationView, MessageStatus, MessageView, RunStarted},
};

/// The id of the last question on the page; the server leads there after a plain form, too.
pub(super) const LATEST: &str = "latest";

/// One message and the key by which the list knows it.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) message: ArcRwSignal<MessageView>,
}

impl Entry {
    fn new(message: MessageView) -> Self {
        Self { key: message.id.to_string(), message: ArcRwSignal::new(message) }
    }
}

/// The conversation.
#[derive(Clone, Copy)]
pub(super) struct Thread {
    pub(super) conversation: Option<ConversationId>,
    pub(super) title: RwSignal<String>,
    pub(super) model: RwSignal<String>,
    pub(super) cost: RwSignal<Money>,
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// What was sent and has not been answered by the server yet.
    pub(super) pending: RwSignal<Option<String>>,
    /// What went wrong with the last thing that was tried.
    pub(super) problem: RwSignal<Option<Problem>>,
    /// What a screen reader is told, politely.
    pub(super) announcement: RwSignal<String>,
}

impl Thread {
    /// The thread of a conversation, or of a new one that would go to `model`.
    pub(super) fn new(conversation: Option<ConversationView>, model: String) -> Self {
        let mut thread = Self {
            conversation: None,
            title: RwSignal::new(String::new()),
            model: RwSignal::new(model),
            cost: RwSignal::new(Money::ZERO),
            entries: RwSignal::new(Vec::new()),
            pending: RwSignal::new(None),
            problem: RwSignal::new(None),
            announcement: RwSignal::new(String::new()),
        };
        if let Some(open) = conversation {
            thread.conversation = Some(open.id);
            thread.title.set(open.title);
            thread.model.set(open.model);
            thread.cost.set(open.cost);
            thread.entries.set(open.messages.into_iter().map(Entry::new).collect());
        }
        thread
    }

    /// The answer that is being written, if one is.
    pub(super) fn streaming(self) -> Option<MessageId> {
        self.entries.with(|entries| {
            entries.iter().rev().find_map(|entry| {
                entry.message.with(|message| {
                    (message.status == MessageStatus::Streaming).then_some(message.id)
                })
            })
        })
    }

    /// Whether this is the last question, to which the page scrolls.
    pub(super) fn is_latest_question(self, key: &str) -> bool {
        self.entries.with(|entries| {
            let is_question = |entry: &&Entry| {
                entry.message.with_untracked(|message| message.author == Author::User)
            };
            entries.iter().rev().find(is_question).is_some_and(|entry| entry.key == key)
        })
    }

    /// A question was taken: shows it, and the answer that begins.
    pub(super) fn began(self, run: RunStarted, question: String) {
        let mut asked = self.blank(run.message_id, Author::User);
        asked.text = question;
        asked.status = MessageStatus::Complete;
        let key = format!("question-{}", run.message_id);
        let asked = Entry { key, message: ArcRwSignal::new(asked) };
        let answer = Entry::new(self.blank(run.message_id, Author::Assistant));
        self.entries.update(|entries| entries.extend([asked, answer]));
    }

    /// Another answer to the same question begins: it takes the former one's place, and what
    /// followed the former one is on its branch.
    pub(super) fn began_again(self, former: MessageId, run: RunStarted) {
        let mut answer = self.blank(run.message_id, Author::Assistant);
        self.entries.update(|entries| {
            let place = entries.iter().position(|entry| {
                entry.message.with_untracked(|message| {
                    message.id == former && message.author == Author::Assistant
                })
            });
            let Some(place) = place else { return };
            if let Some(former) = entries.get(place) {
                former.message.with_untracked(|former| {
                    answer.siblings = former.siblings.saturating_add(1);
                    answer.sibling = answer.siblings;
                    answer.model.clone_from(&former.model);
                });
            }
            entries.truncate(place);
            entries.push(Entry::new(answer));
        });
    }

    /// A message of which nothing has come yet.
    fn blank(self, id: MessageId, author: Author) -> MessageView {
        MessageView {
            id,
            author,
            text: String::new(),
            html: String::new(),
            status: MessageStatus::Streaming,
            model: (author == Author::Assistant).then(|| self.model.get_untracked()),
            problem: None,
            created_at: shared::Timestamp::default(),
            receipt: None,
            sibling: 1,
            siblings: 1,
        }
    }
}
