//! Segments: the files of the log, and positions in it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A place between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The segment's number, from 1.
    pub segment: u64,
    /// Bytes from the beginning of the segment.
    pub offset: u64,
}

const EXTENSION: &str = "journal";

pub(super) fn path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("{segment:08}.{EXTENSION}"))
}

/// The numbers of all segments, in order.
pub(super) fn list(directory: &Path) -> io::Result<Vec<u64>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == EXTENSION)
            && let Some(number) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok())
        {
            segments.push(number);
        }
    }
    segments.sort_unstable();
    Ok(segments)
}
