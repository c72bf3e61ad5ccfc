//! A form with files: held in memory while it is small, beyond that in a file without a name.
//!
//! The model of a call may stand behind its files, and a backend that fails is followed by another
//! one; so a form is read to its end before a provider is asked. The file has no name, so a process
//! that dies leaves nothing behind.
//!
//! Source: RFC 7578.

use std::{
    fmt::Write,
    fs::File,
    io::{self, Write as _},
    os::unix::fs::FileExt,
    path::Path,
    sync::Arc,
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, future::ready, stream, stream::BoxStream};
use multer::Multipart;
use tokio::task::{spawn_blocking, yield_now};

use crate::wire::Files;

/// What of a file is held in memory.
const HELD_BYTES: usize = 256 * 1024;
/// How much of a file is read at once.
const PIECE_BYTES: usize = 64 * 1024;
/// The largest field that is no file.
const FIELD_LIMIT_BYTES: usize = 1024 * 1024;
/// The most parts that a form may have.
const PARTS_LIMIT: usize = 256;
/// As much of a file as tells what it is.
const HEAD_BYTES: usize = 64;
/// Fields that are no texts.
const TYPED: [&str; 2] = ["n", "stream"];

/// Why a form cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// It is larger than what is taken.
    #[error("The form has more than {0} bytes.")]
    TooLarge(u64),
    /// It is no form, or breaks off.
    #[error("The body is not a form as RFC 7578 has it: {0}.")]
    Malformed(#[source] multer::Error),
    /// A field is too long to be one.
    #[error("The field `{0}` has more than {FIELD_LIMIT_BYTES} bytes and is not a file.")]
    LongField(String),
    /// There are too many of them.
    #[error("The form has more than {PARTS_LIMIT} parts.")]
    ManyParts,
    /// The disk does not take it.
    #[error("the form could not be kept")]
    Disk(#[from] io::Error),
}

/// A form that was read.
#[derive(Debug)]
pub struct Upload {
    parts: Vec<Part>,
}

/// One of its parts.
#[derive(Debug)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// What the file is called, where it is one.
    pub file_name: Option<String>,
    /// Its media type.
    pub content_type: Option<String>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Held(Bytes),
    /// Behind the others in the file.
    Kept {
        file: Arc<File>,
        offset: u64,
        bytes: u64,
        head: Bytes,
    },
}

impl Upload {
    /// Reads a form. What is beyond memory is kept in `directory`.
    ///
    /// # Errors
    /// [`UploadError`].
    pub async fn read<E>(
        body: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
        boundary: String,
        limit_bytes: u64,
        directory: &Path,
    ) -> Result<Self, UploadError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        let mut form = Multipart::new(with_a_late_end(body), boundary);
        let mut shelf = Shelf { directory, file: None, end: 0 };
        let (mut parts, mut left) = (Vec::new(), limit_bytes);
        while let Some(field) = form.next_field().await.map_err(UploadError::Malformed)? {
            if parts.len() == PARTS_LIMIT {
                return Err(UploadError::ManyParts);
            }
            parts.push(read_part(field, &mut shelf, &mut left, limit_bytes).await?);
        }
        Ok(Self { parts })
    }

    /// Its parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// How much it has of files.
    #[must_use]
    pub fn files(&self) -> Files {
        let files = self.parts.iter().filter(|part| part.is_file());
        files.fold(Files::default(), |files, part| Files {
            count: files.count + 1,
            bytes: files.bytes.saturating_add(part.bytes()),
        })
    }

    /// The beginning of the first file; nothing where there is none.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        let file = self.parts.iter().find(|part| part.is_file());
        file.map_or(&[], |part| match &part.content {
            Content::Held(bytes) => &bytes[..bytes.len().min(HEAD_BYTES)],
            Content::Kept { head, .. } => head,
        })
    }

    /// The fields that are no files, as a JSON object: what a call asks for.
    #[must_use]
    pub fn fields(&self) -> Bytes {
        let mut object = String::from("{");
        for part in self.parts.iter().filter(|part| !part.is_file()) {
            let Content::Held(bytes) = &part.content else { continue };
            let text = String::from_utf8_lossy(bytes);
            let separator = if object.len() > 1 { "," } else { "" };
            let name = serde_json::Value::from(&*part.name);
            let is_typed =
                TYPED.contains(&&*part.name) && text.parse::<serde_json::Value>().is_ok();
            // Writing to a string cannot fail.
            let _ = if is_typed {
                write!(object, "{separator}{name}:{text}")
            } else {
                write!(object, "{separator}{name}:{}", serde_json::Value::from(&*text))
            };
        }
        object.push('}');
        Bytes::from(object)
    }
}

impl Part {
    /// Whether it is a file.
    #[must_use]
    pub const fn is_file(&self) -> bool {
        self.file_name.is_some()
    }

    /// How large it is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        match &self.content {
            Content::Held(bytes) => bytes.len() as u64,
            Content::Kept { bytes, .. } => *bytes,
        }
    }

    /// Its content, piece by piece, as often as it is wanted.
    #[must_use]
    pub fn content(&self) -> BoxStream<'static, io::Result<Bytes>> {
        match &self.content {
            Content::Held(bytes) => stream::iter([Ok(bytes.clone())]).boxed(),
            Content::Kept { file, offset, bytes, .. } => {
                let (file, place) = (Arc::clone(file), (*offset, offset + bytes));
                stream::try_unfold(place, move |(from, until)| {
                    let file = Arc::clone(&file);
                    async move {
                        if from == until {
                            return Ok(None);
                        }
                        let piece = read_piece(file, from, until).await?;
                        let next = from + piece.len() as u64;
                        Ok(Some((piece, (next, until))))
                    }
                })
                .boxed()
            }
        }
    }
}

/// Where what is beyond memory is kept.
struct Shelf<'a> {
    directory: &'a Path,
    file: Option<Arc<File>>,
    end: u64,
}

impl Shelf<'_> {
    async fn append(&mut self, bytes: Bytes) -> io::Result<()> {
        let file = if let Some(file) = &self.file {
            Arc::clone(file)
        } else {
            let directory = self.directory.to_owned();
            let made = spawn_blocking(move || tempfile::tempfile_in(directory)).await;
            let file = Arc::new(made.map_err(io::Error::other)??);
            self.file = Some(Arc::clone(&file));
            file
        };
        self.end += bytes.len() as u64;
        spawn_blocking(move || (&*file).write_all(&bytes)).await.map_err(io::Error::other)?
    }
}

async fn read_piece(file: Arc<File>, from: u64, until: u64) -> io::Result<Bytes> {
    let length = usize::try_from(until - from).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
    let read = move || {
        let mut piece = vec![0; length];
        file.read_exact_at(&mut piece, from)?;
        Ok(Bytes::from(piece))
    };
    spawn_blocking(read).await.map_err(io::Error::other)?
}

async fn read_part(
    mut field: multer::Field<'_>,
    shelf: &mut Shelf<'_>,
    left: &mut u64,
    limit_bytes: u64,
) -> Result<Part, UploadError> {
    let name = field.name().unwrap_or_default().to_owned();
    let file_name = field.file_name().map(str::to_owned);
    let content_type = field.content_type().map(ToString::to_string);
    let mut memory = BytesMut::new();
    let mut kept: Option<(u64, Bytes)> = None;
    while let Some(chunk) = field.chunk().await.map_err(UploadError::Malformed)? {
        *left = left.checked_sub(chunk.len() as u64).ok_or(UploadError::TooLarge(limit_bytes))?;
        if kept.is_some() {
            shelf.append(chunk).await?;
            continue;
        }
        memory.extend_from_slice(&chunk);
        let is_long = memory.len() > HELD_BYTES;
        if file_name.is_none() && memory.len() > FIELD_LIMIT_BYTES {
            return Err(UploadError::LongField(name));
        }
        if is_long && file_name.is_some() {
            let all = memory.split().freeze();
            kept = Some((shelf.end, all.slice(..HEAD_BYTES)));
            shelf.append(all).await?;
        }
    }
    let content = match (kept, &shelf.file) {
        (Some((offset, head)), Some(file)) => {
            Content::Kept { file: Arc::clone(file), offset, bytes: shelf.end - offset, head }
        }
        _ => Content::Held(memory.freeze()),
    };
    Ok(Part { name, file_name, content_type, content })
}

/// The parser looks twice for the beginning of a form, and takes a form for broken off that comes
/// whole between the two looks, as it can from another thread. So the end comes a look later.
fn with_a_late_end<T: Send>(body: impl Stream<Item = T> + Send) -> impl Stream<Item = T> + Send {
    let late = stream::once(yield_now()).filter_map(|()| ready(None));
    body.chain(late)
}

#[cfg(test)]
mod tests {
    use std::{collections::VecDeque, convert::Infallible, task::Poll};

    use futures_util::TryStreamExt;

    use super::*;

    const BOUNDARY: &str = "line";

    fn form(file: &[u8]) -> Vec<u8> {
        let mut body =
            b"--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
            Content-Type: audio/wav\r\n\r\n"
                .to_vec();
        body.extend_from_slice(file);
        body.extend_from_slice(
            b"\r\n--line\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n\
              --line\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n2\r\n\
              --line\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\n7 \"dwarfs\"\r\n--line--\r\n",
        );
        body
    }

    async fn read(body: Vec<u8>, chunk: usize, limit: u64) -> Result<Upload, UploadError> {
        let directory = tempfile::tempdir().unwrap();
        let chunks: Vec<_> = body
            .chunks(chunk)
            .map(|chunk| Ok::<_, Infallible>(Bytes::copy_from_slice(chunk)))
            .collect();
        Upload::read(stream::iter(chunks), BOUNDARY.to_owned(), limit, directory.path()).await
    }

    async fn content(part: &Part) -> Vec<u8> {
        part.content().try_collect::<Vec<_>>().await.unwrap().concat()
    }

    #[tokio::test]
    async fn a_form_that_comes_whole_after_the_first_look_is_read() {
        let mut left = VecDeque::from([None, Some(Bytes::from(form(b"RIFF")))]);
        let chunks = stream::poll_fn(move |context| match left.pop_front() {
            Some(None) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(chunk) => Poll::Ready(chunk.map(Ok::<_, Infallible>)),
            None => Poll::Ready(None),
        });
        let directory = tempfile::tempdir().unwrap();
        let upload = Upload::read(chunks, BOUNDARY.to_owned(), 10_000, directory.path()).await;
        assert_eq!(content(&upload.unwrap().parts()[0]).await, b"RIFF");
    }

    #[tokio::test]
    async fn a_form_is_the_same_whatever_its_chunks() {
        let body = form(b"RIFF\r\n--lin");
        for chunk in 1..body.len() {
            let upload = read(body.clone(), chunk, 10_000).await.unwrap();
            assert_eq!(upload.fields(), r#"{"model":"whisper-1","n":2,"prompt":"7 \"dwarfs\""}"#);
            assert_eq!(content(&upload.parts()[0]).await, b"RIFF\r\n--lin");
            assert_eq!(upload.files(), Files { count: 1, bytes: 11 });
        }
    }

    #[tokio::test]
    async fn a_large_file_is_kept_on_disk_and_can_be_read_again_and_again() {
        let file: Vec<u8> = (0..700_000_u32).flat_map(u32::to_le_bytes).collect();
        let upload = read(form(&file), 8_192, 10_000_000).await.unwrap();
        let part = &upload.parts()[0];
        assert!(matches!(part.content, Content::Kept { .. }));
        assert_eq!(upload.head(), &file[..HEAD_BYTES]);
        for _ in 0..2 {
            assert_eq!(content(part).await, file);
        }
        assert_eq!((part.file_name.as_deref(), part.bytes()), (Some("a.wav"), 2_800_000));
    }

    #[tokio::test]
    async fn what_is_no_form_or_too_large_is_refused() {
        let error = read(form(&[0; 2_000]), 100, 1_000).await.unwrap_err();
        assert!(matches!(error, UploadError::TooLarge(1_000)));
        let mut cut = form(b"abc");
        cut.truncate(150);
        assert!(matches!(read(cut, 9, 1_000).await, Err(UploadError::Malformed(_))));
        let long = form(b"a").into_iter().map(|byte| if byte == b'7' { b' ' } else { byte });
        let mut long: Vec<u8> = long.collect();
        let at = long.len() - 20;
        long.splice(at..at, std::iter::repeat_n(b'x', FIELD_LIMIT_BYTES + 1));
        let error = read(long, 4_096, 10_000_000).await.unwrap_err();
        assert!(matches!(&error, UploadError::LongField(name) if name == "prompt"), "{error}");
    }
}
