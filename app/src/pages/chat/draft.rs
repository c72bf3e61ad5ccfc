//! What was typed and not sent: kept by the browser tab, per conversation.

use leptos::{html, prelude::*};
use leptos_router::hooks::use_query_map;
use shared::id::ConversationId;

use crate::browser;

/// The place of a conversation's draft.
#[derive(Clone, Copy)]
pub(super) struct Draft(StoredValue<String>);

impl Draft {
    /// The draft of a conversation, or of a new one.
    pub(super) fn of(conversation: Option<ConversationId>) -> Self {
        let place = conversation.map_or_else(|| "new".to_owned(), |id| id.to_string());
        Self(StoredValue::new(format!("helix_draft_{place}")))
    }

    /// Keeps what is typed.
    pub(super) fn keep(self, text: &str) {
        self.0.with_value(|place| browser::remember(place, text));
    }

    /// Nothing is left to send.
    pub(super) fn forget(self) {
        self.0.with_value(|place| browser::forget(place));
    }

    /// Fills the field: with what the address asks for, else with what was typed before.
    pub(super) fn fill(self, field: NodeRef<html::Textarea>) {
        let query = use_query_map();
        Effect::new(move || {
            let asked = query.with(|query| query.get("draft"));
            let Some(field) = field.get() else { return };
            if let Some(asked) = asked {
                field.set_value(&asked);
                // A field of the page takes the focus.
                let _focused = field.focus();
            } else if field.value().is_empty()
                && let Some(typed) = self.0.with_value(|place| browser::remembered(place))
            {
                field.set_value(&typed);
            }
        });
    }
}
