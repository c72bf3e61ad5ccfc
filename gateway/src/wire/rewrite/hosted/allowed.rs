//! Which fields a host takes.

use std::collections::{HashMap, HashSet};

/// The longest name that is told: a client may write any.
const TOLD_CHARACTERS: usize = 64;

/// Which fields a host takes. A field is named with its place in front, where that is not the body
/// itself: `stream`, `tools.strict`.
#[derive(Debug, Clone, Default)]
pub struct AllowedFields {
    allowed: HashMap<String, Vec<String>>,
    denied: HashSet<String>,
    is_everything: bool,
}

impl AllowedFields {
    /// All of them.
    #[must_use]
    pub fn everything() -> Self {
        Self { is_everything: true, ..Self::default() }
    }

    /// Takes a field, if one of the betas is sent, or in any case if none is named; `*` is every
    /// field.
    pub fn allow(&mut self, name: &str, needs: &[String]) {
        if name == "*" {
            self.is_everything = true;
        } else {
            self.allowed.insert(name.to_owned(), needs.to_vec());
        }
    }

    /// Does not take a field, whatever else is said.
    pub fn deny(&mut self, name: &str) {
        self.denied.insert(name.to_owned());
    }

    /// Whether every body is fine as it is.
    #[must_use]
    pub fn takes_everything(&self) -> bool {
        self.is_everything && self.denied.is_empty()
    }

    pub(super) fn takes(&self, name: &str, sent: &[String]) -> bool {
        if self.denied.contains(name) {
            return false;
        }
        let is_fine =
            |needs: &Vec<String>| needs.is_empty() || needs.iter().any(|beta| sent.contains(beta));
        self.is_everything || self.allowed.get(name).is_some_and(is_fine)
    }
}

/// A name for people and for a header.
pub(super) fn told(place: &str, name: &str) -> String {
    let is_plain = |letter: &char| letter.is_ascii_graphic() && *letter != ',';
    let name: String = name.chars().filter(is_plain).take(TOLD_CHARACTERS).collect();
    format!("{place}{name}")
}
