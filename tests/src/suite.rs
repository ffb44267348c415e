//! A test binary as a list of tests, each with what it needs of the machine.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{data, engine, programs};

/// What a test returns: the first thing that was not as expected.
pub type Outcome = anyhow::Result<()>;

/// Something a test cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Root: private engines, namespaces and small file systems need it.
    Root,
    /// The large real data that `OUTCROP_TEST_DATA` names.
    Data,
    /// A program in `PATH`, and the Debian package that has it.
    Program(&'static str, &'static str),
    /// A module of Debian's own Python, and the Debian package that has it.
    Python(&'static str, &'static str),
    /// A file under the workspace's root, and how it comes to be.
    Built(&'static str, &'static str),
}

impl Need {
    /// Why the need is not met here, if it is not.
    fn lacking(self) -> Option<String> {
        match self {
            Self::Root => (!engine::is_root()).then(|| "needs root".to_owned()),
            Self::Data => data::folder().err().map(|error| error.to_string()),
            Self::Program(name, package) => programs::in_path(name)
                .is_none()
                .then(|| format!("needs `{name}` of the Debian package `{package}`")),
            Self::Python(module, package) => {
                let imports = ["-c".to_owned(), format!("import {module}")];
                programs::tool(programs::PYTHON, imports)
                    .is_err()
                    .then(|| format!("needs Python's `{module}` of the Debian package `{package}`"))
            }
            Self::Built(path, how) => (!programs::workspace().join(path).exists())
                .then(|| format!("needs `{path}`: {how}")),
        }
    }
}

/// The tests of one binary.
#[derive(Default)]
pub struct Suite {
    trials: Vec<Trial>,
    serial: bool,
}

impl Suite {
    /// Runs the tests in their order, one at a time, unless `--test-threads` says otherwise: for
    /// those that measure time or watch events of what they share.
    #[must_use]
    pub fn one_at_a_time(mut self) -> Self {
        self.serial = true;
        self
    }

    /// Adds a test. Where a need is not met it is ignored, with the reason beside its name; with
    /// `OUTCROP_REQUIRE_ENGINES=1` it fails with that reason, unless only the test data is absent.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        needs: &[Need],
        test: impl FnOnce() -> Outcome + Send + 'static,
    ) {
        let name = name.into();
        let lacking = needs
            .iter()
            .filter_map(|need| Some((*need, need.lacking()?)))
            .min_by_key(|(need, _)| *need == Need::Data);
        let trial = match lacking {
            None => Trial::test(name, move || {
                test().map_err(|error| Failed::from(format!("{error:#}")))
            }),
            Some((need, reason)) if need != Need::Data && required() => {
                Trial::test(name, move || Err(Failed::from(reason)))
            }
            Some((_, reason)) => Trial::test(name, || Ok(()))
                .with_kind(format!("skipped, {reason}"))
                .with_ignored_flag(true),
        };
        self.trials.push(trial);
    }

    /// Runs the tests that the command line selects, then `at_end`, whatever they did; both
    /// must succeed.
    pub fn run(self, at_end: impl FnOnce() -> Outcome) -> anyhow::Result<ExitCode> {
        let mut arguments = Arguments::from_args();
        // `--ignored` and `--include-ignored` would report a skipped test as passed.
        arguments.ignored = false;
        arguments.include_ignored = false;
        if self.serial {
            arguments.test_threads.get_or_insert(1);
        }
        let conclusion = libtest_mimic::run(&arguments, self.trials);
        at_end()?;
        Ok(conclusion.exit_code())
    }
}

/// Whether a skip counts as a failure, as it does in CI.
fn required() -> bool {
    std::env::var_os("OUTCROP_REQUIRE_ENGINES").is_some_and(|value| value == "1")
}
