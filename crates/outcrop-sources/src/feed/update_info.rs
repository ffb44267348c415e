//! `updateinfo` of rpm-md repositories: `repodata/repomd.xml` names it and gives its digest.
//!
//! `createrepo_c`, "repomd.xml": `<data type="updateinfo">` with `<checksum type="sha256">`,
//! `<location href="repodata/…"/>` and `<timestamp>` in seconds since 1970.

use std::path::Path;

use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use reqwest::Url;

use super::client::{FeedClient, address, below};
use super::document::{self, Document};
use super::whole::{Checksum, Format};
use super::{DocumentUpdate, FeedError, KnownDocument, OnProgress};

/// Largest `repomd.xml`, in bytes; they have a few KB.
const MAX_REPOMD_BYTES: u64 = 4 * 1024 * 1024;

/// Largest list of mirrors, in bytes.
const MAX_MIRRORS_BYTES: u64 = 64 * 1024;

/// Largest `updateinfo`, in bytes; they have up to a few MB.
const MAX_BYTES: u64 = 256 * 1024 * 1024;

/// A repository of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// Name of the part of the feed, as `9/appstream`.
    pub part: String,
    /// Where it lies.
    pub place: Place,
}

/// Where a repository lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder of its `repodata`.
    Folder(String),
    /// A text with one such folder a line, of which the first is taken.
    Mirrors(String),
}

/// The repositories whose `updateinfo` speaks of a distribution that OSV lacks: by `ID` and
/// `VERSION_ID` of its `os-release`. Empty for any other.
pub fn repositories(id: &str, version: &str) -> Vec<Repository> {
    let major = version.split('.').next().unwrap_or(version);
    if major.is_empty() || !major.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let repository = |name: &str, place: Place| Repository {
        part: format!("{major}/{name}"),
        place,
    };
    match (id, major) {
        // docs.aws.amazon.com, "Amazon Linux 2023", "Mirror list".
        ("amzn", "2") => vec![repository(
            "core",
            Place::Mirrors(
                "https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list".to_owned(),
            ),
        )],
        ("amzn", major) if major.len() == 4 => vec![repository(
            "core",
            Place::Mirrors(format!(
                "https://cdn.amazonlinux.com/al{major}/core/mirrors/latest/x86_64/mirror.list"
            )),
        )],
        // yum.oracle.com, "Oracle Linux 9 repositories".
        ("ol", "7") => vec![repository(
            "latest",
            Place::Folder("https://yum.oracle.com/repo/OracleLinux/OL7/latest/x86_64".to_owned()),
        )],
        ("ol", major) => [("baseos", "baseos/latest"), ("appstream", "appstream")]
            .map(|(name, folder)| {
                let url =
                    format!("https://yum.oracle.com/repo/OracleLinux/OL{major}/{folder}/x86_64");
                repository(name, Place::Folder(url))
            })
            .to_vec(),
        ("fedora", major) => vec![repository(
            "updates",
            Place::Folder(format!(
                "https://dl.fedoraproject.org/pub/fedora/linux/updates/{major}/Everything/x86_64"
            )),
        )],
        _ => Vec::new(),
    }
}

/// What `repomd.xml` says of the document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Named {
    href: String,
    checksum: Option<(String, String)>,
    timestamp: Option<Timestamp>,
}

impl FeedClient {
    /// Brings the `updateinfo` of one repository up to date. The document is written into
    /// `directory`, packed as it was; the mark is its digest, so that nothing known is fetched.
    pub async fn update_info(
        &self,
        repository: &Repository,
        known: &KnownDocument,
        directory: &Path,
        now: Timestamp,
        progress: OnProgress<'_>,
    ) -> Result<DocumentUpdate, FeedError> {
        let base = match &repository.place {
            Place::Folder(folder) => address(folder)?,
            Place::Mirrors(list) => self.first_mirror(list).await?,
        };
        let repomd = below(&base, &["repodata", "repomd.xml"]);
        let text = self.text(&repomd, MAX_REPOMD_BYTES).await?;
        let no_list = |reason: &str| FeedError::NoList {
            url: repomd.to_string(),
            reason: reason.to_owned(),
        };
        let named = read(&text).map_err(|reason| no_list(&reason))?;
        let named = named.ok_or_else(|| no_list("it names no `updateinfo`"))?;
        let digest = named.checksum.as_ref().and_then(|(kind, digits)| {
            matches!(kind.as_str(), "sha256" | "sha512")
                .then(|| Checksum::of_digits(digits))
                .flatten()
        });
        let checksum = digest.ok_or_else(|| no_list("it gives no digest of its `updateinfo`"))?;
        let parts = parts(&named.href)
            .ok_or_else(|| no_list("its `updateinfo` lies outside of the repository"))?;
        let exported_at = named.timestamp.filter(|time| *time <= now);
        let mark = checksum.digits().to_owned();
        if known.mark.as_deref() == Some(&mark) {
            return Ok(DocumentUpdate::Unchanged);
        }
        if let (Some(exported_at), Some(there)) = (exported_at, known.exported_at)
            && exported_at < there
        {
            return Ok(DocumentUpdate::Older { exported_at });
        }
        let ending = parts.last().and_then(|name| name.split_once(".xml"));
        let url = below(&base, &parts);
        let document = Document {
            url: &url,
            name: &format!(
                "updateinfo-{}.xml{}",
                file_name(&repository.part)?,
                ending.map_or("", |(_, packing)| packing)
            ),
            format: Format::Digested,
            checksum: Some(checksum),
            limit: MAX_BYTES,
        };
        // The digest has said already that it is another one.
        let unknown = KnownDocument::default();
        let fetched = document::fetch(self, document, &unknown, directory, now, progress).await?;
        Ok(match fetched {
            DocumentUpdate::Document {
                path,
                bytes,
                exported_at: dated,
                ..
            } => DocumentUpdate::Document {
                path,
                mark: Some(mark),
                exported_at: exported_at.or(dated),
                bytes,
            },
            other => other,
        })
    }

    async fn first_mirror(&self, list: &str) -> Result<Url, FeedError> {
        let url = address(list)?;
        let text = self.text(&url, MAX_MIRRORS_BYTES).await?;
        text.lines()
            .map(str::trim)
            .filter(|line| line.starts_with("http://") || line.starts_with("https://"))
            // A list that came protected leads nowhere unprotected.
            .filter(|line| url.scheme() != "https" || line.starts_with("https://"))
            .find_map(|line| address(line).ok())
            .ok_or_else(|| FeedError::NoList {
                url: url.to_string(),
                reason: "it names no mirror".to_owned(),
            })
    }
}

/// The parts of a path below the repository.
fn parts(href: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = href.split('/').collect();
    let fits = |part: &&str| !part.is_empty() && *part != "." && *part != "..";
    let fits = parts.iter().all(fits) && !href.contains([':', '\\', '?', '#']);
    (fits && parts.len() <= 8 && href.len() <= 512).then_some(parts)
}

/// `9/appstream` as part of a file's name.
fn file_name(part: &str) -> Result<String, FeedError> {
    let parts: Result<Vec<&str>, FeedError> = part.split('/').map(document::part).collect();
    Ok(parts?.join("-"))
}

fn read(text: &str) -> Result<Option<Named>, String> {
    let mut reader = Reader::from_str(text);
    let mut named: Option<Named> = None;
    let mut element = String::new();
    let mut kind = None;
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                start.local_name().as_ref().clone_into(&mut element);
                match element.as_str() {
                    "data" => {
                        named = (attribute(&start, "type").as_deref() == Some("updateinfo"))
                            .then(Named::default);
                    }
                    "checksum" => kind = attribute(&start, "type"),
                    "location" => locate(&start, named.as_mut()),
                    _ => {}
                }
            }
            Event::Empty(start) if start.local_name().as_ref() == "location" => {
                locate(&start, named.as_mut());
            }
            Event::Text(text) => {
                let text = text.trim();
                match (&mut named, element.as_str()) {
                    (Some(named), "checksum") if named.checksum.is_none() => {
                        named.checksum = kind.take().map(|kind| (kind, text.to_owned()));
                    }
                    (Some(named), "timestamp") => {
                        // `createrepo_c` may write fractions.
                        let seconds = text.split('.').next().and_then(|text| text.parse().ok());
                        named.timestamp = seconds.and_then(|at| Timestamp::from_second(at).ok());
                    }
                    _ => {}
                }
            }
            Event::End(end) => {
                element.clear();
                if end.local_name().as_ref() == "data" && named.is_some() {
                    return Ok(named);
                }
            }
            Event::Eof => return Ok(None),
            _ => {}
        }
    }
}

fn locate(start: &BytesStart<'_>, named: Option<&mut Named>) {
    if let (Some(named), Some(href)) = (named, attribute(start, "href")) {
        named.href = href;
    }
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_named_with_its_digest() {
        let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1700000000</revision>
  <data type="primary">
    <checksum type="sha256">11</checksum>
    <location href="repodata/primary.xml.gz"/>
  </data>
  <data type="updateinfo">
    <checksum type="sha256">aa</checksum>
    <open-checksum type="sha256">bb</open-checksum>
    <location href="repodata/aa-updateinfo.xml.gz"/>
    <timestamp>1700000000.5</timestamp>
  </data>
</repomd>"#;
        let expected = Named {
            href: "repodata/aa-updateinfo.xml.gz".into(),
            checksum: Some(("sha256".into(), "aa".into())),
            timestamp: Some(Timestamp::from_second(1_700_000_000).expect("a time")),
        };
        assert_eq!(read(text), Ok(Some(expected)));
        assert_eq!(read("<repomd></repomd>"), Ok(None));
        assert!(read("<html><p></html>").is_err());
    }

    #[test]
    fn a_path_stays_in_the_repository() {
        let check = |href: &str, expected: bool| {
            assert_eq!(parts(href).is_some(), expected, "{href}");
        };
        check("repodata/updateinfo.xml.gz", true);
        for href in [
            "",
            "/etc/x",
            "../x",
            "repodata/../../x",
            "https://elsewhere/x",
            "a?b",
        ] {
            check(href, false);
        }
    }

    #[test]
    fn distributions_that_osv_lacks_have_repositories() {
        let check = |id: &str, version: &str, expected: &[&str]| {
            let found = repositories(id, version);
            let parts: Vec<&str> = found.iter().map(|found| found.part.as_str()).collect();
            assert_eq!(parts, expected, "{id} {version}");
        };
        check("amzn", "2", &["2/core"]);
        check("amzn", "2023", &["2023/core"]);
        check("ol", "9.4", &["9/baseos", "9/appstream"]);
        check("ol", "7.9", &["7/latest"]);
        check("fedora", "41", &["41/updates"]);
        check("fedora", "../..", &[]);
        check("debian", "12", &[]);
        check("amzn", "", &[]);
    }
}
