//! Who calls a server function, and with what it answers.

use std::sync::Arc;

use gateway::{
    Gateway,
    identity::{Client, Principal},
};
use http::{
    HeaderMap, StatusCode,
    header::{COOKIE, HOST},
    request::Parts,
};
use leptos::prelude::{expect_context, use_context};
use leptos_axum::ResponseOptions;
use shared::{Problem, ProblemCode};

use crate::{Failure, visit::SESSION_COOKIE};

/// The caller of a server function, with the engine at hand.
pub struct Caller {
    /// The engine.
    pub gateway: Arc<Gateway>,
    /// Who calls.
    pub principal: Principal,
    /// From where.
    pub client: Client,
}

impl Caller {
    /// The caller of the request that is being answered.
    ///
    /// # Errors
    /// [`ProblemCode::Unauthenticated`] if nobody is signed in, [`ProblemCode::Forbidden`] while
    /// a first password is still to be chosen.
    pub fn of_request() -> Result<Self, Failure> {
        answer(Self::signed_in())
    }

    fn signed_in() -> Result<Self, Problem> {
        let gateway: Arc<Gateway> = expect_context();
        let parts = use_context::<Parts>();
        let token = parts
            .as_ref()
            .and_then(|parts| cookie(&parts.headers, SESSION_COOKIE))
            .unwrap_or_default();
        let client = parts.and_then(|parts| parts.extensions.get::<Client>().cloned());
        let principal = gateway.sign_in.principal(&token)?;
        if principal.signed_in().needs_password {
            return Err(Problem::new(
                ProblemCode::Forbidden,
                "Choose a password first; everything else works from then on.",
            ));
        }
        Ok(Self { gateway, principal, client: client.unwrap_or_default() })
    }
}

/// The value of a cookie.
#[must_use]
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// Hands a service's answer on; a problem also sets the status and names the request.
///
/// # Errors
/// The service's own problem.
pub fn answer<T>(result: Result<T, Problem>) -> Result<T, Failure> {
    result.map_err(|mut problem| {
        if let Some(options) = use_context::<ResponseOptions>()
            && let Ok(status) = StatusCode::from_u16(problem.status)
        {
            options.set_status(status);
        }
        if problem.request_id.is_empty()
            && let Some(parts) = use_context::<Parts>()
        {
            problem.request_id = request_id(&parts.headers);
        }
        Failure::from(problem)
    })
}

/// Whether the browser reached the gateway, or the proxy before it, over TLS.
#[must_use]
pub fn is_secure(headers: &HeaderMap) -> bool {
    let forwarded = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    forwarded.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"))
}

/// The address that the request was sent to, without a path: `https://ai.example.com`.
#[must_use]
pub fn origin(headers: &HeaderMap) -> String {
    let scheme = if is_secure(headers) { "https" } else { "http" };
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    format!("{scheme}://{}", host.unwrap_or("localhost:8080"))
}

/// The id that the edge gave the request; empty where it gave none.
#[must_use]
pub fn request_id(headers: &HeaderMap) -> String {
    let id = headers.get("x-request-id").and_then(|value| value.to_str().ok());
    id.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_in_any_of_the_cookie_headers() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "helix_theme=dark; other=1".parse().unwrap());
        headers.append(COOKIE, "helix_session=abc=".parse().unwrap());
        assert_eq!(cookie(&headers, "helix_session").as_deref(), Some("abc="));
        assert_eq!(cookie(&headers, "helix_theme").as_deref(), Some("dark"));
        assert_eq!(cookie(&headers, "session"), None);
    }
}
