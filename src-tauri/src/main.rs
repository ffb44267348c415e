//! The desktop shell of Outcrop: a window over the workbench.
//!
//! Every command unpacks its arguments, calls the session and hands back what it says; anything
//! more belongs to the workbench, so that the command line has it too.

// No console window beside the application on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod commands;
mod dialogs;

use anyhow::Context as _;
use outcrop_workbench::{Options, Session};
use tauri::Manager as _;

fn main() -> anyhow::Result<()> {
    // Only one TLS provider is compiled in; a second installation is harmless.
    drop(rustls::crypto::ring::default_provider().install_default());
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("OUTCROP_LOG")
                .unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();

    tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .setup(|app| {
            let session = tauri::async_runtime::block_on(Session::open(Options::default()))
                .map_err(|error| error.wire().message)?;
            app.manage(session);
            app.manage(commands::Clipboard::default());
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            commands::app_version,
            commands::cancel_job,
            commands::copy_text,
            commands::get_comparison,
            commands::get_report,
            commands::lineage,
            commands::list_images,
            commands::list_jobs,
            commands::open_archive,
            commands::open_url,
            commands::plan_fix,
            commands::refresh_engines,
            commands::remembered_containerfile,
            commands::start_advisories_update,
            commands::explain,
            commands::activity,
            commands::mark_activity_seen,
            commands::advisories_status,
            commands::start_scan,
            commands::start_scan_all,
            commands::subscribe,
            dialogs::choose_archive,
            dialogs::choose_containerfile,
            dialogs::save_patch,
            dialogs::start_advisories_import,
        ])
        .build(tauri::generate_context!())
        .context("the window cannot be opened")?
        .run(|app, event| {
            if let tauri::RunEvent::Exit = event {
                tauri::async_runtime::block_on(app.state::<Session>().close());
            }
        });
    Ok(())
}
