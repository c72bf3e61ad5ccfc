//! Which links are worth keeping.

use pulldown_cmark::LinkType;
use url::Url;

/// The schemes that a link in an answer may have.
pub(super) const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

/// The target of a link, or none where it may not be followed: a relative link would lead into
/// the gateway's own pages, and other schemes run code or open programs.
pub(super) fn target(link_type: LinkType, written: &str) -> Option<String> {
    let address = match link_type {
        LinkType::Email => format!("mailto:{written}"),
        _ => written.to_owned(),
    };
    let url = Url::parse(&address).ok()?;
    SCHEMES.contains(&url.scheme()).then_some(address)
}
