//! One file per address; the bigger ones have a folder beside them.

pub(crate) mod chat;
mod choose_password;
pub(crate) mod keys;
mod not_found;
mod sign_in;
mod sign_in_once;
pub(crate) mod spend;

pub(crate) use chat::ChatPage;
pub(crate) use choose_password::ChoosePassword;
pub(crate) use keys::KeysPage;
pub(crate) use not_found::NotFound;
pub(crate) use sign_in::SignIn;
pub(crate) use sign_in_once::SignInOnce;
pub(crate) use spend::SpendPage;
