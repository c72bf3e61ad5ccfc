//! The theme, where no code runs.

use app::theme::Theme;
use axum::{
    Form,
    http::{
        HeaderMap, Uri,
        header::{REFERER, SET_COOKIE},
    },
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;

/// What the form posts.
#[derive(Deserialize)]
pub(in crate::site) struct Chosen {
    theme: String,
}

/// `POST /theme`: remembers the theme and goes back.
pub(in crate::site) async fn choose(
    headers: HeaderMap,
    Form(chosen): Form<Chosen>,
) -> impl IntoResponse {
    let came_from = headers.get(REFERER).and_then(|value| value.to_str().ok());
    let back = came_from.and_then(|address| address.parse::<Uri>().ok());
    let back = back.as_ref().and_then(Uri::path_and_query).map_or("/chat", |path| path.as_str());
    ([(SET_COOKIE, Theme::named(&chosen.theme).cookie())], Redirect::to(back))
}
