//! Signing in and out.

use app::visit::{FailedForm, Form as Which, SESSION_COOKIE};
use axum::{
    Form,
    extract::State,
    http::header::SET_COOKIE,
    response::{IntoResponse, Redirect, Response},
};
use gateway::identity::NewSession;
use serde::Deserialize;

use super::super::{
    Site,
    caller::{Caller, Visitor, named, session_cookie},
    render::Posted,
};

/// What the sign-in form posts.
#[derive(Deserialize)]
pub(in crate::site) struct Credentials {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// What the button of a one-time link posts.
#[derive(Deserialize)]
pub(in crate::site) struct Link {
    token: String,
}

/// What the form for a first password posts.
#[derive(Deserialize)]
pub(in crate::site) struct FirstPassword {
    password: String,
}

/// `POST /sign-in`
pub(in crate::site) async fn with_password(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form<Credentials>,
) -> Response {
    let signed_in =
        site.gateway.sign_in.with_password(&form.email, &form.password, &visitor.client).await;
    match signed_in {
        Ok(session) => welcome(&visitor, &session, inside(&form.next)),
        Err(problem) => {
            let posted = Posted::Failed(FailedForm {
                form: Which::SignIn,
                problem: named(problem, &visitor.headers),
                kept: form.email,
            });
            site.page_after("/sign-in", visitor.headers, posted).await
        }
    }
}

/// `POST /sign-in/once`
pub(in crate::site) async fn with_link(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form<Link>,
) -> Response {
    match site.gateway.sign_in.with_link(&form.token, &visitor.client).await {
        Ok(session) => welcome(&visitor, &session, "/sign-in/password"),
        Err(problem) => {
            let problem = named(problem, &visitor.headers);
            let kept = String::new();
            let posted = Posted::Failed(FailedForm { form: Which::SignInOnce, problem, kept });
            site.page_after("/sign-in/once", visitor.headers, posted).await
        }
    }
}

/// `POST /sign-in/password`
pub(in crate::site) async fn choose_password(
    State(site): State<Site>,
    caller: Caller,
    Form(form): Form<FirstPassword>,
) -> Response {
    match site
        .gateway
        .sign_in
        .choose_password(&caller.principal, &caller.client, &form.password)
        .await
    {
        Ok(()) => Redirect::to("/chat").into_response(),
        Err(problem) => {
            let problem = caller.name(problem);
            let kept = String::new();
            let posted = Posted::Failed(FailedForm { form: Which::ChoosePassword, problem, kept });
            site.page_after("/sign-in/password", caller.headers, posted).await
        }
    }
}

/// `POST /sign-out`
pub(in crate::site) async fn sign_out(State(site): State<Site>, visitor: Visitor) -> Response {
    let token = app::api::caller::cookie(&visitor.headers, SESSION_COOKIE).unwrap_or_default();
    if let Err(problem) = site.gateway.sign_in.end(&token, &visitor.client).await {
        // The cookie goes all the same; the session itself ends when it expires.
        tracing::warn!(code = %problem.code, "a session could not be ended in the database");
    }
    let gone = session_cookie(&visitor.headers, "", 0);
    ([(SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response()
}

fn welcome(visitor: &Visitor, session: &NewSession, to: &str) -> Response {
    let cookie = session_cookie(&visitor.headers, &session.token, session.max_age_seconds);
    ([(SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

/// An address of this site, or the chat where `next` leads anywhere else.
fn inside(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    if is_path && is_plain { next } else { "/chat" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_leads_to_another_site() {
        assert_eq!(inside("/keys?x=1"), "/keys?x=1");
        for elsewhere in
            ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb"]
        {
            assert_eq!(inside(elsewhere), "/chat", "{elsewhere}");
        }
    }
}
