//! The products of Red Hat that an image's content sets name.
//!
//! A content set is the name of a repository, as `rhel-9-for-x86_64-appstream-eus-rpms` ("Red Hat
//! Container Certification", image content manifests). Longer support is sold as products of their
//! own, whose CPEs name the minor release: `cpe:/a:redhat:rhel_eus:9.2::appstream`.

/// What stands before a content set among the package sources of an inventory.
const PREFIX: &str = "content-set ";

/// Words of repositories' names, and the products of CPEs that they belong to.
const PRODUCTS: &[(&str, &str)] = &[
    ("eus", "rhel_eus"),
    ("e4s", "rhel_e4s"),
    ("aus", "rhel_aus"),
    ("tus", "rhel_tus"),
];

/// Words of repositories' names, and the same in CPEs.
const REPOSITORIES: &[(&str, &str)] = &[
    ("baseos", "baseos"),
    ("appstream", "appstream"),
    ("codeready", "crb"),
    ("highavailability", "highavailability"),
    ("resilientstorage", "resilientstorage"),
    ("supplementary", "supplementary"),
    ("nfv", "nfv"),
    ("rt", "realtime"),
];

/// The ecosystems that the content sets among `sources` name for the release `version`, in their
/// order, each once; none where there are no content sets of a release that has such repositories.
pub(super) fn named_by_content_sets(version: &str, sources: &[String]) -> Vec<String> {
    let major = version.split('.').next().unwrap_or_default();
    let mut named = Vec::new();
    for source in sources {
        let Some(name) = source.strip_prefix(PREFIX) else {
            continue;
        };
        let words = || name.split('-');
        let of = |table: &'static [(&str, &str)]| {
            words().find_map(|word| Some(table.iter().find(|(known, _)| *known == word)?.1))
        };
        // `rhel-9-for-…` and `codeready-builder-for-rhel-9-…`; other releases are no concern.
        let release = words()
            .skip_while(|word| *word != "rhel" && *word != "ubi")
            .nth(1);
        let Some(repository) = of(REPOSITORIES).filter(|_| release == Some(major)) else {
            continue;
        };
        let product = match of(PRODUCTS) {
            Some(product) => format!("{product}:{version}"),
            None => format!("enterprise_linux:{major}"),
        };
        let ecosystem = format!("Red Hat:{product}::{repository}");
        if !named.contains(&ecosystem) {
            named.push(ecosystem);
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: &str, sources: &[&str], expected: &[&str]) {
        let sources: Vec<String> = sources.iter().map(|&source| source.to_owned()).collect();
        assert_eq!(
            named_by_content_sets(version, &sources),
            expected,
            "{sources:?}"
        );
    }

    #[test]
    fn content_sets_name_products_and_repositories() {
        check(
            "9.4",
            &[
                "content-set rhel-9-for-x86_64-baseos-rpms",
                "content-set rhel-9-for-x86_64-appstream-rpms",
                "content-set rhel-9-for-aarch64-appstream-source-rpms",
                "content-set codeready-builder-for-rhel-9-x86_64-rpms",
            ],
            &[
                "Red Hat:enterprise_linux:9::baseos",
                "Red Hat:enterprise_linux:9::appstream",
                "Red Hat:enterprise_linux:9::crb",
            ],
        );
        check(
            "9.2",
            &[
                "content-set rhel-9-for-x86_64-baseos-eus-rpms",
                "content-set rhel-9-for-x86_64-appstream-e4s-rpms",
            ],
            &[
                "Red Hat:rhel_eus:9.2::baseos",
                "Red Hat:rhel_e4s:9.2::appstream",
            ],
        );
        check(
            "8.9",
            &["content-set ubi-8-baseos-rpms"],
            &["Red Hat:enterprise_linux:8::baseos"],
        );
    }

    #[test]
    fn what_names_no_such_repository_names_nothing() {
        check(
            "9.4",
            &[
                "content-set rhel-8-for-x86_64-baseos-rpms",
                "content-set rhel-7-server-rpms",
                "content-set rhocp-4.15-for-rhel-9-x86_64-rpms",
                "http://deb.debian.org/debian bookworm main",
                "content-set ",
            ],
            &[],
        );
    }
}
