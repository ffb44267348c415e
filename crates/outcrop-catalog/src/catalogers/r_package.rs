//! Installed packages of R: `DESCRIPTION` in the package's folder of a library.
//!
//! Source: "Writing R Extensions", 1.1.1 "The DESCRIPTION file" (fields, continuation lines) and
//! 1.1.2 "Licensing" (the words of `License`). `Built` is written by the installation, so a file
//! without it is a source, not an installed package. The packages that R itself consists of
//! (`Priority: base`) count as well.

use outcrop_image::{Analyser, Analysis, CandidateFile, FileFacts};
use outcrop_model::{Licence, PackageKind};

use super::folder_and_name;
use crate::findings::Findings;
use crate::licence::licences;

/// Largest file that is read; most have 2 kB.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the packages of R libraries.
pub(super) struct RPackage;

impl Analyser for RPackage {
    fn id(&self) -> &'static str {
        "r-package"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        (file.folder_and_name().1 == "DESCRIPTION").then_some(MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = String::from_utf8_lossy(file.bytes);
        let field = |name: &str| field(&content, name);
        if field("Built").is_none() {
            return Analysis::default();
        }
        let name = field("Package").unwrap_or_default();
        let version = field("Version").unwrap_or_default();
        if let Some(package) = findings.add(PackageKind::Cran, &name, &version) {
            let library = folder_and_name(folder_and_name(file.path).0).0;
            package.place = Some(library.to_owned());
            package.licences = licence(&field("License").unwrap_or_default());
        }
        findings.finish()
    }
}

/// A field's value, with its continuation lines.
fn field(content: &str, name: &str) -> Option<String> {
    let mut lines = content.lines().skip_while(|line| {
        line.strip_prefix(name)
            .is_none_or(|rest| !rest.starts_with(':'))
    });
    let mut value = lines.next()?.get(name.len() + 1..)?.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(line.trim());
    }
    Some(value)
}

/// `GPL (>= 2) | MIT + file LICENSE`: alternatives, versions, and files that add to them.
fn licence(field: &str) -> Vec<Licence> {
    let alternatives: Vec<String> = field
        .split('|')
        .map(|alternative| {
            let name = alternative
                .split("+ file")
                .next()
                .unwrap_or_default()
                .trim();
            match name.split_once("(>=") {
                Some((name, version)) => {
                    format!("{}-{}+", name.trim(), version.trim_end_matches(')').trim())
                }
                None => name.to_owned(),
            }
        })
        .collect();
    let understood = licences(&alternatives.join(" | "));
    match understood.as_slice() {
        [Licence::Spdx(_)] => understood,
        _ => licences(field),
    }
}

#[cfg(test)]
#[path = "r_package_tests.rs"]
mod tests;
