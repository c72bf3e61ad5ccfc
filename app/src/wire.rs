//! What crosses between a page and the gateway, as one line of text.
//!
//! A line is a sequence of fields, each ended by a tab, with tabs, line ends and backslashes in
//! them escaped, as in the text format of PostgreSQL's `COPY`. What is written is read in the same
//! order, by the same code on both sides. It stands in for a general format because a browser has
//! to load whatever reads it: for this it is a kilobyte or two.

use std::marker::PhantomData;

use leptos::server::codee::{Decoder, Encoder};
use shared::{
    id::{Id, Kind},
    view::chat::RunStarted,
};

/// A value that can be written into a line and read back.
pub trait Wire: Sized {
    /// Adds the value's fields to a line.
    fn write(&self, line: &mut Line);
    /// Takes the value's fields from a line; none if they are not there or make no sense.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;
}

/// A line while it is written.
#[derive(Debug, Default)]
pub struct Line(String);

impl Line {
    /// Adds a field.
    pub fn field(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '\t' => self.0.push_str("\\t"),
                '\n' => self.0.push_str("\\n"),
                '\r' => self.0.push_str("\\r"),
                _ => self.0.push(character),
            }
        }
        self.0.push('\t');
    }
}

/// What is left of a line while it is read.
#[derive(Debug)]
pub struct Fields<'a>(&'a str);

impl Fields<'_> {
    /// Takes the next field.
    pub fn field(&mut self) -> Option<String> {
        let (field, rest) = self.0.split_once('\t')?;
        self.0 = rest;
        let mut text = String::with_capacity(field.len());
        let mut characters = field.chars();
        while let Some(character) = characters.next() {
            text.push(match character {
                '\\' => match characters.next()? {
                    't' => '\t',
                    'n' => '\n',
                    'r' => '\r',
                    escaped => escaped,
                },
                _ => character,
            });
        }
        Some(text)
    }
}

/// The line of a value.
pub fn written<T: Wire>(value: &T) -> String {
    let mut line = Line::default();
    value.write(&mut line);
    line.0
}

/// The value of a line, if it is one, and nothing more.
#[must_use]
pub fn read<T: Wire>(line: &str) -> Option<T> {
    let mut fields = Fields(line);
    let value = T::read(&mut fields)?;
    fields.0.is_empty().then_some(value)
}

/// Says that a struct crosses as its fields, in this order.
macro_rules! fields_cross {
    ($type:ty { $($field:ident),+ }) => {
        impl $crate::wire::Wire for $type {
            fn write(&self, line: &mut $crate::wire::Line) {
                $($crate::wire::Wire::write(&self.$field, line);)+
            }
            fn read(fields: &mut $crate::wire::Fields<'_>) -> Option<Self> {
                Some(Self { $($field: $crate::wire::Wire::read(fields)?),+ })
            }
        }
    };
    ($type:ident) => {
        impl $crate::wire::Wire for $type {
            fn write(&self, _: &mut $crate::wire::Line) {}
            fn read(_: &mut $crate::wire::Fields<'_>) -> Option<Self> {
                Some(Self {})
            }
        }
    };
}
pub(crate) use fields_cross;

fields_cross!(RunStarted { conversation_id, message_id });

impl Wire for String {
    fn write(&self, line: &mut Line) {
        line.field(self);
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.field()
    }
}

impl Wire for () {
    fn write(&self, _: &mut Line) {}
    fn read(_: &mut Fields<'_>) -> Option<Self> {
        Some(())
    }
}

impl Wire for u32 {
    fn write(&self, line: &mut Line) {
        line.field(&self.to_string());
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.field()?.parse().ok()
    }
}

impl<K: Kind> Wire for Id<K> {
    fn write(&self, line: &mut Line) {
        line.field(&self.to_string());
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.field()?.parse().ok()
    }
}

impl<T: Wire> Wire for Option<T> {
    fn write(&self, line: &mut Line) {
        match self {
            Some(value) => {
                line.field("some");
                value.write(line);
            }
            None => line.field("none"),
        }
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        match fields.field()?.as_str() {
            "some" => T::read(fields).map(Some),
            "none" => Some(None),
            _ => None,
        }
    }
}

impl<T: Wire, E: Wire> Wire for Result<T, E> {
    fn write(&self, line: &mut Line) {
        match self {
            Ok(value) => {
                line.field("ok");
                value.write(line);
            }
            Err(error) => {
                line.field("error");
                error.write(line);
            }
        }
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        match fields.field()?.as_str() {
            "ok" => T::read(fields).map(Ok),
            "error" => E::read(fields).map(Err),
            _ => None,
        }
    }
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    fn write(&self, line: &mut Line) {
        self.0.write(line);
        self.1.write(line);
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some((A::read(fields)?, B::read(fields)?))
    }
}

/// A list: `more` before each element and `end` after the last one.
impl<T: Wire> Wire for Vec<T> {
    fn write(&self, line: &mut Line) {
        for element in self {
            line.field("more");
            element.write(line);
        }
        line.field("end");
    }
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let mut elements = Self::new();
        loop {
            match fields.field()?.as_str() {
                "more" => elements.push(T::read(fields)?),
                "end" => return Some(elements),
                _ => return None,
            }
        }
    }
}

/// The encoding of what comes with a page.
#[derive(Debug)]
pub struct Lines(PhantomData<()>);

/// The line is not one of the expected value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the line is not one of the expected value")]
pub struct Unreadable;

impl<T: Wire> Encoder<T> for Lines {
    type Error = Unreadable;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Unreadable> {
        Ok(written(value))
    }
}

impl<T: Wire> Decoder<T> for Lines {
    type Error = Unreadable;
    type Encoded = str;

    fn decode(line: &str) -> Result<T, Unreadable> {
        read(line).ok_or(Unreadable)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Anything = (Option<String>, Vec<Result<u32, (String, String)>>);

    fn anything() -> impl Strategy<Value = Anything> {
        let text = ".*|[\\\\\t\n\r:a]*";
        let either = prop_oneof![any::<u32>().prop_map(Ok), (text, text).prop_map(Err)];
        (proptest::option::of(text), proptest::collection::vec(either, 0..5))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in anything()) {
            prop_assert_eq!(read::<Anything>(&written(&value)), Some(value));
        }

        #[test]
        fn what_is_written_is_one_line_so_that_it_fits_into_an_event(value in anything()) {
            prop_assert!(!written(&value).contains(['\n', '\r']));
        }

        #[test]
        fn a_line_that_was_cut_off_is_not_read_as_something_else(value in anything()) {
            let line = written(&value);
            for end in (0..line.len()).filter(|end| line.is_char_boundary(*end)) {
                prop_assert_eq!(read::<Anything>(&line[..end]), None);
            }
        }

        #[test]
        fn no_line_makes_the_reader_fail(line in ".*") {
            let _read_or_not = read::<Anything>(&line);
        }
    }

    #[test]
    fn more_than_the_value_is_not_the_value() {
        assert_eq!(read::<String>("one\t"), Some("one".to_owned()));
        assert_eq!(read::<String>("one\ttwo\t"), None);
    }
}
