//! `WordPress` with its plugins and themes: `wp-includes/version.php`, the comment at the head of
//! a plugin's file and of a theme's `style.css`.
//!
//! Sources: the Plugin Handbook, "Header Requirements", the Theme Handbook, "Main Stylesheet", and
//! `get_file_data` and `get_plugins` of `WordPress`, which read them: the first 8 KiB, files directly
//! in the folder of the plugins and one level below.
//!
//! The name is the slug, which is the name of the folder (of a plugin that is one file: of the file);
//! what the comment calls it is for people and changes. A plugin or theme without a version is
//! passed over, as nothing can be said of it.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::PackageKind;

use super::folder_and_name;
use crate::findings::{Findings, quoted, side_by_side};
use crate::licence::licences;

/// What `WordPress` itself reads of a file, in bytes.
const HEADER_BYTES: u64 = 8 << 10;

/// Reads what a site of `WordPress` consists of.
pub(super) struct Wordpress;

impl Analyser for Wordpress {
    fn id(&self) -> &'static str {
        "wordpress"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        Part::of(file.path).map(|_| HEADER_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        let content = String::from_utf8_lossy(file.bytes);
        let Some(part) = Part::of(file.path) else {
            return Analysis::default();
        };
        let version = match part.title {
            None => core_version(&content),
            Some(title) => field(&content, title).and_then(|_| field(&content, "Version")),
        };
        if let Some(version) = version
            && let Some(package) = findings.add(PackageKind::WordPress, part.slug, version)
        {
            package.place = Some(part.place.to_owned());
            if part.title.is_some() {
                package.licences = field(&content, "License").map_or_else(Vec::new, licences);
            }
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

/// A part of a site that has a version of its own.
#[derive(Debug, PartialEq, Eq)]
struct Part<'a> {
    place: &'a str,
    slug: &'a str,
    /// The field that tells the header of such a part; none where the file is no header.
    title: Option<&'static str>,
}

impl<'a> Part<'a> {
    fn of(path: &'a str) -> Option<Self> {
        let (folder, file) = folder_and_name(path);
        let (above, name) = folder_and_name(folder);
        if (name, file) == ("wp-includes", "version.php") {
            return Some(Self {
                place: above,
                slug: "wordpress",
                title: None,
            });
        }
        if file == "style.css" && is_content(above, &["themes"]) {
            return Some(Self {
                place: above,
                slug: name,
                title: Some("Theme Name"),
            });
        }
        let stem = file.strip_suffix(".php")?;
        let plugins: &[&str] = &["plugins", "mu-plugins"];
        let (place, slug) = if is_content(folder, plugins) {
            (folder, stem)
        } else if is_content(above, plugins) {
            (above, name)
        } else {
            return None;
        };
        Some(Self {
            place,
            slug,
            title: Some("Plugin Name"),
        })
    }
}

fn is_content(folder: &str, names: &[&str]) -> bool {
    let (above, name) = folder_and_name(folder);
    names.contains(&name) && folder_and_name(above).1 == "wp-content"
}

/// A field of a header, as `get_file_data` finds it: at the start of a line, after nothing but
/// signs of a comment, up to the comment's end.
fn field<'a>(content: &'a str, name: &str) -> Option<&'a str> {
    content.split(['\n', '\r']).find_map(|line| {
        let line = line.trim_start_matches([' ', '\t']);
        let line = line.strip_prefix("<?php").unwrap_or(line);
        let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let value = match line.get(..name.len()) {
            Some(start) if start.eq_ignore_ascii_case(name) => line.get(name.len()..)?,
            _ => return None,
        };
        let value = value.strip_prefix(':')?;
        let end = ["*/", "?>"]
            .iter()
            .filter_map(|end| value.find(end))
            .min()
            .unwrap_or(value.len());
        let value = value.get(..end)?.trim();
        (!value.is_empty()).then_some(value)
    })
}

/// The string of `$wp_version = '6.1.9';`.
fn core_version(content: &str) -> Option<&str> {
    content.lines().find_map(|line| {
        let value = line.trim_start().strip_prefix("$wp_version")?.trim_start();
        let value = value.strip_prefix('=')?.trim_start();
        quoted(value)
    })
}

#[cfg(test)]
#[path = "wordpress_tests.rs"]
mod tests;
