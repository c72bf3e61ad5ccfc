//! Which betas a host takes.

use std::collections::{HashMap, HashSet};

use super::allowed::told;

/// Which betas a host takes, and under which names.
#[derive(Debug, Clone, Default)]
pub struct AllowedBetas {
    /// The name at the host of each that it takes.
    allowed: HashMap<String, String>,
    denied: HashSet<String>,
    is_everything: bool,
}

/// What becomes of the betas of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentBetas {
    /// Those that the host is sent, each once, in the order of the call.
    pub sent: Vec<String>,
    /// Those that it is not sent, as the caller is told them.
    pub dropped: Vec<String>,
}

impl AllowedBetas {
    /// All of them.
    #[must_use]
    pub fn everything() -> Self {
        Self { is_everything: true, ..Self::default() }
    }

    /// Takes a beta, under its own name or another one; `*` is every beta.
    pub fn allow(&mut self, name: &str, sent_as: Option<&str>) {
        if name == "*" {
            self.is_everything = true;
        } else {
            self.allowed.insert(name.to_owned(), sent_as.unwrap_or(name).to_owned());
        }
    }

    /// Does not take a beta, whatever else is said; `*` is every beta.
    pub fn deny(&mut self, name: &str) {
        self.denied.insert(name.to_owned());
    }

    /// Whether the betas of every call are fine as they are.
    #[must_use]
    pub fn takes_everything(&self) -> bool {
        self.is_everything && self.denied.is_empty()
    }

    /// Tells what of the betas of a call is sent; they come as headers have them, several in one
    /// text.
    #[must_use]
    pub fn of_call<'a>(&self, headers: impl IntoIterator<Item = &'a str>) -> SentBetas {
        let mut betas = SentBetas::default();
        let asked = headers.into_iter().flat_map(|header| header.split(',')).map(str::trim);
        for beta in asked.filter(|beta| !beta.is_empty()) {
            let (list, name) = match self.name_at_host(beta) {
                Some(name) => (&mut betas.sent, name.to_owned()),
                None => (&mut betas.dropped, told("anthropic-beta: ", beta)),
            };
            if !list.contains(&name) {
                list.push(name);
            }
        }
        betas
    }

    fn name_at_host<'a>(&'a self, beta: &'a str) -> Option<&'a str> {
        let is_denied = |name: &str| self.denied.contains(name);
        let own = || self.is_everything.then_some(beta);
        let name = self.allowed.get(beta).map(String::as_str).or_else(own)?;
        let is_left_out = is_denied("*") || is_denied(beta) || is_denied(name);
        (!is_left_out).then_some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> AllowedBetas {
        let mut betas = AllowedBetas::default();
        betas.allow("one-2025", None);
        betas.allow("new-2026", Some("old-2025"));
        betas
    }

    #[test]
    fn what_is_not_allowed_is_left_out_and_told() {
        let betas = some().of_call(["one-2025, two-2025", "one-2025,new-2026,,two-2025"]);
        assert_eq!(betas.sent, ["one-2025", "old-2025"]);
        assert_eq!(betas.dropped, ["anthropic-beta: two-2025"]);
    }

    #[test]
    fn a_star_allows_every_beta_and_denies_every_beta() {
        let mut betas = some();
        betas.allow("*", None);
        betas.deny("three");
        let told = betas.of_call(["two,three,new-2026"]);
        assert_eq!((told.sent, told.dropped.len()), (vec!["two".into(), "old-2025".into()], 1));
        betas.deny("*");
        assert_eq!(betas.of_call(["two,one-2025"]).sent, Vec::<String>::new());
    }

    #[test]
    fn a_beta_is_denied_under_either_of_its_names() {
        for name in ["new-2026", "old-2025"] {
            let mut betas = some();
            betas.deny(name);
            assert!(betas.of_call(["new-2026"]).sent.is_empty(), "{name}");
        }
    }

    #[test]
    fn no_name_breaks_the_header_that_tells_it() {
        let odd = format!("ä\n{}", "x".repeat(500));
        let told = some().of_call([&*odd]).dropped.remove(0);
        assert!(told.is_ascii() && told.len() < 100, "{told}");
    }
}
