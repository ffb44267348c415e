//! What a check is.

use outcrop_image::EntryFacts;
use outcrop_model::{Accounts, SecretTrace, Severity};

use crate::configuration::Configuration;

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// How a container runs and how the image was built.
    Configuration,
    /// Entries of layers: permissions, owners, leftovers.
    Files,
    /// Secrets by content.
    Secrets,
}

/// A document that a rule is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name and section, as `CIS Docker Benchmark 1.6.0, 4.1`.
    pub name: &'static str,
    /// Its address; empty where it has no page of its own.
    pub url: &'static str,
}

impl Reference {
    /// A section of the CIS Docker Benchmark.
    pub(crate) const fn cis_docker(name: &'static str) -> Self {
        Self {
            name,
            url: "https://www.cisecurity.org/benchmark/docker",
        }
    }

    /// A section of NIST SP 800-190, Application Container Security Guide.
    pub(crate) const fn nist_sp_800_190(name: &'static str) -> Self {
        Self {
            name,
            url: "https://doi.org/10.6028/NIST.SP.800-190",
        }
    }

    /// A part of Docker's page on building.
    pub(crate) const fn docker_practices(name: &'static str) -> Self {
        Self {
            name,
            url: "https://docs.docker.com/build/building/best-practices/",
        }
    }
}

/// One thing that is looked for.
#[derive(Debug)]
pub struct Check {
    /// Stable identifier, in words joined by hyphens.
    pub id: &'static str,
    /// What it finds, as a short heading without a final period.
    pub title: &'static str,
    /// What it looks at.
    pub group: Group,
    /// How bad it is where nothing says more.
    pub severity: Severity,
    /// Why it is a risk, one or two sentences.
    pub why: &'static str,
    /// What to do, one or two sentences; for secrets "rotate it" comes first.
    pub remedy: &'static str,
    /// Lines for the Containerfile that mend it, where there are such.
    pub containerfile: Option<&'static str>,
    /// Where the rule is from.
    pub references: &'static [Reference],
    /// How it looks.
    pub look: Look,
}

/// How a check looks.
#[derive(Clone, Copy, Debug)]
pub enum Look {
    /// At the configuration of an image, with the accounts of its merged view.
    Configuration(fn(&Configuration<'_>) -> Vec<Remark>),
    /// At the header of one entry of a layer: the detail that decides, where it sees something.
    /// Called for every entry of every layer, so it must tell most apart by a number or a byte.
    Entry(fn(&EntryFacts<'_>) -> Option<String>),
    /// At the accounts of the merged view.
    Accounts(fn(&Accounts) -> Vec<Remark>),
    /// At files by the user that owns them; done where reports are put together.
    Owners,
    /// At the content of files, by the rules of the table of secrets.
    Content,
}

/// What a check says of a configuration or of the accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// One sentence without a final period, its deciding value last.
    pub message: String,
    /// What it is about, as `22/tcp`; with the check it is what an exception names.
    pub subject: String,
    /// Another severity than the check's.
    pub severity: Option<Severity>,
    /// The step of the history that set it, where one can be told.
    pub history: Option<usize>,
    /// The layer that it stands in, where it is in one (accounts).
    pub layer: Option<usize>,
    /// The file that it stands in (accounts), without a leading slash.
    pub path: Option<String>,
    /// Line of that file, from 1.
    pub line: Option<u32>,
    /// The secret, where it is one.
    pub secret: Option<SecretTrace>,
    /// Lines for the Containerfile that fit this case better than the check's own.
    pub containerfile: Option<String>,
}
