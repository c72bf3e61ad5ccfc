//! What the command line says: results on standard output, complaints on standard error.

use std::io::{IsTerminal, Write};

/// A result, on standard output.
pub(crate) fn say(line: &str) {
    // A reader that has gone away needs no result.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// What went wrong and why, on standard error.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "helixgateway: {error}");
    for cause in error.chain().skip(1) {
        let _ = writeln!(out, "  because {cause}");
    }
}

/// How far something long has come: one line on a terminal, nothing elsewhere.
pub(crate) fn progress(line: &str) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[2K{line}\r");
        let _ = out.flush();
    }
}

/// What is worth knowing beside a result that goes to standard output, on standard error.
pub(crate) fn note(line: &str) {
    let mut out = std::io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\x1b[2K");
    }
    let _ = writeln!(out, "{line}");
}
