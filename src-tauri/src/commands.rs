//! What the interface may ask for, one function a command.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the shell hands a command its arguments by value"
)]

use std::sync::{Mutex, PoisonError};

use outcrop_workbench::report::ScanReport;
use outcrop_workbench::wire::{
    ActivityEvent, Code, Comparison, EngineStatus, Explanation, FeedStatus, FixPlan, FixRequest,
    ImageList, Job, Lineage, Notice, WireError,
};
use outcrop_workbench::{Session, WorkbenchError};
use tauri::State;
use tauri::ipc::Channel;
use tokio::sync::broadcast::error::RecvError;

type Answer<T> = Result<T, WireError>;

fn wire(error: WorkbenchError) -> WireError {
    error.wire()
}

pub(crate) fn shell_error(error: impl std::fmt::Display) -> WireError {
    WireError {
        code: Code::Internal,
        message: error.to_string(),
        hint: None,
    }
}

#[tauri::command]
pub(crate) fn app_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

#[tauri::command]
pub(crate) async fn list_images(session: State<'_, Session>) -> Answer<ImageList> {
    session.workbench().images().await.map_err(wire)
}

#[tauri::command]
pub(crate) async fn refresh_engines(session: State<'_, Session>) -> Answer<Vec<EngineStatus>> {
    Ok(session.workbench().engines().await)
}

#[tauri::command]
pub(crate) async fn open_archive(session: State<'_, Session>, path: String) -> Answer<u32> {
    Ok(session.start_archive(&path))
}

#[tauri::command]
pub(crate) async fn start_scan(
    session: State<'_, Session>,
    config_digest: String,
    engine: Option<String>,
) -> Answer<u32> {
    session
        .start_scan(&config_digest, engine)
        .await
        .map_err(wire)
}

#[tauri::command]
pub(crate) async fn start_scan_all(session: State<'_, Session>) -> Answer<Vec<u32>> {
    session.start_scan_all().await.map_err(wire)
}

#[tauri::command]
pub(crate) fn cancel_job(session: State<'_, Session>, id: u32) {
    session.jobs().cancel(id);
}

#[tauri::command]
pub(crate) fn list_jobs(session: State<'_, Session>) -> Vec<Job> {
    session.jobs().list()
}

#[tauri::command]
pub(crate) async fn get_report(
    session: State<'_, Session>,
    config_digest: String,
) -> Answer<Option<ScanReport>> {
    session.report(&config_digest).await.map_err(wire)
}

#[tauri::command]
pub(crate) async fn get_comparison(
    session: State<'_, Session>,
    config_digest: String,
) -> Answer<Option<Comparison>> {
    session
        .workbench()
        .comparison(&config_digest)
        .await
        .map_err(wire)
}

#[tauri::command]
pub(crate) async fn lineage(session: State<'_, Session>) -> Answer<Lineage> {
    session.workbench().lineage().await.map_err(wire)
}

#[tauri::command]
pub(crate) async fn remembered_containerfile(
    session: State<'_, Session>,
    config_digest: String,
) -> Answer<Option<String>> {
    session
        .workbench()
        .remembered_containerfile(&config_digest)
        .await
        .map_err(wire)
}

#[tauri::command]
pub(crate) async fn plan_fix(session: State<'_, Session>, request: FixRequest) -> Answer<FixPlan> {
    session.workbench().plan_fix(&request).await.map_err(wire)
}

#[tauri::command]
pub(crate) async fn explain(
    session: State<'_, Session>,
    config_digest: String,
    vulnerability: String,
) -> Answer<Option<Explanation>> {
    let workbench = session.workbench();
    let explanation = workbench.explain(&config_digest, &vulnerability).await;
    explanation.map_err(wire)
}

/// Changes that the interface lists; the newest are those that matter.
const LISTED_CHANGES: u32 = 1_000;

#[tauri::command]
pub(crate) async fn activity(session: State<'_, Session>) -> Answer<Vec<ActivityEvent>> {
    let list = session.workbench().activity(None, LISTED_CHANGES).await;
    Ok(list.map_err(wire)?.events)
}

#[tauri::command]
pub(crate) async fn mark_activity_seen(session: State<'_, Session>, last: i64) -> Answer<()> {
    let workbench = session.workbench();
    workbench.mark_activity_seen(None, last).await.map_err(wire)
}

#[tauri::command]
pub(crate) async fn advisories_status(session: State<'_, Session>) -> Answer<Vec<FeedStatus>> {
    session.workbench().advisories_status().await.map_err(wire)
}

#[tauri::command]
pub(crate) async fn start_advisories_update(session: State<'_, Session>) -> Answer<u32> {
    Ok(session.start_advisories_update())
}

/// The system's clipboard. On X11 and Wayland the program that copied serves the text, so this
/// lives as long as the window.
#[derive(Default)]
pub(crate) struct Clipboard(Mutex<Option<arboard::Clipboard>>);

#[tauri::command]
pub(crate) fn copy_text(clipboard: State<'_, Clipboard>, text: String) -> Answer<()> {
    let mut clipboard = clipboard.0.lock().unwrap_or_else(PoisonError::into_inner);
    if clipboard.is_none() {
        *clipboard = Some(arboard::Clipboard::new().map_err(shell_error)?);
    }
    match clipboard.as_mut() {
        Some(clipboard) => clipboard.set_text(text).map_err(shell_error),
        None => Ok(()),
    }
}

/// Opens an address of an advisory in the user's browser; nothing but web addresses, since the
/// text comes from a feed.
#[tauri::command]
pub(crate) fn open_url(url: &str) -> Answer<()> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(shell_error(format_args!("not a web address: `{url}`")));
    }
    open::that_detached(url).map_err(shell_error)
}

/// Sends every notice from now on; a listener that fell behind is told to ask for the whole.
#[tauri::command]
pub(crate) fn subscribe(session: State<'_, Session>, channel: Channel<Notice>) {
    let mut notices = session.jobs().subscribe();
    tauri::async_runtime::spawn(async move {
        loop {
            let notice = match notices.recv().await {
                Ok(notice) => notice,
                Err(RecvError::Lagged(_)) => Notice::ImagesChanged,
                Err(RecvError::Closed) => break,
            };
            if channel.send(notice).is_err() {
                break;
            }
        }
    });
}
