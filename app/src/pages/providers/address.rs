//! What the address of the page asks for.

use shared::id::ConfigurationObjectId;

/// What stands above the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Nothing.
    List,
    /// The form for a new provider.
    Add,
    /// The form of a provider that is there.
    Change(ConfigurationObjectId),
}

/// Reads what is behind the question mark; what is not understood asks for the list.
pub(crate) fn read(search: &str) -> Asked {
    let search = search.trim_start_matches('?');
    for pair in search.split('&') {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("add", _) => return Asked::Add,
            ("change", id) => {
                return id.parse().map_or(Asked::List, Asked::Change);
            }
            _ => {}
        }
    }
    Asked::List
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_which_form_is_open() {
        assert_eq!(read(""), Asked::List);
        assert_eq!(read("?add"), Asked::Add);
        let id = "config_01980000000070008000000000000001";
        assert_eq!(read(&format!("?change={id}")), Asked::Change(id.parse().unwrap()));
        assert_eq!(read("?change=nobody"), Asked::List);
    }
}
