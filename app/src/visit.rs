//! What the server knows about a visit when it renders the page, handed to the browser with it.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::{
    Problem,
    view::{
        keys::NewKey,
        providers::{ProviderCheck, ProviderDraft},
    },
};

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
    /// A provider that is added, changed, removed or tested.
    Provider,
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

/// What a test of a provider has just found, for the page that is the answer to it.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct CheckedProvider(pub ProviderCheck);

/// What was typed into the form of a provider that failed; its key never is.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct KeptProvider(pub ProviderDraft);

/// A key that a form has just made; the answer to it is the only page that shows its secret.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone)]
pub struct MadeKey(pub NewKey);

/// Why `form` failed and the text that was kept, where this page is the answer to it.
pub(crate) fn posted_failure(form: Form) -> Option<(Failure, String)> {
    brought(|| on_server::posted_failure(form))
}

/// The key that a form has just made, as HTML, where this page is the answer to it.
pub(crate) fn made_key() -> Option<String> {
    brought(on_server::made_key)
}

/// The rail as HTML, for whoever is signed in and may go everywhere.
pub(crate) fn rail() -> Option<String> {
    brought(on_server::rail)
}

/// What the server works out while it renders, and a hydrating page reads off what came.
fn brought<T: Wire>(on_server: impl FnOnce() -> T) -> T {
    SharedValue::<T, Lines>::new_with_encoding(on_server).into_inner()
}

#[cfg(feature = "ssr")]
mod on_server {
    use leptos::prelude::use_context;

    use super::{FailedForm, Failure, Form, MadeKey};
    use crate::{components, pages::keys::shown};

    pub(super) fn posted_failure(form: Form) -> Option<(Failure, String)> {
        let failed = use_context::<FailedForm>().filter(|failed| failed.form == form)?;
        Some((failed.problem.into(), failed.kept))
    }

    pub(super) fn made_key() -> Option<String> {
        use_context::<MadeKey>().map(|made| shown::made(made.0))
    }

    pub(super) fn rail() -> Option<String> {
        components::rail::of_request()
    }
}

/// In the browser these come with the page; a page that one goes to without a reload has none.
#[cfg(not(feature = "ssr"))]
mod on_server {
    use super::{Failure, Form};

    pub(super) fn posted_failure(_: Form) -> Option<(Failure, String)> {
        None
    }

    pub(super) fn made_key() -> Option<String> {
        None
    }

    pub(super) fn rail() -> Option<String> {
        None
    }
}
