//! The fields of a log line without colours.
//!
//! Every call writes a dozen of them, and what the subscriber writes by itself asks of each part
//! how it is to be painted. The lines are the same.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput},
    fmt::{
        FormatFields,
        format::{DefaultVisitor, Writer},
    },
};

/// Writes `name=value` for each field.
pub(super) struct PlainFields;

impl<'writer> FormatFields<'writer> for PlainFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut line = Line { writer, is_empty: true, result: Ok(()) };
        fields.record(&mut line);
        line.result
    }
}

struct Line<'writer> {
    writer: Writer<'writer>,
    is_empty: bool,
    result: fmt::Result,
}

impl Line<'_> {
    fn add(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        if self.result.is_ok() {
            self.result = self.try_add(field.name(), value);
        }
    }

    fn try_add(&mut self, name: &str, value: fmt::Arguments<'_>) -> fmt::Result {
        if !self.is_empty {
            self.writer.write_str(" ")?;
        }
        self.is_empty = false;
        self.writer.write_str(name)?;
        self.writer.write_str("=")?;
        self.writer.write_fmt(value)
    }

    /// Leaves it to the subscriber, which knows what messages and errors must not do to a terminal.
    fn leave(&mut self, record: impl FnOnce(&mut DefaultVisitor<'_>)) {
        if self.result.is_ok() {
            let mut visitor = DefaultVisitor::new(self.writer.by_ref(), self.is_empty);
            record(&mut visitor);
            self.result = visitor.finish();
            self.is_empty = false;
        }
    }
}

impl Visit for Line<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, format_args!("{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, format_args!("{value}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.leave(|visitor| visitor.record_str(field, value)),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.leave(|visitor| visitor.record_error(field, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            // They say where a line of the `log` crate is from, which stands before its fields.
            name if name.starts_with("log.") => {}
            "message" => self.leave(|visitor| visitor.record_debug(field, value)),
            name if name.starts_with("r#") => {
                self.leave(|visitor| visitor.record_debug(field, value));
            }
            _ => self.add(field, format_args!("{value:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing::Subscriber;
    use tracing_subscriber::fmt::format::DefaultFields;

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn subscriber<F>(fields: F, kept: &Kept) -> impl Subscriber + Send + Sync + use<F>
    where
        F: for<'writer> FormatFields<'writer> + Send + Sync + 'static,
    {
        let kept = kept.clone();
        tracing_subscriber::fmt()
            .fmt_fields(fields)
            .without_time()
            .with_ansi(false)
            .with_writer(move || kept.clone())
            .finish()
    }

    fn lines(subscriber: impl Subscriber + Send + Sync + 'static, kept: &Kept) -> String {
        let error = io::Error::other(io::Error::other("why\u{1b}[2J"));
        tracing::subscriber::with_default(subscriber, || {
            let _span = tracing::info_span!("span", of = "a", number = 7).entered();
            tracing::info!(text = "quoted \"\n\u{1b}", none = None::<&str>, %error, "call");
            tracing::info!(a = 1, b = -1_i64, c = u64::MAX, d = true, e = 1.5, f = ?[1, 2]);
            tracing::info!(error = &error as &dyn std::error::Error, r#type = 3, "a\u{1b}[31mb");
            tracing::info!(r#type = 3);
        });
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn lines_are_as_the_subscriber_writes_them() {
        let (plain, default) = (Kept::default(), Kept::default());
        let plain = lines(subscriber(PlainFields, &plain), &plain);
        assert_eq!(plain, lines(subscriber(DefaultFields::new(), &default), &default));
        assert_eq!(plain.lines().count(), 4, "{plain}");
    }
}
