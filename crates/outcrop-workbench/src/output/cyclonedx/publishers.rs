//! Who published a record.

use super::members::Source;
use crate::output::text::is_address;

/// Prefix of a record's identifier, its publisher, the address of its page before the identifier,
/// and whether the prefix is part of that.
const PUBLISHERS: &[(&str, &str, &str, bool)] = &[
    (
        "DEBIAN-TRACKER-",
        "Debian Security Tracker",
        "https://security-tracker.debian.org/tracker/",
        false,
    ),
    (
        "DEBIAN-",
        "Debian Security Tracker",
        "https://security-tracker.debian.org/tracker/",
        false,
    ),
    (
        "DSA-",
        "Debian Security Tracker",
        "https://security-tracker.debian.org/tracker/",
        true,
    ),
    (
        "DLA-",
        "Debian Security Tracker",
        "https://security-tracker.debian.org/tracker/",
        true,
    ),
    (
        "ALPINE-SECDB-",
        "Alpine Security Tracker",
        "https://security.alpinelinux.org/vuln/",
        false,
    ),
    (
        "REDHAT-VEX-",
        "Red Hat",
        "https://access.redhat.com/security/cve/",
        false,
    ),
    (
        "FEDORA-",
        "Fedora",
        "https://bodhi.fedoraproject.org/updates/",
        true,
    ),
];

/// Who published a record, by the form of its identifier.
pub(super) fn source(record: &str, vulnerability: &str, starter: bool) -> Source {
    if starter {
        return Source {
            name: "Outcrop starter set",
            url: None,
        };
    }
    let known = PUBLISHERS.iter().find_map(|(prefix, name, page, whole)| {
        let rest = record.strip_prefix(prefix)?;
        let id = if *whole {
            record
        } else {
            outcrop_advisory::cve_of(record).unwrap_or(rest)
        };
        Some((*name, format!("{page}{id}")))
    });
    let (name, url) = known.unwrap_or_else(|| {
        let id = if record.is_empty() {
            vulnerability
        } else {
            record
        };
        ("OSV", format!("https://osv.dev/vulnerability/{id}"))
    });
    Source {
        name,
        url: Some(url).filter(|url| is_address(url)),
    }
}
