//! Where master keys come from: the configuration, a file, a program, or a file of the gateway's own.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{process::Command, sync::OnceCell, time::timeout};

use super::{KeyRing, MasterKey, MasterKeyError, master_key::KEY_BYTES};
use crate::kernel::{
    Ids, Secret,
    config::{MasterKeySource, Sealing},
};

/// A key service answers in a moment, or not at all.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// What of a program's complaint is passed on.
const COMPLAINT_LIMIT_CHARACTERS: usize = 500;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyUnavailable {
    /// A text is no key.
    #[error("{key}: {source}")]
    Wrong {
        /// The key of the configuration, or the file.
        key: String,
        /// What is wrong.
        #[source]
        source: MasterKeyError,
    },
    /// A file cannot be read or written.
    #[error("{key}: the file {path} cannot be used: {source}")]
    File {
        /// The key of the configuration, or whose file it is.
        key: String,
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program did not print a key.
    #[error("{key}: `{program}` {complaint}")]
    Command {
        /// The key of the configuration.
        key: String,
        /// The program.
        program: String,
        /// What became of it.
        complaint: String,
    },
    /// None is configured, and this gateway may not make one.
    #[error(
        "credentials in the database are sealed by a master key, and there is none; write \
         `sealing.master_key`, the same on every node (`openssl rand -base64 32` makes one)"
    )]
    Absent,
}

/// The key ring of a gateway, read when it is first needed.
pub struct Keys {
    sealing: Sealing,
    /// Where a gateway keeps a key of its own, whose database nobody else has.
    own_file: Option<PathBuf>,
    ring: OnceCell<KeyRing>,
}

impl Keys {
    /// The keys of a configuration; `own_file` is where a gateway may make one for itself.
    #[must_use]
    pub fn new(sealing: Sealing, own_file: Option<PathBuf>) -> Self {
        Self { sealing, own_file, ring: OnceCell::new() }
    }

    /// The key ring, to open what is sealed.
    ///
    /// # Errors
    /// [`MasterKeyUnavailable`], naming the key of the configuration at fault.
    pub async fn ring(&self) -> Result<&KeyRing, MasterKeyUnavailable> {
        self.ring.get_or_try_init(|| self.read()).await
    }

    /// The key ring, to seal something: where none is configured, the gateway makes a key.
    ///
    /// # Errors
    /// As [`Keys::ring`].
    pub async fn ring_or_new(&self, ids: &Ids) -> Result<&KeyRing, MasterKeyUnavailable> {
        if self.sealing.master_key.is_none()
            && let Some(file) = &self.own_file
        {
            make(file, ids)?;
        }
        self.ring().await
    }

    async fn read(&self) -> Result<KeyRing, MasterKeyUnavailable> {
        let mut keys = Vec::new();
        for (key, source) in self.sealing.sources() {
            keys.push(of(&key, source).await?);
        }
        if keys.is_empty()
            && let Some(file) = self.own_file.as_ref().filter(|file| file.exists())
        {
            keys.push(in_file(OWN, file)?);
        }
        if keys.is_empty() {
            return Err(MasterKeyUnavailable::Absent);
        }
        let current = keys.remove(0);
        Ok(KeyRing::new(current, keys))
    }
}

const OWN: &str = "the gateway's own master key";

async fn of(key: &str, source: &MasterKeySource) -> Result<MasterKey, MasterKeyUnavailable> {
    match source {
        MasterKeySource { value: Some(text), .. } => parse(&format!("{key}.value"), text),
        MasterKeySource { file: Some(file), .. } => in_file(&format!("{key}.file"), file),
        MasterKeySource { command: Some(command), .. } => {
            let key = format!("{key}.command");
            let text = printed(&key, command).await?;
            parse(&key, &text)
        }
        _ => Err(MasterKeyUnavailable::Absent),
    }
}

fn parse(key: &str, text: &Secret) -> Result<MasterKey, MasterKeyUnavailable> {
    MasterKey::parse(text)
        .map_err(|source| MasterKeyUnavailable::Wrong { key: key.to_owned(), source })
}

fn in_file(key: &str, file: &Path) -> Result<MasterKey, MasterKeyUnavailable> {
    let text = fs::read_to_string(file).map_err(|source| unusable(key, file, source))?;
    parse(key, &Secret::new(text))
}

fn unusable(key: &str, file: &Path, source: io::Error) -> MasterKeyUnavailable {
    MasterKeyUnavailable::File { key: key.to_owned(), path: file.display().to_string(), source }
}

async fn printed(key: &str, command: &[String]) -> Result<Secret, MasterKeyUnavailable> {
    let (program, arguments) = command.split_first().ok_or(MasterKeyUnavailable::Absent)?;
    let failed = |complaint: String| MasterKeyUnavailable::Command {
        key: key.to_owned(),
        program: program.clone(),
        complaint,
    };
    let running =
        Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(COMMAND_TIMEOUT, running)
        .await
        .map_err(|_| failed(format!("has not ended after {} seconds", COMMAND_TIMEOUT.as_secs())))?
        .map_err(|error| failed(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let complaint: String = complaint.trim().chars().take(COMPLAINT_LIMIT_CHARACTERS).collect();
        return Err(failed(format!("has failed ({}): {complaint}", output.status)));
    }
    String::from_utf8(output.stdout)
        .map(Secret::new)
        .map_err(|_| failed("has printed something that is no text".to_owned()))
}

/// Makes a key, unless there is one. It is whole under its name or not there at all.
fn make(file: &Path, ids: &Ids) -> Result<(), MasterKeyUnavailable> {
    if file.exists() {
        return Ok(());
    }
    let bytes: [u8; KEY_BYTES] = ids.bytes();
    let text = format!("{}\n", STANDARD.encode(bytes));
    let written = || {
        let directory = file.parent().unwrap_or(Path::new("."));
        let mut unfinished = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o600))
            .tempfile_in(directory)?;
        unfinished.write_all(text.as_bytes())?;
        unfinished.as_file().sync_all()?;
        match unfinished.persist_noclobber(file) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            _ => Ok(()),
        }
    };
    written().map_err(|source| unusable(OWN, file, source))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn sealing(yaml: &str) -> Sealing {
        serde_saphyr::from_str(yaml).unwrap()
    }

    fn keys(yaml: &str) -> Keys {
        Keys::new(sealing(yaml), None)
    }

    fn digits(digit: char) -> String {
        digit.to_string().repeat(64)
    }

    #[tokio::test]
    async fn a_key_is_the_same_wherever_it_comes_from() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("master.key");
        fs::write(&file, format!("{}\n", digits('a'))).unwrap();
        let ids = [
            format!("master_key: {{ value: {} }}", digits('a')),
            format!("master_key: {{ file: {} }}", file.display()),
            format!("master_key: {{ command: [echo, {}] }}", digits('a')),
        ];
        let mut found = Vec::new();
        for yaml in ids {
            found.push(keys(&yaml).ring().await.unwrap().current());
        }
        assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{found:?}");
    }

    #[rstest]
    #[case("master_key: { command: ['false'] }", "`false` has failed (exit status: 1)")]
    #[case("master_key: { command: [sh, -c, 'echo no access >&2; exit 3'] }", "no access")]
    #[case("master_key: { command: [no-such-program] }", "`no-such-program` cannot be run")]
    #[case("master_key: { command: [echo, words] }", "sealing.master_key.command: expected 3")]
    #[case("master_key: { file: /no/such/file }", "the file /no/such/file cannot be used")]
    #[case("master_key: { value: short }", "sealing.master_key.value: expected 32")]
    #[case("{}", "write `sealing.master_key`")]
    #[tokio::test]
    async fn why_there_is_no_key_is_told(#[case] yaml: &str, #[case] told: &str) {
        let error = keys(yaml).ring().await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }

    #[tokio::test]
    async fn a_gateway_makes_a_key_of_its_own_once_and_for_itself_alone() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("master.key");
        let own = || Keys::new(Sealing::default(), Some(file.clone()));
        assert!(matches!(own().ring().await, Err(MasterKeyUnavailable::Absent)));
        let made = own().ring_or_new(&Ids::seeded(7)).await.unwrap().current();
        let again = own().ring_or_new(&Ids::seeded(8)).await.unwrap().current();
        assert_eq!(made, again);
        assert_eq!(own().ring().await.unwrap().current(), made);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_key_that_could_not_be_read_is_looked_for_again() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("late.key");
        let keys = keys(&format!("master_key: {{ file: {} }}", file.display()));
        assert!(keys.ring().await.is_err());
        fs::write(&file, digits('b')).unwrap();
        assert!(keys.ring().await.is_ok());
    }
}
