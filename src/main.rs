//! One binary with roles: `vantera serve [--role web|worker|payments|all] [--demo]`, `vantera migrate`,
//! `vantera audit verify`, `vantera vault rotate`.

use std::process::ExitCode;

mod keys;
mod process;

/// A page is thousands of small, short-lived pieces: docs/decisions/0005.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // At least four workers: a page that waits for another page's data must not starve it.
    let threads = std::thread::available_parallelism().map_or(4, |n| n.get().max(4));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("vantera: the runtime could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        let telemetry = vantera::platform::telemetry::start()?;
        let outcome = process::run(&words).await;
        Ok((telemetry, outcome))
    });
    let ended = outcome.and_then(|(telemetry, outcome)| {
        telemetry.end();
        outcome
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vantera: {error:#}");
            ExitCode::FAILURE
        }
    }
}
