//! Who posts a form.

use std::net::SocketAddr;

use app::{
    api::caller::{cookie, is_secure, request_id},
    visit::SESSION_COOKIE,
};
use axum::{
    extract::{ConnectInfo, FromRequestParts, Request},
    http::{HeaderMap, header::USER_AGENT, request::Parts},
    middleware::Next,
    response::{Redirect, Response},
};
use gateway::identity::{Client, Principal};
use shared::Problem;

use super::Site;

/// A signed-in person who posts a form; a handler that takes this cannot be called by anyone
/// else. Strangers are led to the sign-in page.
pub(super) struct Caller {
    pub(super) principal: Principal,
    pub(super) client: Client,
    pub(super) headers: HeaderMap,
}

impl Caller {
    /// Names the request in a problem that has none yet.
    pub(super) fn name(&self, problem: Problem) -> Problem {
        named(problem, &self.headers)
    }
}

/// Names the request in a problem that has none yet.
pub(super) fn named(mut problem: Problem, headers: &HeaderMap) -> Problem {
    if problem.request_id.is_empty() {
        problem.request_id = request_id(headers);
    }
    problem
}

impl FromRequestParts<Site> for Caller {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Redirect> {
        let token = cookie(&parts.headers, SESSION_COOKIE).unwrap_or_default();
        let principal =
            site.gateway.sign_in.principal(&token).map_err(|_| Redirect::to("/sign-in"))?;
        let needs_password = principal.signed_in().needs_password;
        if needs_password && parts.uri.path() != "/sign-in/password" {
            return Err(Redirect::to("/sign-in/password"));
        }
        Ok(Self { principal, client: client(parts), headers: parts.headers.clone() })
    }
}

/// Somebody who may be a stranger.
pub(super) struct Visitor {
    pub(super) client: Client,
    pub(super) headers: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { client: client(parts), headers: parts.headers.clone() })
    }
}

/// Where a request comes from.
fn client(parts: &Parts) -> Client {
    parts.extensions.get::<Client>().cloned().unwrap_or_default()
}

/// Notes on every request where it comes from, for whoever answers it.
pub(super) async fn note_client(mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let ip = peer.map(|ConnectInfo(address)| address.ip().to_string()).unwrap_or_default();
    let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    let client = Client {
        ip,
        user_agent: user_agent.unwrap_or_default().to_owned(),
        request_id: request_id(request.headers()),
    };
    request.extensions_mut().insert(client);
    next.run(request).await
}

/// The session cookie; `Secure` where the browser came by TLS.
pub(super) fn session_cookie(headers: &HeaderMap, token: &str, max_age_seconds: i64) -> String {
    let secure = if is_secure(headers) { "; Secure" } else { "" };
    format!(
        "{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_seconds}{secure}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_cookie_is_secure_exactly_behind_tls() {
        let mut headers = HeaderMap::new();
        assert!(!session_cookie(&headers, "t", 60).contains("Secure"));
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        assert!(session_cookie(&headers, "t", 60).ends_with("Max-Age=60; Secure"));
    }
}
