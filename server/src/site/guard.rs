//! Who may see which page, decided before it is rendered.

use app::{api::caller::cookie, visit::SESSION_COOKIE};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Redirect, Response},
};
use gateway::Gateway;

use super::Site;

/// How far somebody has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Unknown,
    NeedsPassword,
    SignedIn,
}

fn standing(gateway: &Gateway, headers: &HeaderMap) -> Standing {
    let token = cookie(headers, SESSION_COOKIE).unwrap_or_default();
    match gateway.sign_in.principal(&token) {
        Err(_) => Standing::Unknown,
        Ok(principal) if principal.signed_in().needs_password => Standing::NeedsPassword,
        Ok(_) => Standing::SignedIn,
    }
}

/// Where to go instead of the page, if it is not for somebody of this standing.
fn detour(uri: &Uri, standing: Standing) -> Option<String> {
    let path = uri.path();
    let is_inside = ["/chat", "/keys", "/spend"].iter().any(|inside| path.starts_with(inside));
    match standing {
        Standing::Unknown if is_inside => {
            let wanted = uri.path_and_query().map_or(path, |wanted| wanted.as_str());
            Some(format!("/sign-in?next={}", encode(wanted)))
        }
        Standing::Unknown if path == "/sign-in/password" => Some("/sign-in".to_owned()),
        Standing::NeedsPassword if is_inside || path == "/sign-in" => {
            Some("/sign-in/password".to_owned())
        }
        Standing::SignedIn if path == "/sign-in" || path == "/sign-in/password" => {
            Some("/chat".to_owned())
        }
        _ => None,
    }
}

/// Percent-encodes what has a meaning in a query string.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A page, or the way to the page that comes first.
pub(super) async fn page(State(site): State<Site>, request: Request) -> Response {
    let standing = standing(&site.gateway, request.headers());
    match detour(request.uri(), standing) {
        Some(address) => Redirect::to(&address).into_response(),
        None => site.page(request).await,
    }
}

/// `GET /`
pub(super) async fn home() -> Redirect {
    Redirect::to("/chat")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detour_of(uri: &str, standing: Standing) -> Option<String> {
        detour(&uri.parse().unwrap(), standing)
    }

    #[test]
    fn pages_behind_the_door_lead_strangers_to_it_and_back_again() {
        assert_eq!(
            detour_of("/chat/conv_1?draft=a%20b", Standing::Unknown).as_deref(),
            Some("/sign-in?next=/chat/conv_1%3Fdraft%3Da%2520b")
        );
        assert_eq!(detour_of("/sign-in", Standing::Unknown), None);
        assert_eq!(detour_of("/sign-in/once?token=t", Standing::Unknown), None);
    }

    #[test]
    fn nothing_opens_before_a_first_password_is_chosen() {
        for uri in ["/chat", "/keys", "/spend", "/sign-in"] {
            let expected = Some("/sign-in/password".to_owned());
            assert_eq!(detour_of(uri, Standing::NeedsPassword), expected, "{uri}");
        }
        assert_eq!(detour_of("/sign-in/password", Standing::NeedsPassword), None);
    }

    #[test]
    fn whoever_is_signed_in_is_not_asked_to_sign_in() {
        assert_eq!(detour_of("/sign-in", Standing::SignedIn).as_deref(), Some("/chat"));
        assert_eq!(detour_of("/spend", Standing::SignedIn), None);
    }
}
