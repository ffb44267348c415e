//! `updateinfo.xml` of rpm-md repositories: Fedora, Amazon Linux, Oracle Linux and others.
//!
//! Sources: `createrepo_c`, `updateinfo.h` and its XML dump (which elements and attributes there
//! are); libsolv, `repo_updateinfoxml.c` (what package managers make of them).

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

use outcrop_model::{AdvisoryRecord, AffectedPackage, Event, FeedKind, Range, RangeKind, Severity};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event as Xml};

use super::{FeedContent, FeedFault, MAX_FEED_BYTES, Sink, is_cve, problem, rfc3339, sentence};
use crate::severity::from_word;

/// Largest tag or text, in bytes.
const MAX_EVENT_BYTES: u64 = 1024 * 1024;

/// Largest update, in bytes; a kernel's with all its packages is near 1 MB.
pub const MAX_UPDATE_BYTES: u64 = 16 * 1024 * 1024;

/// Elements within elements; the format has six.
const MAX_DEPTH: usize = 32;

/// Longest identifier, name, version or address, in bytes.
const MAX_WORD_BYTES: usize = 400;

/// Streams one record for each update of the type `security`, under its own identifier.
///
/// `ecosystem` is that of the repository, as `Fedora:40`; without it the update's release or
/// collection tells (Fedora, Amazon Linux and Oracle Linux name themselves there). CVEs are those
/// of the references, their titles, and the update's own title. A retracted update is withdrawn.
pub fn read(reader: impl BufRead, ecosystem: Option<&str>, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let mut xml = Reader::from_reader(Metered {
        inner: reader,
        allowance: 0,
    });
    let mut state = State::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        xml.get_mut().allowance = MAX_EVENT_BYTES;
        let event = match xml.read_event_into(&mut buffer) {
            Ok(event) => event,
            Err(error) => {
                let place = state.place(xml.buffer_position());
                return sink(problem(place, FeedFault::Xml(error.to_string())));
            }
        };
        let position = xml.buffer_position();
        let ended = match event {
            Xml::Start(tag) => {
                if state.depth() >= MAX_DEPTH {
                    let fault = FeedFault::too_many("elements within elements", MAX_DEPTH);
                    return sink(problem(state.place(position), fault));
                }
                state.begin(&tag, position);
                None
            }
            Xml::Empty(tag) => {
                state.begin(&tag, position);
                state.end(position)
            }
            Xml::End(_) => state.end(position),
            Xml::Text(text) => {
                state.text(&text.xml10_content());
                None
            }
            Xml::CData(text) => {
                state.text(&text.xml10_content());
                None
            }
            Xml::GeneralRef(reference) => {
                if let Ok(Some(character)) = reference.resolve_char_ref() {
                    state.text(character.encode_utf8(&mut [0; 4]));
                } else if let Some(text) = resolve_predefined_entity(&reference.xml10_content()) {
                    state.text(text);
                }
                None
            }
            Xml::Eof => {
                if state.depth() > 0 {
                    let fault = FeedFault::Truncated { offset: position };
                    return sink(problem(state.place(position), fault));
                }
                return ControlFlow::Continue(());
            }
            Xml::Comment(_) | Xml::Decl(_) | Xml::PI(_) | Xml::DocType(_) => None,
        };
        if let Some(update) = ended {
            update.give(ecosystem, sink)?;
        }
        if position > MAX_FEED_BYTES {
            let limit = MAX_FEED_BYTES;
            return sink(problem("updates", FeedFault::TooLarge { limit }));
        }
    }
}

/// Where the reading stands.
#[derive(Default)]
struct State {
    open: Vec<String>,
    update: Option<Update>,
    text: String,
}

/// An update as far as it is read.
#[derive(Default)]
struct Update {
    begins: u64,
    too_large: bool,
    kind: String,
    status: String,
    id: String,
    title: String,
    summary: String,
    description: String,
    severity: String,
    release: String,
    collection: String,
    issued: String,
    updated: String,
    cves: BTreeSet<String>,
    references: Vec<String>,
    module: Option<String>,
    packages: Vec<Package>,
    known: HashSet<Package>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Package {
    name: String,
    version: String,
    module: Option<String>,
}

impl State {
    fn depth(&self) -> usize {
        self.open.len()
    }

    fn place(&self, position: u64) -> String {
        match &self.update {
            Some(update) if !update.id.is_empty() => update.id.clone(),
            _ => format!("byte {position}"),
        }
    }

    fn begin(&mut self, tag: &BytesStart<'_>, position: u64) {
        let name = tag.local_name();
        let name: &str = name.as_ref();
        self.open.push(name.chars().take(64).collect());
        self.text.clear();
        if name == "update" && self.update.is_none() {
            self.update = Some(Update {
                begins: position,
                kind: attribute(tag, "type"),
                status: attribute(tag, "status"),
                ..Update::default()
            });
        }
        let Some(update) = &mut self.update else {
            return;
        };
        update.too_large |= position - update.begins > MAX_UPDATE_BYTES;
        if update.too_large || !update.kind.eq_ignore_ascii_case("security") {
            return;
        }
        match name {
            "issued" => update.issued = attribute(tag, "date"),
            "updated" => update.updated = attribute(tag, "date"),
            "reference" => update.reference(tag),
            "collection" => update.module = None,
            "module" => {
                let (name, stream) = (attribute(tag, "name"), attribute(tag, "stream"));
                update.module = (!name.is_empty()).then(|| format!("{name}:{stream}"));
            }
            "package" => update.package(tag),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        let room = (MAX_EVENT_BYTES as usize).saturating_sub(self.text.len());
        if self.update.is_some() && text.len() <= room {
            self.text.push_str(text);
        }
    }

    /// Ends the innermost element; an update that ends with it is handed out.
    fn end(&mut self, position: u64) -> Option<Update> {
        let name = self.open.pop()?;
        let text = std::mem::take(&mut self.text);
        let update = self.update.as_mut()?;
        update.too_large |= position - update.begins > MAX_UPDATE_BYTES;
        let parent = self.open.last().map_or("", String::as_str);
        let member = match (parent, name.as_str()) {
            ("update", "id") => &mut update.id,
            ("update", "title") => &mut update.title,
            ("update", "summary") => &mut update.summary,
            ("update", "description") => &mut update.description,
            ("update", "severity") => &mut update.severity,
            ("update", "release") | ("release", "name") => &mut update.release,
            ("collection", "name") => &mut update.collection,
            ("updates" | "", "update") => return self.update.take(),
            _ => return None,
        };
        let text = text.trim();
        if !text.is_empty() {
            text.clone_into(member);
        }
        None
    }
}

impl Update {
    fn reference(&mut self, tag: &BytesStart<'_>) {
        let texts = [attribute(tag, "id"), attribute(tag, "title")];
        for text in &texts {
            self.cves.extend(cves(text));
        }
        let address = attribute(tag, "href");
        if address.starts_with("http") && self.references.len() < 200 {
            self.references.push(address);
        }
    }

    fn package(&mut self, tag: &BytesStart<'_>) {
        let [name, epoch, version, release, arch] =
            ["name", "epoch", "version", "release", "arch"].map(|name| attribute(tag, name));
        if name.is_empty() || version.is_empty() || matches!(arch.as_str(), "src" | "nosrc") {
            return;
        }
        let epoch = if epoch.is_empty() { "0" } else { &epoch };
        let release = if release.is_empty() {
            release
        } else {
            format!("-{release}")
        };
        let package = Package {
            name,
            version: format!("{epoch}:{version}{release}"),
            module: self.module.clone(),
        };
        // Each architecture names it once more.
        if self.known.insert(package.clone()) {
            self.packages.push(package);
        }
    }

    fn give(mut self, ecosystem: Option<&str>, sink: &mut Sink<'_>) -> ControlFlow<()> {
        if !self.kind.eq_ignore_ascii_case("security") {
            return ControlFlow::Continue(());
        }
        let place = if self.id.is_empty() {
            format!("byte {}", self.begins)
        } else {
            self.id.clone()
        };
        if self.too_large {
            let limit = MAX_UPDATE_BYTES;
            return sink(problem(place, FeedFault::TooLarge { limit }));
        }
        let odd = |at: char| at.is_control() || at.is_whitespace();
        if self.id.is_empty() || self.id.len() > MAX_WORD_BYTES || self.id.contains(odd) {
            return sink(problem(place, FeedFault::value("identifier", &self.id)));
        }
        let Some(ecosystem) = ecosystem
            .map(str::to_owned)
            .or_else(|| own_ecosystem(&self.release))
            .or_else(|| own_ecosystem(&self.collection))
        else {
            let fault = FeedFault::value("release that is known", &self.release);
            return sink(problem(place, fault));
        };
        let mut times = [String::new(), String::new()];
        for (time, text) in times.iter_mut().zip([&self.issued, &self.updated]) {
            match rfc3339(text) {
                Some(read) => *time = read,
                None if text.is_empty() => {}
                None => sink(problem(&place, FeedFault::value("date", text)))?,
            }
        }
        let [issued, updated] = times;
        let modified = if updated.is_empty() {
            issued.clone()
        } else {
            updated
        };
        self.cves.extend(cves(&self.title));
        let affected = self
            .packages
            .into_iter()
            .map(|package| affected(&ecosystem, package))
            .collect();
        sink(FeedContent::Record(Box::new(AdvisoryRecord {
            id: self.id,
            withdrawn: (self.status == "retracted").then(|| modified.clone()),
            modified,
            published: Some(issued).filter(|time| !time.is_empty()),
            upstream: self.cves.into_iter().collect(),
            summary: sentence(if self.title.is_empty() {
                &self.summary
            } else {
                &self.title
            }),
            details: self.description,
            severity: severity(&self.severity),
            affected,
            references: self.references,
            feed: FeedKind::UpdateInfo,
            ..AdvisoryRecord::default()
        })))
    }
}

/// The publisher's word; Fedora's `None` says that nobody has given one.
fn severity(word: &str) -> Severity {
    if word.eq_ignore_ascii_case("none") {
        return Severity::Unknown;
    }
    from_word(word).unwrap_or_default()
}

fn affected(ecosystem: &str, package: Package) -> AffectedPackage {
    AffectedPackage {
        ecosystem: ecosystem.to_owned(),
        name: package.name,
        ranges: vec![Range {
            kind: RangeKind::Ecosystem,
            events: vec![Event::Introduced("0".into()), Event::Fixed(package.version)],
        }],
        module: package.module,
        ..AffectedPackage::default()
    }
}

/// An attribute's value; empty where there is none, where it is broken or too long.
fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    let found = tag.try_get_attribute(name).ok().flatten();
    let value = found
        .as_ref()
        .and_then(|found| found.normalized_value(XmlVersion::Implicit1_0).ok())
        .unwrap_or(Cow::Borrowed(""));
    if value.len() > MAX_WORD_BYTES {
        return String::new();
    }
    value.trim().to_owned()
}

/// The CVEs that a text names.
fn cves(text: &str) -> impl Iterator<Item = String> {
    text.split(|at: char| !at.is_ascii_alphanumeric() && at != '-')
        .filter(|word| is_cve(word))
        .map(str::to_owned)
}

/// The ecosystem that a release or collection names itself as, as `Fedora 40` or
/// `Amazon Linux 2023`.
fn own_ecosystem(text: &str) -> Option<String> {
    ["Fedora", "Amazon Linux", "Oracle Linux"]
        .into_iter()
        .find_map(|system| {
            let rest = text.trim().strip_prefix(system)?.strip_prefix(' ')?;
            let release = rest.split(' ').next()?;
            let numbers = |byte: u8| byte.is_ascii_digit() || byte == b'.';
            let fits = !release.is_empty() && release.len() <= 16 && release.bytes().all(numbers);
            fits.then(|| format!("{system}:{release}"))
        })
}

/// A reader that gives out only so many bytes before it is allowed more.
struct Metered<R> {
    inner: R,
    allowance: u64,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.allowance == 0 {
            return Err(io::Error::other(format!(
                "a tag or text is larger than {MAX_EVENT_BYTES} bytes"
            )));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.allowance = self.allowance.saturating_sub(count as u64);
        self.inner.consume(count);
    }
}

#[cfg(test)]
#[path = "updateinfo_tests.rs"]
mod tests;
