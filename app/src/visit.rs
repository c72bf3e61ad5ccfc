//! What the server knows about a visit when it renders the page, handed to the browser with it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    Problem,
    view::{keys::NewKey, session::SignedIn},
};

use crate::theme::Theme;

/// The cookie that holds a session's token.
pub const SESSION_COOKIE: &str = "helix_session";

/// A form that a page posts; the server answers a failed one with the same page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// E-mail address and password.
    SignIn,
    /// A link that works once.
    SignInOnce,
    /// A first password.
    ChoosePassword,
    /// A new API key.
    CreateKey,
    /// The end of an API key.
    RevokeKey,
    /// A chat message, or anything else in a conversation.
    Chat,
}

/// What came of the form whose answer this page is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormOutcome {
    /// It failed; what was typed is kept (a password never is).
    Failed {
        /// The form.
        form: Form,
        /// What went wrong.
        problem: Problem,
        /// The text of the form's main field.
        kept: String,
    },
    /// A key was made; this is the only time its secret is shown.
    KeyMade(NewKey),
}

/// The visit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Visit {
    /// Who is signed in, if anyone.
    pub signed_in: Option<SignedIn>,
    /// The theme to paint in.
    pub theme: Theme,
    /// The address that the page was asked under, without a path: `https://ai.example.com`.
    pub origin: String,
    /// What came of the posted form, if one was posted.
    pub outcome: Option<FormOutcome>,
}

/// The outcome of the posted form, for the page that it belongs to to take once.
#[derive(Clone, Copy)]
pub(crate) struct PostedForm(StoredValue<Option<FormOutcome>>);

impl PostedForm {
    pub(crate) fn new(outcome: Option<FormOutcome>) -> Self {
        Self(StoredValue::new(outcome))
    }

    /// The failure of `form` and the text that was kept, the first time it is asked for.
    pub(crate) fn take_failure(self, wanted: Form) -> Option<(Problem, String)> {
        let is_wanted = |outcome: &Option<FormOutcome>| matches!(outcome, Some(FormOutcome::Failed { form, .. }) if *form == wanted);
        if !self.0.with_value(is_wanted) {
            return None;
        }
        match self.0.try_update_value(Option::take).flatten() {
            Some(FormOutcome::Failed { problem, kept, .. }) => Some((problem, kept)),
            _ => None,
        }
    }

    /// The key that was just made, the first time it is asked for.
    pub(crate) fn take_new_key(self) -> Option<NewKey> {
        let is_wanted =
            |outcome: &Option<FormOutcome>| matches!(outcome, Some(FormOutcome::KeyMade(_)));
        if !self.0.with_value(is_wanted) {
            return None;
        }
        match self.0.try_update_value(Option::take).flatten() {
            Some(FormOutcome::KeyMade(key)) => Some(key),
            _ => None,
        }
    }
}

/// The address under which this gateway is visited.
#[derive(Clone)]
pub(crate) struct Origin(pub(crate) String);

/// The posted form of this visit.
pub(crate) fn posted_form() -> PostedForm {
    use_context().unwrap_or_else(|| PostedForm::new(None))
}

impl Visit {
    /// Reads the visit off the request that is being answered.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn of_request() -> Self {
        use std::sync::Arc;

        use crate::api::caller;

        let Some(gateway) = use_context::<Arc<gateway::Gateway>>() else {
            return Self::default();
        };
        let cookie = |name| {
            use_context::<http::request::Parts>()
                .and_then(|parts| caller::cookie(&parts.headers, name))
        };
        let signed_in = cookie(SESSION_COOKIE)
            .and_then(|token| gateway.sign_in.principal(&token).ok())
            .map(|principal| principal.signed_in());
        let theme = cookie(crate::theme::THEME_COOKIE);
        Self {
            signed_in,
            theme: theme.as_deref().map(Theme::named).unwrap_or_default(),
            origin: use_context::<http::request::Parts>()
                .map(|parts| caller::origin(&parts.headers))
                .unwrap_or_default(),
            outcome: use_context::<FormOutcome>(),
        }
    }

    /// In the browser the visit always comes with the page; this is what an empty one would be.
    #[cfg(not(feature = "ssr"))]
    #[must_use]
    pub fn of_request() -> Self {
        Self::default()
    }
}
