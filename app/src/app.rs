//! The root: what every page shares, and which page answers which address.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    browser::Hydrated,
    pages::{
        ChatPage, ChoosePassword, KeysPage, NotFound, ProvidersPage, SignIn, SignInOnce, SpendPage,
    },
    places::MarkPlaces,
    visit,
};

/// The pages with everything around them.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Hydrated::provide();
    let rail = visit::rail();
    let frame = if rail.is_some() { "frame" } else { "frame frame-bare" };
    view! {
        <Title formatter=|title: String| format!("{title} · Helix Gateway")/>
        <Router>
            <MarkPlaces/>
            <a class="skip-link" href="#main">"Skip to content"</a>
            <div class=frame>
                {rail.map(|html| view! { <nav class="rail" aria-label="Main" inner_html=html></nav> })}
                <FlatRoutes fallback=NotFound>
                    <Route path=path!("/sign-in") view={Lazy::<SignIn>::new()}/>
                    <Route path=path!("/sign-in/once") view={Lazy::<SignInOnce>::new()}/>
                    <Route path=path!("/sign-in/password") view={Lazy::<ChoosePassword>::new()}/>
                    <Route path=path!("/chat/:conversation?") view={Lazy::<ChatPage>::new()}/>
                    <Route path=path!("/keys") view={Lazy::<KeysPage>::new()}/>
                    <Route path=path!("/providers") view={Lazy::<ProvidersPage>::new()}/>
                    <Route path=path!("/spend") view={Lazy::<SpendPage>::new()}/>
                </FlatRoutes>
            </div>
        </Router>
    }
}
