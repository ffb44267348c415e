//! Whose data it is.

/// A feed, its publisher and the terms it is published under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// The feed.
    pub feed: &'static str,
    /// Who publishes it.
    pub publisher: &'static str,
    /// The licence or the terms, as the publisher states them.
    pub licence: &'static str,
    /// Where it is published.
    pub url: &'static str,
}

const fn of(
    feed: &'static str,
    publisher: &'static str,
    licence: &'static str,
    url: &'static str,
) -> Attribution {
    Attribution {
        feed,
        publisher,
        licence,
        url,
    }
}

/// Every feed that Outcrop can fetch. `docs/attribution.md` shows the same.
pub const ATTRIBUTIONS: &[Attribution] = &[
    of(
        "OSV: GitHub Advisory Database",
        "GitHub",
        "CC-BY-4.0",
        "https://github.com/github/advisory-database",
    ),
    of(
        "OSV: PyPI Advisory Database",
        "Python Packaging Authority",
        "CC-BY-4.0",
        "https://github.com/pypa/advisory-database",
    ),
    of(
        "OSV: Go Vulnerability Database",
        "The Go Authors",
        "CC-BY-4.0",
        "https://github.com/golang/vulndb",
    ),
    of(
        "OSV: Python Software Foundation Advisory Database",
        "Python Software Foundation",
        "CC-BY-4.0",
        "https://github.com/psf/advisory-database",
    ),
    of(
        "OSV: Erlang Ecosystem Foundation CNA",
        "Erlang Ecosystem Foundation",
        "CC-BY-4.0",
        "https://cna.erlef.org",
    ),
    of(
        "OSV: RustSec Advisory Database",
        "RustSec",
        "CC0-1.0",
        "https://github.com/rustsec/advisory-db",
    ),
    of(
        "OSV: Bitnami Vulnerability Database",
        "Bitnami",
        "Apache-2.0",
        "https://github.com/bitnami/vulndb",
    ),
    of(
        "OSV: R Consortium Advisory Database",
        "R Consortium",
        "Apache-2.0",
        "https://github.com/RConsortium/r-advisory-database",
    ),
    of(
        "OSV: Debian",
        "Debian",
        "none stated",
        "https://security-tracker.debian.org",
    ),
    of(
        "OSV: Ubuntu",
        "Canonical",
        "CC-BY-SA-4.0",
        "https://github.com/canonical/ubuntu-security-notices",
    ),
    of(
        "OSV: Alpine",
        "Alpine Linux",
        "none stated",
        "https://secdb.alpinelinux.org",
    ),
    of(
        "OSV: AlmaLinux",
        "AlmaLinux OS Foundation",
        "MIT",
        "https://github.com/AlmaLinux/osv-database",
    ),
    of(
        "OSV: Rocky Linux",
        "Rocky Enterprise Software Foundation",
        "BSD",
        "https://storage.googleapis.com/resf-osv-data",
    ),
    of(
        "OSV: Red Hat",
        "Red Hat",
        "CC-BY-4.0",
        "https://security.access.redhat.com/data/osv",
    ),
    of(
        "OSV: SUSE and openSUSE",
        "SUSE",
        "terms of SUSE",
        "https://ftp.suse.com/pub/projects/security/osv",
    ),
    of(
        "Debian security tracker",
        "Debian",
        "none stated",
        super::debian_tracker::ADDRESS,
    ),
    of(
        "Alpine secdb",
        "Alpine Linux",
        "none stated",
        super::alpine_secdb::ALPINE,
    ),
    of(
        "Wolfi secdb",
        "Chainguard",
        "terms of Chainguard",
        super::alpine_secdb::WOLFI,
    ),
    of(
        "Chainguard secdb",
        "Chainguard",
        "terms of Chainguard",
        super::alpine_secdb::CHAINGUARD,
    ),
    of(
        "Red Hat VEX",
        "Red Hat",
        "CC-BY-4.0",
        super::redhat_vex::ADDRESS,
    ),
    of(
        "updateinfo of Amazon Linux",
        "Amazon Web Services",
        "none stated",
        "https://cdn.amazonlinux.com",
    ),
    of(
        "updateinfo of Oracle Linux",
        "Oracle",
        "none stated",
        "https://yum.oracle.com",
    ),
    of(
        "updateinfo of Fedora",
        "Fedora Project",
        "none stated",
        "https://dl.fedoraproject.org",
    ),
    of(
        "Known Exploited Vulnerabilities",
        "CISA",
        "CC0-1.0",
        super::known_exploited::ADDRESS,
    ),
    of(
        "EPSS",
        "FIRST",
        "free of charge; FIRST is to be named",
        super::epss::ADDRESS,
    ),
    of(
        "National Vulnerability Database",
        "NIST",
        "public domain in the United States; this product uses data from the NVD API but is not \
         endorsed or certified by the NVD",
        super::nvd::ADDRESS,
    ),
    of(
        "endoflife.date",
        "endoflife.date",
        "MIT",
        super::end_of_life::ADDRESS,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_documents_shows_the_same() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/attribution.md");
        let page = std::fs::read_to_string(page).expect("the page is there");
        let shown: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("| ") && !line.starts_with("| feed "))
            .collect();
        let expected: Vec<String> = ATTRIBUTIONS
            .iter()
            .map(|each| {
                format!(
                    "| {} | {} | {} | <{}> |",
                    each.feed, each.publisher, each.licence, each.url
                )
            })
            .collect();
        assert_eq!(shown, expected);
    }
}
