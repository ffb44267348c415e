//! .NET applications and frameworks as published: `*.deps.json`.
//!
//! Source: the format as the .NET host reads it (`dotnet/sdk`,
//! `documentation/specs/runtime-configuration-file.md`). `libraries` names what the application
//! was built from: `package` is a `NuGet` package, `project` the application itself, `runtimepack`
//! the `NuGet` package of the runtime in a self-contained application. `targets` lists the files of
//! each; a package for which the application's target lists none is not there, because the
//! framework has a newer copy of it or because it only names others.

use std::collections::BTreeSet;

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::PackageKind;
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::Findings;
use crate::json::{Members, Object, Text};

/// Largest file that is read; the .NET SDK's own have about 1 MB.
const MAX_BYTES: u64 = 16 << 20;

/// Reads what .NET applications are made of.
pub(super) struct DotnetDeps;

impl Analyser for DotnetDeps {
    fn id(&self) -> &'static str {
        "dotnet-deps"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        file.path.ends_with(".deps.json").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if let Some(document) = findings.json::<Document>(file) {
            let place = folder_and_name(file.path).0;
            document.packages(place, &mut findings);
        }
        findings.finish()
    }
}

#[derive(Deserialize)]
struct Document {
    #[serde(default, rename = "runtimeTarget")]
    runtime_target: Object<RuntimeTarget>,
    #[serde(default)]
    targets: Members<Members<Object<Files>>>,
    #[serde(default)]
    libraries: Members<Object<Library>>,
}

#[derive(Deserialize)]
struct RuntimeTarget {
    #[serde(default)]
    name: Text,
}

#[derive(Deserialize)]
struct Library {
    #[serde(default, rename = "type")]
    kind: Text,
}

/// The files of a library in one target, by what they are.
#[derive(Deserialize)]
struct Files {
    #[serde(default)]
    runtime: Members<serde::de::IgnoredAny>,
    #[serde(default)]
    native: Members<serde::de::IgnoredAny>,
    #[serde(default)]
    resources: Members<serde::de::IgnoredAny>,
    #[serde(default, rename = "runtimeTargets")]
    runtime_targets: Members<serde::de::IgnoredAny>,
}

impl Files {
    fn is_empty(&self) -> bool {
        [
            &self.runtime,
            &self.native,
            &self.resources,
            &self.runtime_targets,
        ]
        .iter()
        .all(|files| files.0.is_empty())
    }
}

impl Document {
    fn packages(&self, place: &str, findings: &mut Findings<'_>) {
        let without_files = self.without_files();
        for (key, library) in &self.libraries.0 {
            let kind = library.0.as_ref().map(|library| library.kind.as_str());
            let name = match kind {
                Some("package") => key,
                Some("runtimepack") => key.strip_prefix("runtimepack.").unwrap_or(key),
                _ => continue,
            };
            if without_files.contains(key.as_str()) {
                continue;
            }
            let (name, version) = name.split_once('/').unwrap_or((name, ""));
            if let Some(package) = findings.add(PackageKind::NuGet, name, version) {
                package.place = Some(place.to_owned());
            }
        }
    }

    /// Libraries that the application's target knows and that bring no file.
    fn without_files(&self) -> BTreeSet<&str> {
        let name = self
            .runtime_target
            .0
            .as_ref()
            .map(|target| target.name.as_str())
            .unwrap_or_default();
        let targets = &self.targets.0;
        let Some((_, target)) = targets
            .iter()
            .find(|(target, _)| target == name)
            .or_else(|| targets.first())
        else {
            return BTreeSet::new();
        };
        target
            .0
            .iter()
            .filter(|(_, files)| files.0.as_ref().is_some_and(Files::is_empty))
            .map(|(key, _)| key.as_str())
            .collect()
    }
}

#[cfg(test)]
#[path = "dotnet_deps_tests.rs"]
mod tests;
