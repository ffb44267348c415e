//! Installed distributions of Python: `*.dist-info/METADATA`, `*.egg-info/PKG-INFO`, the single
//! file `*.egg-info`, and eggs.
//!
//! Sources: the packaging specifications of Python, "Recording installed projects" (folders and
//! files), "Core metadata" (fields, of which `License-Expression` replaces `License` and the
//! classifiers) and "Recording the direct URL origin of installed distributions"
//! (`direct_url.json`); the documentation of setuptools, "The Internal Structure of Python Eggs".
//!
//! The name is kept as recorded. What was installed from an archive or a repository says so in its
//! qualifiers. The place is the folder that Python searches; of an editable installation it is the
//! folder of the project, where the code is and where the next version of it will be; the metadata
//! that the build leaves beside the code is then no second distribution. A zipped egg is known by
//! its file's name.

use std::collections::{HashMap, HashSet};

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Observation, View};
use outcrop_model::{Certainty, Licence, PackageKind, ProblemKind};
use serde::Deserialize;

use super::folder_and_name;
use crate::findings::{Findings, side_by_side_if};
use crate::json::{Object, Text};
use crate::licence::licences;

/// Most that is read of a file of metadata: the fields stand before the description.
const MAX_METADATA_BYTES: u64 = 1 << 20;
/// Largest `direct_url.json` that is read; most have 200 bytes.
const MAX_DIRECT_URL_BYTES: u64 = 16 << 10;
/// Longest licence that is kept while fields are read; what is longer is a licence's text.
const MAX_LICENCE_BYTES: usize = 1 << 10;
/// Classifiers of licences of one distribution that are kept.
const MAX_CLASSIFIERS: usize = 16;
/// Longest address that becomes a qualifier.
const MAX_ADDRESS_BYTES: usize = 1 << 10;
/// Folders between the metadata that a build leaves and its project; mostly there is one, `src`.
const MAX_FOLDERS_ABOVE: usize = 16;
/// How an archive of ZIP begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// Reads what Python has installed.
pub(super) struct Python;

impl Analyser for Python {
    fn id(&self) -> &'static str {
        "python"
    }

    fn version(&self) -> u32 {
        2
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        match Record::of(file.path)? {
            Record::Metadata { .. } => Some(MAX_METADATA_BYTES),
            Record::DirectUrl => Some(MAX_DIRECT_URL_BYTES),
            Record::ZippedEgg { .. } => file.head.starts_with(ZIP).then_some(ZIP.len() as u64),
        }
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        match Record::of(file.path) {
            Some(Record::Metadata { place }) => read_metadata(file, place, &mut findings),
            Some(Record::ZippedEgg {
                place,
                name,
                version,
            }) => {
                if let Some(package) = findings.add(PackageKind::PyPi, name, version) {
                    package.place = Some(place.to_owned());
                    package.certainty = Certainty::Inferred("the file's name".to_owned());
                }
            }
            Some(Record::DirectUrl) => {
                let understood = findings.json::<DirectUrl>(file).is_some();
                return Analysis {
                    observation: understood.then(|| Observation::Bytes(file.bytes.to_vec())),
                    ..findings.finish()
                };
            }
            None => {}
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        let origins: HashMap<String, DirectUrl> = view
            .everywhere()
            .into_iter()
            .filter_map(|found| match found.observation {
                Some(Observation::Bytes(bytes)) => {
                    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                    let origin = serde_json::from_slice(bytes).ok()?;
                    Some((folder_and_name(&found.path).0.to_owned(), origin))
                }
                _ => None,
            })
            .collect();
        let edited: HashSet<(&str, String)> = origins
            .iter()
            .filter_map(|(folder, origin)| {
                // `name-version.dist-info`, in which a name has no hyphen.
                let name = folder_and_name(folder).1.split('-').next()?;
                Some((origin.edited_project()?, normalised(name)))
            })
            .collect();
        side_by_side_if(view, |path, package| {
            if let Some(origin) = origins.get(folder_and_name(path).0) {
                if let Some(project) = origin.edited_project() {
                    package.place = Some(project.to_owned());
                }
                package.qualifiers.extend(origin.qualifier());
                return true;
            }
            // Looked up folder by folder: there may be as many projects as packages.
            let mut above = (path, normalised(&package.name));
            !(0..MAX_FOLDERS_ABOVE).any(|_| {
                above.0 = folder_and_name(above.0).0;
                edited.contains(&above)
            })
        })
    }
}

/// A name as names are compared. Packaging specifications, "Names and normalization".
fn normalised(name: &str) -> String {
    name.split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
        .to_ascii_lowercase()
}

/// What a path says that its file records.
#[derive(Debug, PartialEq, Eq)]
enum Record<'a> {
    /// Fields of metadata, of a distribution in the folder `place`.
    Metadata { place: &'a str },
    /// Where the distribution of the same folder is from.
    DirectUrl,
    /// An egg that is an archive.
    ZippedEgg {
        place: &'a str,
        name: &'a str,
        version: &'a str,
    },
}

impl<'a> Record<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (folder, name) = folder_and_name(path);
        let (above, folder_name) = folder_and_name(folder);
        // What pip renamed while it removed or replaced it, which `pip` itself passes over.
        if folder_name.starts_with('~') || name.starts_with('~') {
            return None;
        }
        match name {
            "METADATA" if folder_name.ends_with(".dist-info") => {
                Some(Self::Metadata { place: above })
            }
            "direct_url.json" if folder_name.ends_with(".dist-info") => Some(Self::DirectUrl),
            "PKG-INFO" if folder_name.ends_with(".egg-info") => {
                Some(Self::Metadata { place: above })
            }
            "PKG-INFO" if folder_name == "EGG-INFO" => {
                let (place, egg) = folder_and_name(above);
                egg.strip_suffix(".egg").map(|_| Self::Metadata { place })
            }
            _ if name.ends_with(".egg-info") => Some(Self::Metadata { place: folder }),
            _ if matches!(folder_name, "site-packages" | "dist-packages") => {
                // `name-version-py3.8-linux_x86_64.egg`
                let mut parts = name.strip_suffix(".egg")?.split('-');
                Some(Self::ZippedEgg {
                    place: folder,
                    name: parts.next()?,
                    version: parts.next()?,
                })
            }
            _ => None,
        }
    }
}

fn read_metadata(file: &CandidateFile<'_>, place: &str, findings: &mut Findings<'_>) {
    let content = String::from_utf8_lossy(file.bytes);
    let fields = Fields::of(&content, file.whole);
    if !fields.complete {
        findings.problem(
            ProblemKind::Truncated,
            "only the beginning of the file could be read",
        );
        if fields.version.is_none() || fields.name.is_none() {
            return;
        }
    }
    let (name, version) = (fields.name.unwrap_or(""), fields.version.unwrap_or(""));
    if let Some(package) = findings.add(PackageKind::PyPi, name, version) {
        package.place = Some(place.to_owned());
        package.licences = fields.licences();
    }
}

/// The fields that are looked at.
#[derive(Default)]
struct Fields<'a> {
    name: Option<&'a str>,
    version: Option<&'a str>,
    expression: Option<&'a str>,
    licence: Option<String>,
    classifiers: Vec<&'a str>,
    /// Whether no further field can follow.
    complete: bool,
}

impl<'a> Fields<'a> {
    fn of(content: &'a str, whole: bool) -> Self {
        let mut fields = Self {
            complete: whole,
            ..Self::default()
        };
        let mut in_licence = false;
        for line in content.split_inclusive('\n') {
            if !whole && !line.ends_with('\n') {
                // A value that is cut off in the middle tells something wrong.
                break;
            }
            if line.trim_ascii().is_empty() {
                fields.complete = true;
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some(licence) = fields.licence.as_mut()
                    && in_licence
                    && licence.len() < MAX_LICENCE_BYTES
                {
                    licence.push('\n');
                    licence.push_str(line.trim_ascii());
                }
                continue;
            }
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.trim();
            let is = |name: &str| field.eq_ignore_ascii_case(name);
            in_licence = false;
            if is("Name") {
                fields.name = fields.name.or(Some(value));
            } else if is("Version") {
                fields.version = fields.version.or(Some(value));
            } else if is("License-Expression") {
                fields.expression = Some(value);
            } else if is("License") {
                in_licence = true;
                fields.licence = Some(value.to_owned());
            } else if is("Classifier")
                && let Some(licence) = value.strip_prefix("License :: ")
                && licence != "OSI Approved"
                && fields.classifiers.len() < MAX_CLASSIFIERS
            {
                fields.classifiers.push(licence);
            }
        }
        fields
    }

    /// The expression; without one, of the field and the classifiers what can be understood, the
    /// field first, as authors put into either what the other has no words for.
    fn licences(&self) -> Vec<Licence> {
        if let Some(expression) = self.expression {
            return licences(expression);
        }
        let field = self.licence.as_deref().map_or_else(Vec::new, licences);
        let classifiers: Vec<Licence> = self
            .classifiers
            .iter()
            .flat_map(|licence| licences(licence.rsplit(" :: ").next().unwrap_or(licence)))
            .collect();
        let understood = |told: &[Licence]| {
            told.iter()
                .any(|licence| matches!(licence, Licence::Spdx(_)))
        };
        let long = self
            .licence
            .as_ref()
            .is_some_and(|text| text.contains('\n'));
        if understood(&field) {
            field
        } else if understood(&classifiers) || field.is_empty() || long && !classifiers.is_empty() {
            classifiers
        } else {
            field
        }
    }
}

#[derive(Deserialize)]
struct DirectUrl {
    #[serde(default)]
    url: Text,
    #[serde(default)]
    vcs_info: Object<Repository>,
    #[serde(default)]
    dir_info: Object<Folder>,
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default)]
    vcs: Text,
    #[serde(default)]
    commit_id: Text,
}

#[derive(Deserialize)]
struct Folder {
    #[serde(default)]
    editable: serde_json::Value,
}

impl DirectUrl {
    /// The folder of the project, inside the image, of an editable installation.
    fn edited_project(&self) -> Option<&str> {
        let editable = self.dir_info.0.as_ref()?.editable.as_bool()?;
        let folder = self.url.as_str().strip_prefix("file:///")?;
        let plain = !folder.contains(['%', '?', '#']) && folder.len() <= MAX_ADDRESS_BYTES;
        (editable && plain).then(|| folder.trim_end_matches('/'))
    }

    /// Where it is from as a qualifier of the purl; nothing of what lies in the image.
    fn qualifier(&self) -> Option<(String, String)> {
        let url = self.url.as_str();
        let (scheme, rest) = url.split_once("://")?;
        if scheme == "file" || url.len() > MAX_ADDRESS_BYTES {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        // Whatever stands before the host may be a secret; only the user of ssh is none.
        let authority = match authority.rsplit_once('@') {
            Some(("git", host)) => format!("git@{host}"),
            Some((_, host)) => host.to_owned(),
            None => authority.to_owned(),
        };
        let address = format!("{scheme}://{authority}{path}");
        Some(match &self.vcs_info.0 {
            Some(repository) => (
                "vcs_url".to_owned(),
                format!(
                    "{}+{address}@{}",
                    repository.vcs.as_str(),
                    repository.commit_id.as_str()
                ),
            ),
            None => ("download_url".to_owned(), address),
        })
    }
}

#[cfg(test)]
#[path = "python_tests.rs"]
mod tests;
