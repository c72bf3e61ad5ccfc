//! Lines out of chunks, each with its end, so that all of them together are what came.

use bytes::{Bytes, BytesMut};

use crate::wire::WireError;

/// Splits a text into lines, whatever its chunks.
#[derive(Debug)]
pub struct Lines {
    partial: BytesMut,
    limit_bytes: usize,
}

impl Lines {
    /// Of lines that have at most so many bytes.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self { partial: BytesMut::new(), limit_bytes }
    }

    /// The lines that end in this chunk.
    ///
    /// # Errors
    /// [`WireError::Invalid`] where a line is too long.
    pub fn push(&mut self, mut chunk: Bytes) -> Result<Vec<Bytes>, WireError> {
        let mut lines = Vec::new();
        while let Some(end) = memchr::memchr(b'\n', &chunk) {
            let piece = chunk.split_to(end + 1);
            self.check(piece.len())?;
            if self.partial.is_empty() {
                lines.push(piece);
            } else {
                self.partial.extend_from_slice(&piece);
                lines.push(self.partial.split().freeze());
            }
        }
        self.check(chunk.len())?;
        self.partial.extend_from_slice(&chunk);
        Ok(lines)
    }

    /// The last line, where nothing ends it.
    pub fn finish(&mut self) -> Option<Bytes> {
        (!self.partial.is_empty()).then(|| self.partial.split().freeze())
    }

    fn check(&self, more_bytes: usize) -> Result<(), WireError> {
        if self.partial.len() + more_bytes <= self.limit_bytes {
            return Ok(());
        }
        let limit = self.limit_bytes;
        Err(WireError::invalid(
            None,
            format!("A line has more than {limit} bytes; send less in it."),
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &[u8], chunk_bytes: usize) -> Vec<Bytes> {
        let mut lines = Lines::new(100);
        let mut found: Vec<Bytes> = text
            .chunks(chunk_bytes)
            .flat_map(|chunk| lines.push(Bytes::copy_from_slice(chunk)).unwrap())
            .collect();
        found.extend(lines.finish());
        found
    }

    #[test]
    fn each_line_has_its_end_and_the_last_one_may_have_none() {
        assert_eq!(split(b"a\r\n\nb", 2), [&b"a\r\n"[..], b"\n", b"b"]);
        assert_eq!(split(b"a\n", 1), [&b"a\n"[..]]);
    }

    #[test]
    fn a_line_that_is_too_long_is_refused_before_it_is_held() {
        let mut lines = Lines::new(3);
        assert!(lines.push(Bytes::from_static(b"ab\nabc")).is_ok());
        let error = lines.push(Bytes::from_static(b"d")).unwrap_err();
        assert!(error.to_string().contains("more than 3 bytes"), "{error}");
    }

    proptest! {
        #[test]
        fn chunks_never_change_the_lines(text in "[ab\n]{0,60}", chunk_bytes in 1..10_usize) {
            let found = split(text.as_bytes(), chunk_bytes);
            prop_assert_eq!(&found, &split(text.as_bytes(), 100));
            prop_assert_eq!(found.concat(), text.as_bytes());
        }
    }
}
