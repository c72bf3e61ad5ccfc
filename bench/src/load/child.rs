//! Programs that the run starts: each on its core, each gone when the run is.

use std::{
    fs::{self, File},
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    process::{Pid, Signal, kill_process},
    thread::{CpuSet, sched_setaffinity},
};
use tokio::time::sleep;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);
const ANNOUNCEMENT: &str = "listening on http://";
const LAST_WORDS_BYTES: usize = 2_000;

/// A program did not start or did not end as it should.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The program could not be run.
    #[error("cannot run {program}: {source}")]
    Unrunnable {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The program ended before it was listening.
    #[error("{program} ended at its start ({status}); its last words:\n{last_words}")]
    Ended {
        /// The program.
        program: String,
        /// Its exit status.
        status: process::ExitStatus,
        /// The end of what it wrote to standard error.
        last_words: String,
    },
    /// The program never said where it listens.
    #[error(
        "{program} did not print `{ANNOUNCEMENT}…` within {} seconds; its last words:\n{last_words}",
        START_LIMIT.as_secs()
    )]
    Silent {
        /// The program.
        program: String,
        /// The end of what it wrote to standard error.
        last_words: String,
    },
    /// The program did not end after it was asked to.
    #[error("{program} did not end within {} seconds of SIGTERM and was killed", STOP_LIMIT.as_secs())]
    Unstoppable {
        /// The program.
        program: String,
    },
    /// The program ended, but not well.
    #[error("{program} did not end cleanly after SIGTERM: {status}")]
    Unclean {
        /// The program.
        program: String,
        /// Its exit status.
        status: process::ExitStatus,
    },
}

/// Keeps the calling thread, and the threads and programs that it starts, on one core.
///
/// # Errors
/// When the system does not allow it.
pub fn pin_to_core(core: usize) -> io::Result<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    Ok(sched_setaffinity(None, &cores)?)
}

/// A running program that listens somewhere; killed when dropped.
#[derive(Debug)]
pub(super) struct Child {
    program: String,
    process: process::Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Child {
    /// Starts a program; what it writes goes to `NAME.stdout` and `NAME.stderr` in `directory`,
    /// so that reading it costs this process nothing while it measures.
    pub(super) fn start(
        name: &str,
        mut command: Command,
        directory: &Path,
        core: Option<usize>,
    ) -> Result<Self, ChildError> {
        let program = command.get_program().to_string_lossy().into_owned();
        let unrunnable = |source| ChildError::Unrunnable { program: program.clone(), source };
        let stdout = directory.join(format!("{name}.stdout"));
        let stderr = directory.join(format!("{name}.stderr"));
        command
            .stdin(Stdio::null())
            .stdout(File::create(&stdout).map_err(unrunnable)?)
            .stderr(File::create(&stderr).map_err(unrunnable)?);
        let process = spawn_on(core, command).map_err(unrunnable)?;
        Ok(Self { program, process, stdout, stderr })
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until the program says where it listens.
    pub(super) async fn address(&mut self) -> Result<SocketAddr, ChildError> {
        let started_at = Instant::now();
        while started_at.elapsed() < START_LIMIT {
            let said = fs::read_to_string(&self.stdout).unwrap_or_default();
            if let Some(address) = announced(&said) {
                return Ok(address);
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                let program = self.program.clone();
                return Err(ChildError::Ended { program, status, last_words: self.last_words() });
            }
            sleep(PAUSE).await;
        }
        Err(ChildError::Silent { program: self.program.clone(), last_words: self.last_words() })
    }

    /// Asks the program to end and waits until it has.
    pub(super) async fn stop(mut self) -> Result<(), ChildError> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            let _ = kill_process(pid, Signal::TERM);
        }
        let asked_at = Instant::now();
        while asked_at.elapsed() < STOP_LIMIT {
            match self.process.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => {
                    return Err(ChildError::Unclean { program: self.program.clone(), status });
                }
                _ => sleep(PAUSE).await,
            }
        }
        Err(ChildError::Unstoppable { program: self.program.clone() })
    }

    fn last_words(&self) -> String {
        let said = fs::read_to_string(&self.stderr).unwrap_or_default();
        let start = said.floor_char_boundary(said.len().saturating_sub(LAST_WORDS_BYTES));
        said[start..].to_owned()
    }
}

/// A program inherits the core of the thread that starts it, so that thread is a fresh one.
fn spawn_on(core: Option<usize>, mut command: Command) -> io::Result<process::Child> {
    let Some(core) = core else { return command.spawn() };
    let spawning = thread::spawn(move || {
        pin_to_core(core)?;
        command.spawn()
    });
    spawning.join().unwrap_or_else(|_| Err(io::Error::other("the starting thread panicked")))
}

/// The address on the line that announces it, once the line is whole.
fn announced(said: &str) -> Option<SocketAddr> {
    let (_, rest) = said.split_once(ANNOUNCEMENT)?;
    let (address, _) = rest.split_once('\n')?;
    address.trim().trim_end_matches('/').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_known_once_its_line_is_whole() {
        assert_eq!(announced("starting\nlistening on http://127.0.0.1:80"), None);
        let said = "starting\nlistening on http://127.0.0.1:8081\nmore\n";
        assert_eq!(announced(said), Some("127.0.0.1:8081".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_program_that_ends_at_its_start_is_quoted() {
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such thing >&2; exit 3"]);
        let mut child = Child::start("sh", command, directory.path(), None).unwrap();
        let error = child.address().await.unwrap_err().to_string();
        assert!(error.contains("no such thing") && error.contains('3'), "{error}");
    }

    #[tokio::test]
    async fn a_program_is_asked_to_end_and_its_status_told() {
        let directory = tempfile::tempdir().unwrap();
        let polite = "trap 'exit 0' TERM; echo listening on http://127.0.0.1:1; \
                      while :; do sleep 0.01; done";
        for (script, is_clean) in
            [(polite.to_owned(), true), (polite.replace("exit 0", "exit 1"), false)]
        {
            let mut command = Command::new("sh");
            command.args(["-c", &script]);
            let mut child = Child::start("sh", command, directory.path(), Some(0)).unwrap();
            assert_eq!(child.address().await.unwrap(), "127.0.0.1:1".parse().unwrap());
            assert_eq!(child.stop().await.is_ok(), is_clean);
        }
    }
}
