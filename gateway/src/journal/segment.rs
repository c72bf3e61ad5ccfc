//! The file of one segment: its name, its 16-byte header, and the space it reserves.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use rustix::fs::FallocateFlags;

use super::{JournalError, Position};

/// Bytes before the first record.
pub(super) const SEGMENT_HEADER_BYTES: u64 = 16;
/// The format that is written.
pub(super) const VERSION: u32 = 1;
const MAGIC: [u8; 4] = *b"HLXJ";
/// Records may quote what people wrote, so nobody else on the machine reads them.
pub(super) const OWNER_ONLY: u32 = 0o600;

/// A segment that is being written.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) file: Arc<File>,
}

impl Segment {
    /// Makes the file of a segment that has never existed, with `size` bytes reserved on the disk
    /// if the file system can. Once this returns the file is found again after a power loss, so
    /// its number is never used twice.
    pub(super) fn create(directory: &Path, number: u64, size: u64) -> io::Result<Self> {
        let path = path(directory, number);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .mode(OWNER_ONLY)
            .open(&path)?;
        let written = reserve(&file, size)
            .and_then(|()| file.write_all_at(&header(number), 0))
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_directory(directory));
        if let Err(error) = written {
            drop(std::fs::remove_file(&path));
            return Err(error);
        }
        Ok(Self { number, file: Arc::new(file) })
    }
}

/// Reserving makes syncs several times cheaper (the file does not grow with each), but a file
/// system that cannot, or a disk without that much room, still takes a growing file.
fn reserve(file: &File, size: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        Err(_) => file.set_len(0),
    }
}

/// The beginning of the first record of a segment.
pub(super) const fn first_position(number: u64) -> Position {
    Position { segment: number, offset: SEGMENT_HEADER_BYTES }
}

/// What stands at the beginning of a segment's file.
pub(super) fn header(number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&MAGIC);
    bytes[4..8].copy_from_slice(&VERSION.to_le_bytes());
    bytes[8..].copy_from_slice(&number.to_le_bytes());
    bytes
}

/// The first 16 bytes of a segment's file, or as many as there are.
pub(super) fn read_header(file: &File) -> io::Result<Vec<u8>> {
    let length = file.metadata()?.len().min(SEGMENT_HEADER_BYTES);
    let mut found = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut found, 0)?;
    Ok(found)
}

/// Compares a header with the one that segment `number` must have; what differs is the damage.
pub(super) fn check_header(found: &[u8], number: u64) -> Result<Option<String>, JournalError> {
    let Ok(found) = <[u8; 16]>::try_from(found) else {
        return Ok(Some("the header of the segment is cut off".to_owned()));
    };
    let [m0, m1, m2, m3, v0, v1, v2, v3, ..] = found;
    if [m0, m1, m2, m3] != MAGIC {
        return Ok(Some("this is not the beginning of a journal segment".to_owned()));
    }
    let version = u32::from_le_bytes([v0, v1, v2, v3]);
    if version != VERSION {
        return Err(JournalError::Version { segment: number, found: version, supported: VERSION });
    }
    let matches = found == header(number);
    Ok((!matches).then(|| "the header carries the number of another segment".to_owned()))
}

/// The file of a segment.
pub(super) fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("segment-{number:012}.journal"))
}

/// Opens a segment for reading; `None` when there is no such file.
pub(super) fn open_to_read(directory: &Path, number: u64) -> Result<Option<File>, JournalError> {
    match File::open(path(directory, number)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(JournalError::Read { segment: number, source }),
    }
}

/// The numbers of all segments in a directory, ascending.
pub(super) fn numbers(directory: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in directory.read_dir()? {
        let name = entry?.file_name();
        let digits = name
            .to_str()
            .and_then(|name| name.strip_prefix("segment-"))
            .and_then(|name| name.strip_suffix(".journal"));
        numbers.extend(digits.and_then(|digits| digits.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The damaged tails that were moved aside, in the order of their names.
pub(super) fn damaged_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in directory.read_dir()? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().contains(".damaged") {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Makes created, renamed and deleted names of the directory survive a power loss.
pub(super) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}
