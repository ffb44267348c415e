//! The command line, from which help and completions are made too.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use outcrop_workbench::output::schema::Subject;
use outcrop_workbench::report::Severity;
use outcrop_workbench::{Mirror, ScanOptions};

/// Finds what is vulnerable in container images, where it comes from, and the change to the
/// Containerfile that mends it.
#[derive(Debug, Parser)]
#[command(
    name = "outcrop",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done; 1 a threshold or check was not met; 2 wrong use; \
                  3 an image, engine, store, feed or output could not be used; 4 with --strict: \
                  part of an image could not be read or judged. The highest number wins."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// Folder of the store instead of the one in the user's data folder
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) store: Option<PathBuf>,
    /// Download nothing
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Print results and errors only
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log more: -v what is done, -vv details, -vvv everything
    #[arg(short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Write the log to a file instead of standard error
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) log_file: Option<PathBuf>,
    /// When to use colours; automatic also heeds `NO_COLOR`
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show every endpoint tried, its answer, and the remedy
    Engines {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the images of all engines
    Images {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what is in images, what is vulnerable and what else is risky in them
    Scan(Scan),
    /// Show which image is built on which
    Lineage {
        /// One image and its ancestors and descendants; all families without it
        image: Option<String>,
        /// How to print it
        #[arg(long, value_name = "FORMAT", default_value = "tree")]
        format: LineageFormat,
    },
    /// Print the change to a Containerfile that mends an image, as a diff
    Fix(Fix),
    /// Say why an image has a vulnerability, or why it has it not
    Explain(Explain),
    /// Show, load or remove advisories
    #[command(subcommand)]
    Advisories(Advisories),
    /// Compare versions as an ecosystem does
    #[command(subcommand)]
    Versions(Versions),
    /// Print the JSON Schema of an output
    Schema {
        /// The output
        #[arg(value_parser = clap::builder::PossibleValuesParser::new(Subject::ALL.map(Subject::name)))]
        output: String,
    },
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// An image is a name or ID in an engine, docker-archive:PATH, oci-archive:PATH, oci-dir:PATH (each
/// with :REFERENCE where the archive holds several images), a path, or - for an archive on standard
/// input.
#[derive(Args, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of its own on the command line"
)]
pub(crate) struct Scan {
    /// Images to scan
    #[arg(
        value_name = "IMAGE",
        required_unless_present = "all",
        conflicts_with = "all"
    )]
    pub(crate) images: Vec<String>,
    /// Scan every image of every engine
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print the results
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: ScanFormat,
    /// Write to this file; for CycloneDX and SPDX of several images a folder, which SARIF takes too
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    /// Exit with 1 if a finding is of this severity or a higher one; see --risks for risks
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Threshold>,
    /// Severity that an unknown one stands for in --fail-on
    #[arg(long, value_name = "SEVERITY", default_value = "medium")]
    pub(crate) unknown_as: Threshold,
    /// Leave out findings without a fixed version
    #[arg(long)]
    pub(crate) only_fixable: bool,
    /// What risks do: configuration, permissions and secrets, beside the findings
    #[arg(long, value_name = "MODE", default_value = "warn")]
    pub(crate) risks: Risks,
    /// Label that an image must have; that one is missing is a risk
    #[arg(long = "require-label", value_name = "NAME")]
    pub(crate) required_labels: Vec<String>,
    /// List the risks that a base brought in the table; the other formats always do
    #[arg(long)]
    pub(crate) inherited: bool,
    /// List the findings shown apart: unimportant ones and kernel headers
    #[arg(long)]
    pub(crate) apart: bool,
    /// List the packages in the table; the other formats always do
    #[arg(long)]
    pub(crate) packages: bool,
    /// Exit with 4 if part of an image could not be read or judged
    #[arg(long)]
    pub(crate) strict: bool,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// Which of several images of one name is meant.
#[derive(Args, Debug)]
pub(crate) struct Choice {
    /// Engine that holds the image, by the name that `outcrop engines` shows
    #[arg(long, value_name = "NAME")]
    pub(crate) engine: Option<String>,
    /// Platform to choose from an index, as linux/arm64
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
}

impl Choice {
    /// A scan of what is meant, as it is by default.
    pub(crate) fn options(&self) -> ScanOptions {
        ScanOptions {
            platform: self.platform.clone(),
            ..ScanOptions::default()
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScanFormat {
    /// For people
    Table,
    /// Everything; `outcrop schema scan` describes it
    Json,
    /// Software bill of materials with the findings and risks, CycloneDX 1.6
    #[value(name = "cyclonedx")]
    CycloneDx,
    /// Software bill of materials, SPDX 2.3
    Spdx,
    /// Findings and risks for code hosts and editors, SARIF 2.1.0
    Sarif,
    /// For a merge request or a wiki
    Markdown,
    /// One file for a browser
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Risks {
    /// They are not looked for and not shown
    Off,
    /// They are shown and do not count for the exit code
    Warn,
    /// They are shown and count for --fail-on and --strict like findings
    Fail,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LineageFormat {
    Tree,
    Json,
    Dot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Threshold {
    Negligible,
    Low,
    Medium,
    High,
    Critical,
}

impl From<Threshold> for Severity {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::Negligible => Self::Negligible,
            Threshold::Low => Self::Low,
            Threshold::Medium => Self::Medium,
            Threshold::High => Self::High,
            Threshold::Critical => Self::Critical,
        }
    }
}

/// The diff goes to standard output; what it clears and what stays, to standard error.
#[derive(Args, Debug)]
pub(crate) struct Fix {
    /// The image; of an archive with several, the one that the Containerfile fits best
    pub(crate) image: String,
    /// The Containerfile that the image was built from
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) containerfile: PathBuf,
    /// Stage that was built, instead of the last
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// Build argument that was given
    #[arg(long = "build-arg", value_name = "NAME=VALUE")]
    pub(crate) build_arguments: Vec<String>,
    /// Do not offer a newer base
    #[arg(long)]
    pub(crate) no_base_bump: bool,
    /// Print the whole plan as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// A scan that is kept is not made again where nothing changed.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The vulnerability, as CVE-2024-0727
    pub(crate) vulnerability: String,
    /// The image, as for `scan`
    pub(crate) image: String,
    /// Print JSON, one document an image
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Advisories {
    /// Show what is loaded, from where and how old it is
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Print whose records Outcrop uses and under which terms
        #[arg(long, conflicts_with = "json")]
        attribution: bool,
    },
    /// Download newer records and say what they change in scanned images
    Update {
        /// Fetch the ratings of NVD too: hundreds of megabytes the first time
        #[arg(long)]
        nvd: bool,
        /// Fetch a feed from a mirror, now and later; `FEED=` goes back to its publisher
        #[arg(long = "mirror", value_name = "FEED=URL")]
        mirrors: Vec<Mirror>,
        /// Ecosystems by OSV's name, as Debian; those seen in scanned images without it
        ecosystems: Vec<String>,
    },
    /// Load files and folders of any feed: OSV, Debian's tracker, secdb, Red Hat VEX, updateinfo,
    /// KEV, EPSS, NVD, endoflife.date
    Import {
        /// Archives, folders or files
        #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
    },
    /// Remove all loaded records; the starter set is there again at the next start
    Clear,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Versions {
    /// Read lines `A < B`, `A = B` or `A > B` and print those that do not hold
    Check {
        /// OSV's name of the ecosystem, as Debian
        ecosystem: String,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn definitions_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn lines_are_accepted_or_refused() {
        for (line, accepted) in [
            ("scan debian:12", true),
            (
                "scan a b --format cyclonedx --output out --fail-on high --unknown-as low",
                true,
            ),
            ("scan --all --strict --only-fixable", true),
            ("scan", false),
            ("scan a --all", false),
            ("scan a --format spdx", true),
            ("scan a b --format sarif", true),
            ("scan a --format markdown", true),
            ("scan a --format html --packages", true),
            ("scan a --format pdf", false),
            ("scan a --fail-on unknown", false),
            ("scan a --risks fail --fail-on high --inherited", true),
            ("scan a --risks off", true),
            ("scan a --risks on", false),
            ("scan a --require-label a --require-label b", true),
            (
                "fix app:1 --containerfile Containerfile --build-arg A=1 --build-arg B=2",
                true,
            ),
            ("fix app:1", false),
            ("lineage --format dot", true),
            ("explain CVE-2024-0727 app:1 --json", true),
            ("explain CVE-2024-0727", false),
            ("advisories import a.zip b", true),
            ("advisories import", false),
            ("advisories update --nvd Debian", true),
            ("advisories status --attribution", true),
            ("versions check Debian", true),
            ("schema scan", true),
            ("schema nothing", false),
            ("completions bash", true),
            (
                "engines --json --store /s --offline -q -vv --color never",
                true,
            ),
            ("updates", false),
            ("", false),
        ] {
            let words = std::iter::once("outcrop").chain(line.split_whitespace());
            assert_eq!(Arguments::try_parse_from(words).is_ok(), accepted, "{line}");
        }
    }
}
