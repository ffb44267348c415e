//! The registry: every cataloger, each in the file that bears the name of its format.

use outcrop_image::Analyser;

mod apt_sources;
mod dpkg_status;
mod os_release;

/// Every cataloger that Outcrop has.
pub const ANALYSERS: &[&dyn Analyser] = &[
    &apt_sources::AptSources,
    &dpkg_status::DpkgStatus,
    &os_release::OsRelease,
];

/// The folder and file name of a path.
fn folder_and_name(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Text of a file that may not be UTF-8; true where it was.
fn text(bytes: &[u8]) -> (std::borrow::Cow<'_, str>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let was = matches!(text, std::borrow::Cow::Borrowed(_));
    (text, was)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ANALYSERS;

    #[test]
    fn every_file_is_registered_under_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/catalogers");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| Some(name.strip_suffix(".rs")?.replace('_', "-")))
            .filter(|name| !name.ends_with("-tests"))
            .collect();
        let registered: BTreeSet<String> = ANALYSERS
            .iter()
            .map(|analyser| analyser.id().to_owned())
            .collect();
        assert_eq!(files, registered);
        assert_eq!(
            registered.len(),
            ANALYSERS.len(),
            "an identifier is used twice"
        );
    }
}
