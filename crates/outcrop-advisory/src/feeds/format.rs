//! Which format a file has, told by how it begins.

use std::io::Read as _;

/// How much of a file's beginning tells its format for sure, in bytes.
pub const HEAD_BYTES: usize = 64 * 1024;

/// The formats that [`read`](super::read) takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeedFormat {
    /// One OSV record.
    OsvRecord,
    /// OSV records in a zip.
    OsvZip,
    /// Files in a tar archive, each read as what it is.
    Tar,
    /// Alpine's secdb.
    AlpineSecdb,
    /// The JSON of Debian's tracker.
    DebianTracker,
    /// A CSAF document of Red Hat.
    RedHatVex,
    /// `updateinfo.xml`.
    UpdateInfo,
    /// CISA's catalog of known exploited vulnerabilities.
    KnownExploited,
    /// FIRST's scores.
    Epss,
    /// A page of NVD's API.
    Nvd,
    /// endoflife.date, one product or all.
    EndOfLife,
    /// A table of distro-info.
    DistroInfo,
}

impl FeedFormat {
    /// The name shown to people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OsvRecord => "OSV record",
            Self::OsvZip => "zip of OSV records",
            Self::Tar => "tar archive of advisories",
            Self::AlpineSecdb => "Alpine secdb",
            Self::DebianTracker => "Debian security tracker",
            Self::RedHatVex => "Red Hat VEX",
            Self::UpdateInfo => "updateinfo",
            Self::KnownExploited => "CISA KEV catalog",
            Self::Epss => "EPSS scores",
            Self::Nvd => "NVD page",
            Self::EndOfLife => "endoflife.date",
            Self::DistroInfo => "distro-info table",
        }
    }
}

/// How a file is packed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
}

impl Packing {
    /// RFC 1952, section 2.3.1; RFC 8878, section 3.1.1.
    pub(super) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Zstd,
            _ => Self::Plain,
        }
    }
}

/// The format of a file by its first [`HEAD_BYTES`], or as many as it has; gzip and zstd are looked
/// into. `None` where it is none of ours.
pub fn detect(head: &[u8]) -> Option<FeedFormat> {
    let mut unpacked = Vec::new();
    // What a cut off stream gives before its fault is enough.
    let limit = HEAD_BYTES as u64;
    match Packing::of(head) {
        Packing::Plain => return detect_plain(head),
        Packing::Gzip => {
            let decoder = flate2::read::MultiGzDecoder::new(head);
            let _ = decoder.take(limit).read_to_end(&mut unpacked);
        }
        Packing::Zstd => {
            let decoder = zstd::stream::read::Decoder::new(head).ok()?;
            let _ = decoder.take(limit).read_to_end(&mut unpacked);
        }
    }
    detect_plain(&unpacked).filter(|format| *format != FeedFormat::OsvZip)
}

fn detect_plain(head: &[u8]) -> Option<FeedFormat> {
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(FeedFormat::OsvZip);
    }
    // POSIX.1-2001 "ustar Interchange Format": the mark of a header.
    if head.get(257..262) == Some(b"ustar") {
        return Some(FeedFormat::Tar);
    }
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = head.trim_ascii_start();
    match text.first()? {
        b'{' => detect_json(text),
        b'<' => contains(text, b"<updates").then_some(FeedFormat::UpdateInfo),
        _ => {
            let line = text.split(|byte| *byte == b'\n').next()?;
            if line.starts_with(b"version,codename,series") {
                Some(FeedFormat::DistroInfo)
            } else if contains(line, b"score_date:") || line.starts_with(b"cve,epss") {
                Some(FeedFormat::Epss)
            } else {
                None
            }
        }
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part == word)
}

fn detect_json(text: &[u8]) -> Option<FeedFormat> {
    let (outer, inner) = member_names(text);
    let has = |name: &str| outer.contains(&name.as_bytes());
    let is_tracked = |name: &[u8]| name.starts_with(b"CVE-") || name.starts_with(b"TEMP-");
    if inner.iter().any(|name| is_tracked(name)) {
        Some(FeedFormat::DebianTracker)
    } else if has("document") && inner.contains(&&b"csaf_version"[..]) {
        Some(FeedFormat::RedHatVex)
    } else if has("catalogVersion") {
        Some(FeedFormat::KnownExploited)
    } else if has("resultsPerPage") {
        Some(FeedFormat::Nvd)
    } else if has("result") && has("schema_version") {
        Some(FeedFormat::EndOfLife)
    } else if has("distroversion") || has("reponame") || has("apkurl") {
        Some(FeedFormat::AlpineSecdb)
    } else if has("id") || (has("affected") && has("schema_version")) {
        Some(FeedFormat::OsvRecord)
    } else {
        None
    }
}

/// The raw names of members of the document, and of the objects that are its members; the text may
/// end anywhere.
fn member_names(text: &[u8]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    let (mut outer, mut inner) = (Vec::new(), Vec::new());
    let mut depth = 0_usize;
    let mut last: &[u8] = b"";
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let begin = at + 1;
                at = begin;
                while let Some(byte) = text.get(at).filter(|byte| **byte != b'"') {
                    at += if *byte == b'\\' { 2 } else { 1 };
                }
                last = text.get(begin..at).unwrap_or(b"");
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => outer.push(last),
            b':' if depth == 2 => inner.push(last),
            _ => {}
        }
        at += 1;
    }
    (outer, inner)
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
