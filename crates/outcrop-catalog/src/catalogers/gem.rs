//! Installed gems of Ruby: `specifications/*.gemspec`, and `specifications/default/*.gemspec` of
//! those that come with Ruby itself.
//!
//! Sources: the documentation of `RubyGems`, "Specification Reference", and its
//! `Gem::Specification#to_ruby`, which writes these files: one assignment of a plain value a line,
//! and before them a comment that tells name, version and platform. A gemspec elsewhere is a source
//! that may compute what it tells; nothing is evaluated here, and no such file counts.
//!
//! Several versions of a gem lie side by side. The place is the folder of the specifications, so
//! that a gem that comes with Ruby and a newer one beside it stay two.

use std::borrow::Cow;

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::PackageKind;

use super::folder_and_name;
use crate::findings::{Findings, side_by_side};
use crate::licence::licences;

/// Largest file that is read; those with long lists of files have 200 kB.
const MAX_BYTES: u64 = 4 << 20;
/// Licences of one gem that are read.
const MAX_LICENCES: usize = 16;

/// Reads the gems of Ruby.
pub(super) struct Gem;

impl Analyser for Gem {
    fn id(&self) -> &'static str {
        "gem"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (folder, name) = file.folder_and_name();
        let (above, folder_name) = folder_and_name(folder);
        let recorded = folder_name == "specifications"
            || folder_name == "default" && folder_and_name(above).1 == "specifications";
        (recorded && name.ends_with(".gemspec")).then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = findings.text(file);
        let gemspec = Gemspec::of(&content);
        if let Some(package) = findings.add(PackageKind::Gem, &gemspec.name, &gemspec.version) {
            package.place = Some(folder_and_name(file.path).0.to_owned());
            package.licences = gemspec
                .licences
                .iter()
                .flat_map(|name| licences(name))
                .collect();
            if !matches!(&*gemspec.platform, "" | "ruby") {
                let platform = gemspec.platform.into_owned();
                package.qualifiers.insert("platform".to_owned(), platform);
            }
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

#[derive(Default)]
struct Gemspec<'a> {
    name: Cow<'a, str>,
    version: Cow<'a, str>,
    platform: Cow<'a, str>,
    licences: Vec<Cow<'a, str>>,
}

impl<'a> Gemspec<'a> {
    /// What assignments tell, else the comment.
    fn of(content: &'a str) -> Self {
        let mut gemspec = Self::default();
        let mut comment = None;
        for line in content.lines() {
            if let Some(stub) = line.strip_prefix("# stub: ") {
                comment = comment.or(Some(stub));
                continue;
            }
            let Some((field, value)) = assignment(line) else {
                continue;
            };
            let first = || strings(value).next().unwrap_or_default();
            match field {
                "name" => gemspec.name = first(),
                "version" => gemspec.version = first(),
                "platform" => gemspec.platform = first(),
                "license" | "licenses" => {
                    gemspec.licences = strings(value).take(MAX_LICENCES).collect();
                }
                _ => {}
            }
        }
        let mut words = comment.unwrap_or_default().split(' ');
        for value in [
            &mut gemspec.name,
            &mut gemspec.version,
            &mut gemspec.platform,
        ] {
            let word = words.next().unwrap_or_default();
            if value.is_empty() {
                *value = Cow::Borrowed(word);
            }
        }
        gemspec
    }
}

/// Field and value of `  s.field = value`, whatever the variable is called.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (target, value) = line.split_once('=')?;
    let (variable, field) = target.trim().split_once('.')?;
    let is_name = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (is_name(variable) && is_name(field)).then_some((field, value.trim()))
}

/// The strings of a value, in either kind of quotes, before a condition at its end.
fn strings(value: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let value = value.split(" if s.").next().unwrap_or(value);
    let mut rest = value;
    std::iter::from_fn(move || {
        let start = rest.find(['"', '\''])?;
        let quote = rest.as_bytes().get(start).copied()?;
        let body = rest.get(start + 1..)?;
        let mut escaped = false;
        let end = body.bytes().position(|byte| {
            let ends = byte == quote && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        rest = body.get(end + 1..)?;
        let string = body.get(..end)?;
        Some(if string.contains('\\') {
            Cow::Owned(string.replace('\\', ""))
        } else {
            Cow::Borrowed(string)
        })
    })
}

#[cfg(test)]
#[path = "gem_tests.rs"]
mod tests;
