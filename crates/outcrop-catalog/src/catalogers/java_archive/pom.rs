//! What a `pom.xml` says of the project that was packed.
//!
//! Source: Maven's "POM Reference": coordinates, which a project that tells no group or version of
//! its own has from its `parent`, and `licenses`, of which a user may choose any. What a parent says
//! further is in no archive, and values that a build was to fill in (`${…}`) say nothing.

use std::borrow::Cow;

use outcrop_model::Licence;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;

use super::manifest::named;
use crate::licence::licences;

/// Licences of one project that are read.
const MAX_LICENCES: usize = 8;
/// Longest value that is kept, in bytes.
const MAX_VALUE_BYTES: usize = 512;

/// A project as far as it is looked at.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pom {
    pub(super) group: Option<String>,
    pub(super) artifact: Option<String>,
    pub(super) version: Option<String>,
    pub(super) licences: Vec<Licence>,
}

/// Name and address of a licence.
#[derive(Default)]
struct Named {
    name: Option<String>,
    address: Option<String>,
}

impl Pom {
    /// Reads the file; what stands before the first thing that is not XML, and whether there is
    /// none.
    pub(super) fn read(bytes: &[u8]) -> (Self, bool) {
        let content = String::from_utf8_lossy(bytes);
        let mut reader = Reader::from_str(&content);
        let mut pom = Self::default();
        let (mut parent_group, mut parent_version) = (None, None);
        let mut named: Vec<Named> = Vec::new();
        // The names of the elements that are open, each behind a slash, and the text of the last.
        let mut path = String::new();
        let mut text = String::new();
        let complete = loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    path.push('/');
                    path.push_str(start.local_name().into_inner());
                    text.clear();
                    if path == "/project/licenses/license" && named.len() < MAX_LICENCES {
                        named.push(Named::default());
                    }
                }
                Ok(Event::End(_)) => {
                    let field = match path.as_str() {
                        "/project/groupId" => Some(&mut pom.group),
                        "/project/artifactId" => Some(&mut pom.artifact),
                        "/project/version" => Some(&mut pom.version),
                        "/project/parent/groupId" => Some(&mut parent_group),
                        "/project/parent/version" => Some(&mut parent_version),
                        "/project/licenses/license/name" => {
                            named.last_mut().map(|last| &mut last.name)
                        }
                        "/project/licenses/license/url" => {
                            named.last_mut().map(|last| &mut last.address)
                        }
                        _ => None,
                    };
                    if let Some(field) = field {
                        *field = value(&text);
                    }
                    path.truncate(path.rfind('/').unwrap_or(0));
                    text.clear();
                }
                Ok(Event::Text(piece)) => append(&mut text, &piece, ["", ""]),
                Ok(Event::CData(piece)) => append(&mut text, &piece, ["", ""]),
                Ok(Event::GeneralRef(piece)) => append(&mut text, &piece, ["&", ";"]),
                Ok(Event::Eof) => break path.is_empty(),
                Ok(_) => {}
                Err(_) => break false,
            }
        };
        pom.group = pom.group.or(parent_group);
        pom.version = pom.version.or(parent_version);
        pom.licences = alternatives(named.iter().flat_map(Named::licences).collect());
        (pom, complete)
    }
}

impl Named {
    /// By its address where its name is not understood.
    fn licences(&self) -> Vec<Licence> {
        let by = |text: &Option<String>| text.as_deref().map_or_else(Vec::new, licences);
        let by_name = by(&self.name);
        if let [Licence::Spdx(_)] = by_name.as_slice() {
            return by_name;
        }
        let address = self.address.as_deref().map_or("", named);
        let by_address = licences(address);
        match by_address.as_slice() {
            [Licence::Spdx(_)] => by_address,
            _ if by_name.is_empty() => by_address,
            _ => by_name,
        }
    }
}

/// The licences as one expression where each is understood.
fn alternatives(licences: Vec<Licence>) -> Vec<Licence> {
    let names: Option<Vec<&str>> = licences
        .iter()
        .map(|licence| match licence {
            Licence::Spdx(name) if !name.contains(' ') => Some(name.as_str()),
            _ => None,
        })
        .collect();
    match names {
        Some(names) if names.len() > 1 => vec![Licence::Spdx(names.join(" OR "))],
        _ => licences,
    }
}

fn append(text: &mut String, piece: &str, marks: [&str; 2]) {
    if text.len() + piece.len() <= MAX_VALUE_BYTES {
        text.push_str(marks[0]);
        text.push_str(piece);
        text.push_str(marks[1]);
    }
}

fn value(text: &str) -> Option<String> {
    let text = unescape(text).unwrap_or(Cow::Borrowed(text));
    let text = text.trim();
    (!text.is_empty() && !text.contains("${")).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, coordinates: [Option<&str>; 3], licences: &[&str], complete: bool) {
        let (pom, read) = Pom::read(content.as_bytes());
        let found = [&pom.group, &pom.artifact, &pom.version];
        assert_eq!(
            found.map(|value| value.as_deref()),
            coordinates,
            "{content}"
        );
        let told: Vec<String> = pom
            .licences
            .iter()
            .map(|licence| match licence {
                Licence::Spdx(name) => name.clone(),
                Licence::Verbatim(name) => format!("`{name}`"),
            })
            .collect();
        assert_eq!(told, licences, "{content}");
        assert_eq!(read, complete, "{content}");
    }

    #[test]
    fn coordinates_are_the_projects_own_or_its_parents() {
        let of_parent = "<?xml version='1.0'?><!DOCTYPE x><project xmlns='urn:x'><!-- <version> -->\
            <parent><groupId>org.example</groupId><artifactId>all</artifactId>\
            <version>1.0</version></parent><artifactId> part\n</artifactId>\
            <dependencies><dependency><groupId>com.other</groupId><version>7</version>\
            </dependency></dependencies></project>";
        let all = [Some("org.example"), Some("part"), Some("1.0")];
        check(of_parent, all, &[], true);
        let own = of_parent.replace(
            "<artifactId> ",
            "<groupId>org.own</groupId><version>${revision}</version><artifactId>",
        );
        check(
            &own,
            [Some("org.own"), Some("part"), Some("1.0")],
            &[],
            true,
        );
    }

    #[test]
    fn a_user_may_choose_among_licences() {
        let check = |licences: &[(&str, &str)], expected: &[&str]| {
            let licences: Vec<String> = licences
                .iter()
                .map(|(name, url)| {
                    format!("<license><name>{name}</name><url>{url}</url></license>")
                })
                .collect();
            let content = format!(
                "<project><licenses>{}</licenses></project>",
                licences.concat()
            );
            check(&content, [None; 3], expected, true);
        };
        check(
            &[("The Apache Software License, Version 2.0", "")],
            &["Apache-2.0"],
        );
        check(
            &[("MIT", ""), ("<![CDATA[GPLv2]]>", "")],
            &["MIT OR GPL-2.0-only"],
        );
        check(
            &[(
                "Our &amp; your terms",
                "https://www.apache.org/licenses/LICENSE-2.0.txt",
            )],
            &["Apache-2.0"],
        );
        check(
            &[("Our &amp; your terms", ""), ("MIT", "")],
            &["`Our & your terms`", "MIT"],
        );
        check(&[("", "https://example.org")], &["`https://example.org`"]);
    }

    #[test]
    fn what_stands_before_a_fault_is_read() {
        let content = "<project><groupId>org.example</groupId><version>1</x>";
        check(content, [Some("org.example"), None, None], &[], false);
        check("<project>", [None; 3], &[], false);
        check("", [None; 3], &[], true);
        check(&"<a>".repeat(100_000), [None; 3], &[], false);
        let bomb = "<!DOCTYPE p [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;&a;\">]>\
            <project><version>&a;</version></project>";
        check(bomb, [None, None, Some("&a;")], &[], true);
        let long = format!(
            "<project><version>{}</version></project>",
            "1".repeat(2_000)
        );
        check(&long, [None; 3], &[], true);
    }
}
