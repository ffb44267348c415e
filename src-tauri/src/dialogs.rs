//! The system's own dialogs. They are opened from here, not from the page, so that the page needs
//! no right to the file system.

use std::path::PathBuf;

use outcrop_workbench::Session;
use outcrop_workbench::wire::{FixPlan, WireError};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt as _, FileDialogBuilder, FilePath};
use tokio::sync::oneshot;

use crate::commands::shell_error;

type Answer<T> = Result<T, WireError>;

/// Opens a dialog and waits for the choice without holding a thread.
async fn chosen(
    app: &AppHandle,
    open: impl FnOnce(FileDialogBuilder<tauri::Wry>, Box<dyn FnOnce(Option<FilePath>) + Send>),
) -> Option<PathBuf> {
    let (sender, receiver) = oneshot::channel();
    open(
        app.dialog().file(),
        Box::new(move |path| drop(sender.send(path))),
    );
    receiver.await.ok().flatten()?.into_path().ok()
}

fn shown(path: Option<PathBuf>) -> Option<String> {
    path.map(|path| path.to_string_lossy().into_owned())
}

#[tauri::command]
pub(crate) async fn choose_archive(app: AppHandle) -> Answer<Option<String>> {
    let path = chosen(&app, |dialog, done| {
        dialog
            .set_title("Open an image archive")
            .add_filter("Image archives", &["tar", "gz", "tgz", "zst"])
            .add_filter("All files", &["*"])
            .pick_file(done);
    })
    .await;
    Ok(shown(path))
}

#[tauri::command]
pub(crate) async fn choose_containerfile(app: AppHandle) -> Answer<Option<String>> {
    let path = chosen(&app, |dialog, done| {
        dialog.set_title("Choose the Containerfile").pick_file(done);
    })
    .await;
    Ok(shown(path))
}

/// Saves the diff of a plan where the user says; returns the path, or nothing if the user did not.
#[tauri::command]
pub(crate) async fn save_patch(app: AppHandle, plan: FixPlan) -> Answer<Option<String>> {
    let path = chosen(&app, |dialog, done| {
        dialog
            .set_title("Save the patch")
            .set_file_name("outcrop.patch")
            .save_file(done);
    })
    .await;
    if let Some(path) = &path {
        tokio::fs::write(path, plan.diff)
            .await
            .map_err(shell_error)?;
    }
    Ok(shown(path))
}

#[tauri::command]
pub(crate) async fn start_advisories_import(
    app: AppHandle,
    session: State<'_, Session>,
) -> Answer<Option<u32>> {
    let path = chosen(&app, |dialog, done| {
        dialog
            .set_title("Import advisory records")
            .add_filter("OSV records", &["zip", "json"])
            .pick_file(done);
    })
    .await;
    Ok(path.map(|path| session.start_advisories_import(path)))
}
