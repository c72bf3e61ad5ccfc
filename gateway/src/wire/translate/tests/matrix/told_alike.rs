//! What is told alike, once, below the names of all that lead to it.

use std::fmt::Write;

use crate::wire::Dialect;

#[derive(Default)]
pub(super) struct ToldAlike {
    groups: Vec<(String, Vec<&'static str>)>,
}

impl ToldAlike {
    pub(super) fn add(&mut self, from: Dialect, told: String) {
        match self.groups.iter_mut().find(|(text, _)| *text == told) {
            Some((_, names)) => names.push(from.as_str()),
            None => self.groups.push((told, vec![from.as_str()])),
        }
    }

    /// Below a title; nothing where nothing was told.
    pub(super) fn write(self, title: &str, out: &mut String) {
        if self.groups.is_empty() {
            return;
        }
        writeln!(out, "=== {title}").unwrap();
        for (told, names) in self.groups {
            writeln!(out, "--- from {}\n{}", names.join(", "), told.trim_end()).unwrap();
        }
    }
}
