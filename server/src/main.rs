//! The binary `helixgateway`: command line, boot, surfaces, renderings.

mod boot;
mod cli;
mod listen;
mod log;
mod site;
mod surfaces;

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The threads of the runtime; at least this many, because a page that renders in a stream needs
/// more than one.
const LEAST_WORKER_THREADS: usize = 4;

fn main() -> std::process::ExitCode {
    // One TLS provider for the whole process, before anything makes a client.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    small_pages();
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads.max(LEAST_WORKER_THREADS))
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(cli::run(cli::Arguments::parse())),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            cli::complain(&error);
            std::process::ExitCode::FAILURE
        }
    }
}

/// Keeps to small memory pages: huge ones are cleared whole for the few kilobytes that a burst of
/// calls needs, and count as used.
fn small_pages() {
    // A kernel without them needs no telling.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}
