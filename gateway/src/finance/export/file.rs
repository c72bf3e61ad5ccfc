//! Files that appear whole or not at all.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{
    finance::export::ExportError,
    kernel::digest::{Sha256, Sha256Stream},
};

const COPY_BYTES: usize = 64 * 1024;

/// A file that is being written under another name beside its own, and removed unless it is kept.
#[derive(Debug)]
pub(in crate::finance) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    file: File,
}

/// A file as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::finance) struct Written {
    pub(in crate::finance) bytes: u64,
    pub(in crate::finance) digest: Sha256,
}

impl NewFile {
    /// Begins `path` as `path.partial` in the same folder, and so on the same disk.
    pub(in crate::finance) fn begin(path: &Path) -> Result<Self, ExportError> {
        let partial = beside(path, "partial");
        let file = alone(&partial).map_err(|source| failed(path, source))?;
        Ok(Self { path: path.to_owned(), partial, file })
    }

    /// Writes all of this.
    pub(in crate::finance) fn write(&self, bytes: &[u8]) -> Result<(), ExportError> {
        self.out().write_all(bytes).map_err(|source| failed(&self.path, source))
    }

    /// Where to write.
    pub(in crate::finance) fn out(&self) -> &File {
        &self.file
    }

    /// What was written until now.
    pub(in crate::finance) fn written(&mut self) -> Result<Written, ExportError> {
        self.file.rewind().map_err(|source| failed(&self.path, source))?;
        digest_of(&self.file).map_err(|source| failed(&self.path, source))
    }

    /// Gives the file its name, once it is on the disk.
    pub(in crate::finance) fn keep(self) -> Result<(), ExportError> {
        self.file
            .sync_all()
            .and_then(|()| fs::rename(&self.partial, &self.path))
            .map_err(|source| failed(&self.path, source))
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After a rename there is none of this name.
        let _ = fs::remove_file(&self.partial);
    }
}

/// An empty file of this name that nobody else writes. One that a crash has left is taken over.
fn alone(path: &Path) -> io::Result<File> {
    loop {
        let file =
            File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        if file.try_lock().is_err() {
            return Err(io::Error::other("another export is writing it at this moment"));
        }
        // Whoever had it until now may have given it its name.
        let is_there = fs::metadata(path).is_ok_and(|there| {
            file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
        });
        if is_there {
            file.set_len(0)?;
            return Ok(file);
        }
    }
}

/// The path with another ending behind it: `lines.csv` and `lines.csv.partial`.
pub(in crate::finance) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// The size and the SHA-256 of what can be read.
pub(in crate::finance) fn digest_of(input: impl Read) -> io::Result<Written> {
    let mut out = Digesting::default();
    io::copy(&mut BufReader::with_capacity(COPY_BYTES, input), &mut out)?;
    Ok(out.finish())
}

/// Keeps the size and the SHA-256 of what is written, and nothing else.
#[derive(Default)]
pub(in crate::finance) struct Digesting {
    bytes: u64,
    stream: Sha256Stream,
}

impl Digesting {
    pub(in crate::finance) fn finish(self) -> Written {
        Written { bytes: self.bytes, digest: self.stream.finish() }
    }
}

impl Write for Digesting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.add(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failed(path: &Path, source: io::Error) -> ExportError {
    ExportError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::digest::sha256;

    #[test]
    fn a_file_has_its_name_only_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lines.csv");
        fs::write(&path, "from before").unwrap();
        let dropped = NewFile::begin(&path).unwrap();
        dropped.write(b"half").unwrap();
        assert!(directory.path().join("lines.csv.partial").exists());
        let other = NewFile::begin(&path).unwrap_err();
        assert_eq!(other.to_string(), format!("{} cannot be written", path.display()));
        drop(dropped);
        assert_eq!(fs::read(&path).unwrap(), b"from before");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");

        let mut kept = NewFile::begin(&path).unwrap();
        kept.write(b"whole").unwrap();
        assert_eq!(kept.written().unwrap(), Written { bytes: 5, digest: sha256(b"whole") });
        kept.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
