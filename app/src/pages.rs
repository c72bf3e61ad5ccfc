//! One file per address; the bigger ones have a folder beside them.

/// Makes `$page` the page that `$view` shows; its code loads with it where the code is split.
macro_rules! page_of {
    ($page:ident, $view:path) => {
        #[cfg(split)]
        #[leptos_router::lazy_route]
        impl leptos_router::LazyRoute for $page {
            fn data() -> Self {
                Self
            }

            fn view(this: Self) -> AnyView {
                let $page = this;
                $view()
            }
        }

        #[cfg(not(split))]
        impl leptos_router::LazyRoute for $page {
            fn data() -> Self {
                Self
            }

            async fn view(_: Self) -> AnyView {
                $view()
            }
        }
    };
}

pub(crate) mod chat;
mod choose_password;
pub(crate) mod keys;
mod not_found;
pub(crate) mod providers;
mod sign_in;
mod sign_in_once;
pub(crate) mod spend;

pub(crate) use chat::ChatPage;
pub(crate) use choose_password::ChoosePassword;
pub(crate) use keys::KeysPage;
pub(crate) use not_found::NotFound;
pub(crate) use providers::ProvidersPage;
pub(crate) use sign_in::SignIn;
pub(crate) use sign_in_once::SignInOnce;
pub(crate) use spend::SpendPage;
