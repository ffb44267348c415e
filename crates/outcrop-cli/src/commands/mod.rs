//! One file per command. Each returns how it ended, or the error that stopped it.

mod advisories;
mod completions;
mod engines;
mod explain;
mod fix;
mod images;
mod lineage;
mod scan;
mod schema;
mod versions;

use std::time::Duration;

use outcrop_workbench::wire::{Code, WireError};
use outcrop_workbench::{Cancellation, Options, Workbench, WorkbenchError};

use crate::arguments::{Command, Global};
use crate::exit::Exit;
use crate::signals;

/// How long work that was cancelled may take to clean up.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long reads that cannot be interrupted, as of standard input, are waited for at the end.
const LAST_WAIT: Duration = Duration::from_millis(100);

/// What a command was called with besides its own arguments.
pub(crate) struct Context {
    options: Options,
    pub(crate) quiet: bool,
    pub(crate) cancellation: Cancellation,
}

/// Why a command could not be carried out.
pub(crate) struct Failure(pub(crate) WireError);

impl From<WorkbenchError> for Failure {
    fn from(error: WorkbenchError) -> Self {
        Self(error.wire())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(WireError {
            code: Code::Internal,
            message: format!("cannot write the result: {error}"),
            hint: None,
        })
    }
}

impl Failure {
    /// No image, or not exactly one, is meant.
    fn unknown_image(message: String) -> Self {
        Self(WireError {
            code: Code::UnknownImage,
            message,
            hint: Some("`outcrop images` lists what is there".to_owned()),
        })
    }

    /// Wrong use of the command line.
    fn usage(message: String, hint: &str) -> Self {
        Self(WireError {
            code: Code::Usage,
            message,
            hint: Some(hint.to_owned()),
        })
    }
}

type Outcome = Result<Exit, Failure>;

impl Context {
    fn new(global: Global, cancellation: Cancellation) -> Self {
        Self {
            options: Options {
                store: global.store,
                offline: global.offline,
                ..Options::default()
            },
            quiet: global.quiet,
            cancellation,
        }
    }

    /// Opens the workbench for a piece of work, and waits afterwards until nothing that it made
    /// is left in an engine, however it ended.
    async fn with_workbench<F>(&self, work: F) -> Outcome
    where
        F: AsyncFnOnce(&Workbench) -> Outcome,
    {
        let workbench = Workbench::open(self.options.clone()).await?;
        let outcome = tokio::select! {
            biased;
            outcome = work(&workbench) => outcome,
            // Long work ends by itself and cleans up; this ends what cannot be cancelled.
            () = self.given_up() => Err(WorkbenchError::Cancelled.into()),
        };
        workbench.close().await;
        outcome
    }

    /// Ends some time after the user asked to stop.
    async fn given_up(&self) {
        self.cancellation.cancelled().await;
        tokio::time::sleep(PATIENCE).await;
    }
}

/// Carries out a command.
pub(crate) fn run(command: Command, global: Global) -> Outcome {
    match command {
        Command::Versions(action) => versions::run(action),
        Command::Schema { output } => schema::run(&output),
        Command::Completions { shell } => completions::run(shell),
        Command::Engines { json } => {
            start(global, async |context| engines::run(context, json).await)
        }
        Command::Images { json } => start(global, async |context| images::run(context, json).await),
        Command::Scan(arguments) => {
            start(global, async |context| scan::run(context, arguments).await)
        }
        Command::Lineage { image, format } => start(global, async |context| {
            lineage::run(context, image.as_deref(), format).await
        }),
        Command::Fix(arguments) => {
            start(global, async |context| fix::run(context, arguments).await)
        }
        Command::Explain(arguments) => start(global, async |context| {
            explain::run(context, arguments).await
        }),
        Command::Advisories(action) => start(global, async |context| {
            advisories::run(context, action).await
        }),
    }
}

/// Runs a command that can be cancelled.
fn start(global: Global, command: impl AsyncFnOnce(&Context) -> Outcome) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure(crate::internal(format!("cannot start: {error}"))))?;
    let cancellation = Cancellation::new();
    runtime.spawn(signals::heed(cancellation.clone()));
    let context = Context::new(global, cancellation);
    let outcome = runtime.block_on(command(&context));
    runtime.shutdown_timeout(LAST_WAIT);
    outcome
}
