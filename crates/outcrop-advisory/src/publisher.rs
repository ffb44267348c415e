//! Whose word counts: by which name each distribution's records judge, which records are notices
//! about an update, and which record decides where several speak.

use outcrop_model::FeedKind;

/// The name of an installed package that the records of a distribution speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedBy {
    /// The source package and its version.
    Source,
    /// The package as it is installed.
    Binary,
}

/// By which name the records of a distribution judge, ecosystem without release.
///
/// | ecosystem | name | seen in |
/// |---|---|---|
/// | Debian, Ubuntu | source | OSV records and the tracker name sources only (`openssl`, never `libssl3`) |
/// | Alpine, Wolfi, Chainguard and their like | source | `secdb` and OSV name the origin (`openssl`) |
/// | `AlmaLinux` | binary | one entry for each package of an update (`python3-koan`) |
/// | Red Hat | binary | OSV and VEX name `podman-debuginfo`, `iwl100-firmware`; VEX names the source where nothing is mended |
/// | Rocky Linux | source | RLSA-2024:3671 has `ruby` and `rubygem-pg`, not what is built from them |
/// | SUSE, openSUSE | source | `openSUSE-SU-2016:1623-1` has `chromium`; the binaries stand beside it |
/// | openEuler | source | `OESA-2021-1001` has `dnsmasq`; the binaries stand beside it |
/// | Mageia | source | `MGASA-2025-0124` has `microcode` |
/// | Azure Linux, Photon OS | source | their own data names spec files |
/// | Fedora, Amazon, Oracle, `CentOS` Stream | binary | `updateinfo` lists the files of an update |
///
/// The lists of binaries that Ubuntu, SUSE and openEuler put beside the source say what the mended
/// build makes, not what was affected: a kernel's packages have its version in their names.
pub(crate) fn named_by(ecosystem: &str) -> NamedBy {
    match ecosystem.split(':').next().unwrap_or_default() {
        "AlmaLinux" | "Red Hat" | "Fedora" | "Amazon Linux" | "Oracle Linux" | "CentOS Stream" => {
            NamedBy::Binary
        }
        _ => NamedBy::Source,
    }
}

/// Beginnings of the identifiers of notices: a distribution's word about an update, which may mend
/// many vulnerabilities, or none.
const NOTICES: &[&str] = &[
    "DSA-",
    "DLA-",
    "DTSA-",
    "ELA-",
    "USN-",
    "LSN-",
    "RHSA-",
    "RHBA-",
    "RHEA-",
    "ALSA-",
    "ALBA-",
    "ALEA-",
    "RLSA-",
    "RLBA-",
    "RLEA-",
    "RXSA-",
    "ELSA-",
    "ELBA-",
    "ALAS",
    "FEDORA-",
    "SUSE-",
    "openSUSE-",
    "OESA-",
    "openEuler-SA-",
    "MGASA-",
    "MGAA-",
    "CESA-",
    "CEBA-",
    "CEEA-",
];

/// Whether an identifier is that of a distribution's notice.
///
/// Of records made from `updateinfo` all are, whatever they are called.
pub(crate) fn is_notice(id: &str, feed: FeedKind) -> bool {
    feed == FeedKind::UpdateInfo || NOTICES.iter().any(|prefix| id.starts_with(prefix))
}

/// Whether a notice announces repairs or additions, not security: such a one that names no CVE
/// tells of no vulnerability.
pub(crate) fn is_bug_fix_notice(id: &str) -> bool {
    [
        "RHBA-", "RHEA-", "ALBA-", "ALEA-", "RLBA-", "RLEA-", "ELBA-", "MGAA-", "CEBA-", "CEEA-",
    ]
    .iter()
    .any(|prefix| id.starts_with(prefix))
}

/// How much the word of a record counts for a package, the most first.
///
/// Of a distribution: its database in full (Debian's tracker, Red Hat's VEX, `secdb`), its record
/// of the one CVE, then others, last notices. Of a language: the ecosystem's own database, GitHub's,
/// then others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Database,
    Own,
    General,
    Notice,
}

impl Standing {
    pub(crate) fn of(id: &str, ecosystem: &str) -> Self {
        let full = [
            FeedKind::DebianTracker,
            FeedKind::AlpineSecdb,
            FeedKind::RedHatVex,
        ];
        if full.iter().any(|feed| id.starts_with(feed.prefix())) {
            return Self::Database;
        }
        let own: &[&str] = match ecosystem.split(':').next().unwrap_or_default() {
            "PyPI" => &["PYSEC-"],
            "crates.io" => &["RUSTSEC-"],
            "Go" => &["GO-"],
            "RubyGems" => &["RUBYSEC-"],
            "Packagist" => &["DRUPAL-", "FOP-"],
            "Bitnami" => &["BIT-"],
            "Hex" => &["EEF-"],
            "CRAN" => &["RSEC-"],
            "npm" | "Maven" | "NuGet" | "Pub" | "SwiftURL" | "ConanCenter" => &["GHSA-"],
            "Debian" => &["DEBIAN-", "CVE-"],
            "Ubuntu" => &["UBUNTU-", "CVE-"],
            "Alpine" => &["ALPINE-", "CVE-"],
            _ => &["CVE-", "CGA-"],
        };
        if own.iter().any(|prefix| id.starts_with(prefix)) {
            Self::Own
        } else if is_notice(id, FeedKind::Osv) {
            Self::Notice
        } else {
            Self::General
        }
    }
}

/// Whether the ecosystem is a distribution's: there a record that counts for more and clears a
/// package overrules one that counts for less. Databases of languages miss what the others know,
/// so there no silence overrules a word.
pub(crate) fn is_distribution(ecosystem: &str) -> bool {
    !matches!(
        ecosystem.split(':').next().unwrap_or_default(),
        "PyPI"
            | "crates.io"
            | "Go"
            | "RubyGems"
            | "Packagist"
            | "Bitnami"
            | "Hex"
            | "CRAN"
            | "npm"
            | "Maven"
            | "NuGet"
            | "Pub"
            | "SwiftURL"
            | "ConanCenter"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_publisher_of_a_package_counts_before_others() {
        let check = |ecosystem: &str, ids: &[&str]| {
            let standings: Vec<Standing> =
                ids.iter().map(|id| Standing::of(id, ecosystem)).collect();
            assert!(
                standings.windows(2).all(|pair| pair[0] < pair[1]),
                "{ids:?} {standings:?}"
            );
        };
        check(
            "Debian:12",
            &["DEBIAN-TRACKER-CVE-2024-1", "DEBIAN-CVE-2024-1", "DSA-1-1"],
        );
        check(
            "Red Hat:enterprise_linux:9",
            &["REDHAT-VEX-CVE-2024-1", "RHSA-2024:1"],
        );
        check(
            "Alpine:v3.10",
            &["ALPINE-SECDB-CVE-2024-1", "ALPINE-CVE-2024-1", "GHSA-x"],
        );
        check("PyPI", &["PYSEC-2024-1", "GHSA-x"]);
        check("Ubuntu:22.04:LTS", &["UBUNTU-CVE-2024-1", "USN-1-1"]);
    }
}
