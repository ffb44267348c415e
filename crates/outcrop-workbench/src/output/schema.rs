//! The JSON Schema of each document, from the same types that are printed.

use schemars::{Schema, schema_for};

use super::document::{AdvisoriesDocument, EnginesDocument, ScanDocument};
use crate::report::ScanReport;
use crate::wire::{Explanation, FixPlan, ImageList, Lineage};

/// A document that has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `outcrop scan --format json` of one image.
    Scan,
    /// `outcrop scan --format json` of several images.
    Scans,
    /// `outcrop images --json`.
    Images,
    /// `outcrop engines --json`.
    Engines,
    /// `outcrop lineage --format json`.
    Lineage,
    /// `outcrop fix --json`.
    Fix,
    /// `outcrop advisories status --json`.
    Advisories,
    /// `outcrop explain --json` of one image.
    Explain,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Scan,
        Self::Scans,
        Self::Images,
        Self::Engines,
        Self::Lineage,
        Self::Fix,
        Self::Advisories,
        Self::Explain,
    ];

    /// The word by which `outcrop schema` knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::Scans => "scans",
            Self::Images => "images",
            Self::Engines => "engines",
            Self::Lineage => "lineage",
            Self::Fix => "fix",
            Self::Advisories => "advisories",
            Self::Explain => "explain",
        }
    }
}

/// The schema of a document, JSON Schema draft 2020-12.
pub fn of(subject: Subject) -> Schema {
    match subject {
        Subject::Scan => schema_for!(ScanReport),
        Subject::Scans => schema_for!(ScanDocument),
        Subject::Images => schema_for!(ImageList),
        Subject::Engines => schema_for!(EnginesDocument),
        Subject::Lineage => schema_for!(Lineage),
        Subject::Fix => schema_for!(FixPlan),
        Subject::Advisories => schema_for!(AdvisoriesDocument),
        Subject::Explain => schema_for!(Explanation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_carries_its_version() {
        for subject in Subject::ALL {
            let schema = of(subject).to_value();
            assert_eq!(
                schema["properties"]["schema_version"]["type"],
                "string",
                "{}",
                subject.name()
            );
        }
    }
}
