//! What a process has cost so far, from `/proc`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The processor time and the memory of one process.
#[derive(Debug, Clone)]
pub(super) struct Process {
    directory: PathBuf,
}

/// Why a cost cannot be told.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {file} of the process: {source}")]
pub struct ProcessError {
    file: &'static str,
    #[source]
    source: io::Error,
}

impl Process {
    pub(super) fn new(pid: u32) -> Self {
        Self { directory: Path::new("/proc").join(pid.to_string()) }
    }

    /// Processor seconds of all its threads, in user and kernel mode.
    pub(super) fn cpu_seconds(&self) -> Result<f64, ProcessError> {
        let stat = self.read("stat")?;
        let ticks = cpu_ticks(&stat).ok_or_else(|| unreadable("stat"))?;
        #[expect(clippy::cast_precision_loss, reason = "ticks are far below 2^52")]
        let seconds = ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
        Ok(seconds)
    }

    /// Resident memory now, in kilobytes.
    pub(super) fn memory_kb(&self) -> Result<u64, ProcessError> {
        self.status("VmRSS:")
    }

    /// The most resident memory since the start or the last reset, in kilobytes.
    pub(super) fn peak_memory_kb(&self) -> Result<u64, ProcessError> {
        self.status("VmHWM:")
    }

    /// Begins a new peak. Where that is not allowed, peaks are those since the start.
    pub(super) fn reset_peak(&self) {
        let _ = fs::write(self.directory.join("clear_refs"), "5");
    }

    fn status(&self, field: &str) -> Result<u64, ProcessError> {
        kilobytes(&self.read("status")?, field).ok_or_else(|| unreadable("status"))
    }

    fn read(&self, file: &'static str) -> Result<String, ProcessError> {
        fs::read_to_string(self.directory.join(file))
            .map_err(|source| ProcessError { file, source })
    }
}

fn unreadable(file: &'static str) -> ProcessError {
    ProcessError { file, source: io::ErrorKind::InvalidData.into() }
}

/// `utime + stime`, fields 14 and 15 of proc(5). The second field is the program's name in
/// parentheses and may hold anything, so counting starts behind it.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn kilobytes(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_any_name() {
        let stat = "7 (a ) (b) S 1 7 7 0 -1 4194560 100 0 0 0 25 17 3 4 20 0 1 0 99 1 1";
        assert_eq!(cpu_ticks(stat), Some(42));
    }

    #[test]
    fn memory_is_in_kilobytes() {
        let status = "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n";
        assert_eq!(kilobytes(status, "VmHWM:"), Some(20_480));
        assert_eq!(kilobytes(status, "VmRSS:"), Some(10_240));
        assert_eq!(kilobytes(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_has_a_cost() {
        let process = Process::new(std::process::id());
        assert!(process.cpu_seconds().unwrap() >= 0.0);
        assert!(process.peak_memory_kb().unwrap() >= process.memory_kb().unwrap() / 2);
    }
}
