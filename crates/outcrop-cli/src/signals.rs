//! Ctrl-C and the request to terminate.

use outcrop_workbench::Cancellation;

use crate::exit::Exit;

/// The first signal asks the work to stop and clean up, the second ends the program.
pub(crate) async fn heed(cancellation: Cancellation) {
    signal().await;
    cancellation.cancel();
    signal().await;
    std::process::exit(Exit::Interrupted as i32);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return interrupt().await;
    };
    tokio::select! {
        () = interrupt() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    interrupt().await;
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system's own is in force: it ends the program.
        std::future::pending::<()>().await;
    }
}
