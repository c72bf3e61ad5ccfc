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

/// A form that failed; what was typed is kept (a password never is).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FailedForm {
    /// The form.
    pub form: Form,
    /// What went wrong.
    pub problem: Problem,
    /// The text of the form's main field.
    pub kept: String,
}

/// A key that a form has just made; the answer to it is the only page that shows its secret.
#[derive(Debug, Clone)]
pub struct MadeKey(pub NewKey);

/// Why `form` failed and the text that was kept, where this page is the answer to it.
pub(crate) fn posted_failure(form: Form) -> Option<(Problem, String)> {
    let failed =
        SharedValue::new(|| use_context::<FailedForm>().filter(|failed| failed.form == form));
    failed.into_inner().map(|failed| (failed.problem, failed.kept))
}

/// The key that a form has just made, as HTML, where this page is the answer to it.
pub(crate) fn made_key() -> Option<String> {
    SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        return use_context::<MadeKey>().map(|made| crate::pages::keys::shown::made(made.0));
        #[cfg(not(feature = "ssr"))]
        None
    })
    .into_inner()
}

/// The visit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Visit {
    /// Who is signed in, if anyone.
    pub signed_in: Option<SignedIn>,
    /// The theme to paint in.
    pub theme: Theme,
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
        Self { signed_in, theme: theme.as_deref().map(Theme::named).unwrap_or_default() }
    }

    /// In the browser the visit always comes with the page; this is what an empty one would be.
    #[cfg(not(feature = "ssr"))]
    #[must_use]
    pub fn of_request() -> Self {
        Self::default()
    }
}
