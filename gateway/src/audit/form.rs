//! The form in which a link is hashed: its members as a `TNetString` (tnetstrings.org).
//!
//! Every part says how long it is, so nothing is escaped and no two links have the same form.
//! Making it costs a call little more than copying what it says.

use super::chain::Hash;
use crate::kernel::{
    decimal::{DIGITS, decimal},
    digest::sha256,
};

/// Takes the members of a link, one after the other. A number that is zero is no member, so that a
/// column that a later version adds changes no link from before.
pub(super) trait Members {
    /// A text.
    fn text(&mut self, name: &str, value: &str);
    /// A number other than zero.
    fn whole(&mut self, name: &str, value: i64);
    /// A list of links' parts.
    fn list<T>(&mut self, name: &str, parts: &[T], put: impl Fn(&mut Self, &T));

    /// A number, which is no member if it is zero.
    fn number(&mut self, name: &str, value: i64) {
        if value != 0 {
            self.whole(name, value);
        }
    }

    /// A text, which is no member if it is not there.
    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }
}

/// Before the members: the hash of the link before, and how long the members are.
const PREFIX_BYTES: usize = 32 + LENGTH_BYTES;
/// The longest length with its colon.
const LENGTH_BYTES: usize = DIGITS + 1;
/// What the usual call takes.
const USUAL_BYTES: usize = 2_048;

/// The form of one link; kept for the next one, so that its memory is.
#[derive(Debug)]
pub struct Form {
    bytes: Vec<u8>,
}

impl Default for Form {
    fn default() -> Self {
        Self { bytes: Vec::with_capacity(USUAL_BYTES) }
    }
}

impl Form {
    /// Begins a link.
    pub(super) fn begin(&mut self) -> &mut Self {
        self.bytes.clear();
        self.bytes.resize(PREFIX_BYTES, 0);
        self
    }

    /// The hash of the link behind `previous`.
    pub(super) fn hash_behind(&mut self, previous: &Hash) -> Hash {
        let length = self.bytes.len() - PREFIX_BYTES;
        let mut digits = [0; DIGITS];
        let digits = decimal(i64::try_from(length).unwrap_or(i64::MAX), &mut digits);
        let start = PREFIX_BYTES - 1 - digits.len();
        self.bytes[PREFIX_BYTES - 1] = b':';
        self.bytes[start..PREFIX_BYTES - 1].copy_from_slice(digits);
        self.bytes[start - 32..start].copy_from_slice(previous);
        self.bytes.push(b'}');
        let hash = sha256(&self.bytes[start - 32..]);
        self.bytes.pop();
        hash
    }

    /// The members, for tests to show.
    #[cfg(test)]
    pub(super) fn members(&self) -> String {
        String::from_utf8_lossy(&self.bytes[PREFIX_BYTES..]).into_owned()
    }

    fn part(&mut self, bytes: &[u8], kind: u8) {
        let mut digits = [0; DIGITS];
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        self.bytes.extend_from_slice(decimal(length, &mut digits));
        self.bytes.push(b':');
        self.bytes.extend_from_slice(bytes);
        self.bytes.push(kind);
    }

    /// Puts the length before everything since `start`, and the kind behind it.
    fn close(&mut self, start: usize, kind: u8) {
        let mut digits = [0; DIGITS];
        let length = i64::try_from(self.bytes.len() - start).unwrap_or(i64::MAX);
        let digits = decimal(length, &mut digits);
        self.bytes.splice(start..start, digits.iter().copied().chain([b':']));
        self.bytes.push(kind);
    }
}

impl Members for Form {
    fn text(&mut self, name: &str, value: &str) {
        self.part(name.as_bytes(), b',');
        self.part(value.as_bytes(), b',');
    }

    fn whole(&mut self, name: &str, value: i64) {
        let mut digits = [0; DIGITS];
        self.part(name.as_bytes(), b',');
        self.part(decimal(value, &mut digits), b'#');
    }

    fn list<T>(&mut self, name: &str, parts: &[T], put: impl Fn(&mut Self, &T)) {
        self.part(name.as_bytes(), b',');
        let list = self.bytes.len();
        for part in parts {
            let start = self.bytes.len();
            put(self, part);
            self.close(start, b'}');
        }
        self.close(list, b']');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_a_tnetstring_behind_the_hash_before() {
        let mut form = Form::default();
        for _ in 0..2 {
            form.begin().text("a", "größe");
            form.number("b", -12);
            form.number("nothing", 0);
            form.optional("nobody", None);
            form.list("c", &[5, 60], |form, value| form.number("d", *value));
            let text = "1:a,7:größe,1:b,3:-12#1:c,23:8:1:d,1:5#}9:1:d,2:60#}]";
            assert_eq!(&form.bytes[PREFIX_BYTES..], text.as_bytes());
            let whole = [&[3; 32][..], format!("{}:{text}}}", text.len()).as_bytes()].concat();
            assert_eq!(form.hash_behind(&[3; 32]), sha256(&whole));
        }
    }
}
