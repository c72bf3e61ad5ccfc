//! A link as JSON: the same members in the same order as in the form that is hashed.

use super::super::form::Members;

/// Collects the members of a link as JSON text.
#[derive(Default)]
pub(super) struct JsonMembers {
    text: String,
}

impl JsonMembers {
    /// The text of the link, given what puts its members.
    pub(super) fn of(put: impl FnOnce(&mut Self)) -> String {
        let mut members = Self { text: "{".to_owned() };
        put(&mut members);
        members.text.push('}');
        members.text
    }

    fn name(&mut self, name: &str) {
        if !self.text.ends_with(['{', '[']) {
            self.text.push(',');
        }
        self.quoted(name);
        self.text.push(':');
    }

    fn quoted(&mut self, text: &str) {
        // Text always has this form.
        self.text.push_str(&serde_json::to_string(text).unwrap_or_default());
    }
}

impl Members for JsonMembers {
    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        self.quoted(value);
    }

    fn whole(&mut self, name: &str, value: i64) {
        self.name(name);
        self.text.push_str(&value.to_string());
    }

    fn list<T>(&mut self, name: &str, parts: &[T], put: impl Fn(&mut Self, &T)) {
        self.name(name);
        self.text.push('[');
        for (at, part) in parts.iter().enumerate() {
            self.text.push_str(if at == 0 { "{" } else { ",{" });
            put(self, part);
            self.text.push('}');
        }
        self.text.push(']');
    }
}
