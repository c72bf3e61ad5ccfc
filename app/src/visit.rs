//! What the server knows about a visit when it renders the page, handed to the browser with it.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::{Problem, view::keys::NewKey};

use crate::{
    Failure,
    wire::{Lines, Wire},
};

/// The cookie that holds a session's token.
pub const SESSION_COOKIE: &str = "helix_session";

/// A form that a page posts; the server answers a failed one with the same page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct FailedForm {
    /// The form.
    pub form: Form,
    /// What went wrong.
    pub problem: Problem,
    /// The text of the form's main field.
    pub kept: String,
}

/// A key that a form has just made; the answer to it is the only page that shows its secret.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct MadeKey(pub NewKey);

/// Why `form` failed and the text that was kept, where this page is the answer to it.
pub(crate) fn posted_failure(form: Form) -> Option<(Failure, String)> {
    brought(|| {
        #[cfg(feature = "ssr")]
        return use_context::<FailedForm>()
            .filter(|failed| failed.form == form)
            .map(|failed| (failed.problem.into(), failed.kept));
        #[cfg(not(feature = "ssr"))]
        {
            let _of_another_page = form;
            None
        }
    })
}

/// The key that a form has just made, as HTML, where this page is the answer to it.
pub(crate) fn made_key() -> Option<String> {
    brought(|| {
        #[cfg(feature = "ssr")]
        return use_context::<MadeKey>().map(|made| crate::pages::keys::shown::made(made.0));
        #[cfg(not(feature = "ssr"))]
        None
    })
}

/// The rail as HTML, for whoever is signed in and may go everywhere.
pub(crate) fn rail() -> Option<String> {
    brought(|| {
        #[cfg(feature = "ssr")]
        return crate::components::rail::of_request();
        #[cfg(not(feature = "ssr"))]
        None
    })
}

/// What the server works out while it renders, and a hydrating page reads off what came.
fn brought<T: Wire>(on_server: impl FnOnce() -> T) -> T {
    SharedValue::<T, Lines>::new_with_encoding(on_server).into_inner()
}
