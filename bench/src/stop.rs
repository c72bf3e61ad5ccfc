//! Ending on request, so that nothing is left running.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Waits until this process is asked to stop, by SIGTERM or by SIGINT (Ctrl-C).
///
/// # Errors
/// When the signals cannot be waited for.
pub async fn asked() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
