//! Applications of Erlang and Elixir in a release: `name-version/ebin/name.app`.
//!
//! Sources: OTP's manual, `app(4)` (the file) and "Releases", section "Release Structure" (the
//! folders).
//!
//! What counts: an application whose folder bears its name and version. That is how releases of
//! `mix`, `rebar3` and `relx`, the plugins of programs like `RabbitMQ`, and Erlang itself are laid
//! out. A folder of a build tool (`_build/prod/lib/name`) bears no version and does not count; the
//! dependencies beside it have a record of their own, see the cataloger `hex`. `mix.lock` and
//! `rebar.lock` do not count either: they name what a build was to fetch, and what it did fetch
//! has one of the two records.
//!
//! An application does not tell where it is from. One of those that Erlang or Elixir bring with
//! them is no package of Hex and is recorded as a program, so that no advisory on a package that
//! happens to have its name is held against it. Any other is taken for the package of Hex of the
//! same name, which is custom, not rule: its certainty says so.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::{Certainty, PackageKind, ProblemKind};

use super::folder_and_name;
use crate::erlang_term::{Term, licences, property, terms};
use crate::findings::{Findings, side_by_side};

/// Largest file that is read; the longest lists of modules have 50 kB.
const MAX_BYTES: u64 = 1 << 20;

/// What Erlang and Elixir consist of. OTP's documentation, "Applications"; Elixir's, "Libraries".
const OWN_APPLICATIONS: &[&str] = &[
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eex",
    "eldap",
    "elixir",
    "erl_docgen",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ex_unit",
    "ftp",
    "iex",
    "inets",
    "jinterface",
    "kernel",
    "logger",
    "megaco",
    "mix",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tftp",
    "tools",
    "wx",
    "xmerl",
];

/// Reads the applications of Erlang releases.
pub(super) struct Erlang;

impl Analyser for Erlang {
    fn id(&self) -> &'static str {
        "erlang"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        placed(file.path).map(|_| MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let Some((library, folder, name)) = placed(file.path) else {
            return Analysis::default();
        };
        let (terms, _) = terms(file.bytes);
        let properties = match terms.first() {
            Some(Term::Tuple(application)) => match application.as_slice() {
                [keyword, told, properties]
                    if keyword.as_str() == Some("application") && told.as_str() == Some(name) =>
                {
                    properties.elements()
                }
                _ => &[],
            },
            _ => &[],
        };
        let Some(version) = property(properties, "vsn").and_then(Term::as_str) else {
            findings.problem(
                ProblemKind::Malformed,
                format!("the application does not tell its version: `{name}`"),
            );
            return findings.finish();
        };
        let in_release = folder
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('-'))
            == Some(version);
        if !in_release {
            return Analysis::default();
        }
        let own = OWN_APPLICATIONS.contains(&name);
        let kind = if own {
            PackageKind::Generic
        } else {
            PackageKind::Hex
        };
        if let Some(package) = findings.add(kind, name, version) {
            package.place = Some(library.to_owned());
            if !own {
                package.certainty =
                    Certainty::Inferred("the name of an OTP application".to_owned());
            }
            package.licences = licences(properties);
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

/// The folder of all applications, that of this one, and its name: `lib`, `name-version`, `name`.
fn placed(path: &str) -> Option<(&str, &str, &str)> {
    let (folder, file) = folder_and_name(path);
    let name = file.strip_suffix(".app")?;
    let application = folder.strip_suffix("/ebin")?;
    let (library, folder) = folder_and_name(application);
    folder.contains('-').then_some((library, folder, name))
}

#[cfg(test)]
#[path = "erlang_tests.rs"]
mod tests;
