//! Which distribution an image holds.

use serde::{Deserialize, Serialize};

/// The facts of `os-release(5)` that decide which advisories apply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatingSystem {
    /// `ID`, lower case, as `debian`.
    pub id: String,
    /// `ID_LIKE`, word by word.
    pub id_like: Vec<String>,
    /// `VERSION_ID`, as `12`; empty on rolling releases.
    pub version_id: String,
    /// `VERSION_CODENAME`, as `bookworm`.
    pub version_codename: String,
    /// `PRETTY_NAME`, for people.
    pub pretty_name: String,
    /// Path it was read from, without a leading slash.
    pub path: String,
}

impl OperatingSystem {
    /// The ecosystem with its release by which its own packages are judged first, as `Debian:12`;
    /// `None` where there is none.
    pub fn ecosystem(&self) -> Option<String> {
        self.ecosystems().into_iter().next()
    }

    /// Every ecosystem with its release whose records speak of its packages, the main one first:
    /// several where a distribution publishes by repository or sells further fixes. Empty where
    /// nobody publishes records of it that Outcrop can read, or where the release is not told.
    ///
    /// OSV schema, section "`affected[].package` field", table of defined ecosystems; Red Hat's
    /// are the product names of its CPEs (`cpe:/o:redhat:enterprise_linux:9::baseos`). Fedora,
    /// Amazon Linux, Oracle Linux and `CentOS` Stream have no records of OSV: they are named here
    /// in the same manner.
    pub fn ecosystems(&self) -> Vec<String> {
        let version = self.version_id.as_str();
        let major = version.split('.').next().unwrap_or_default();
        let with = |name: &str, release: &str| match release {
            "" => Vec::new(),
            release => vec![format!("{name}:{release}")],
        };
        match self.id.as_str() {
            "debian" => with("Debian", self.debian_release()),
            "ubuntu" => self.ubuntu(),
            "alpine" => self.alpine(),
            "wolfi" => vec!["Wolfi".to_owned()],
            // Its packages come from both repositories.
            "chainguard" => vec!["Chainguard".to_owned(), "Wolfi".to_owned()],
            "minimos" => vec!["MinimOS".to_owned()],
            "alpaquita" => with("Alpaquita", version),
            "rhel" => self.red_hat(),
            "almalinux" => with("AlmaLinux", major),
            "rocky" => with("Rocky Linux", major),
            "centos" if self.is_centos_stream() => with("CentOS Stream", major),
            "fedora" => with("Fedora", version),
            "amzn" => with("Amazon Linux", version),
            "ol" => with("Oracle Linux", major),
            "azurelinux" | "mariner" => with("Azure Linux", major),
            "photon" => with("Photon OS", version),
            "mageia" => with("Mageia", version),
            "openeuler" => self.open_euler(),
            "opensuse-leap" => with("openSUSE", &prefixed("Leap ", version)),
            "opensuse-tumbleweed" => vec!["openSUSE:Tumbleweed".to_owned()],
            "sles" | "sles_sap" | "sled" => self.suse(),
            "sle-micro" | "suse-microos" => {
                with("SUSE", &prefixed("Linux Enterprise Micro ", version))
            }
            _ => Vec::new(),
        }
    }

    /// The number of a release that is not out yet and has none in its `os-release`, by its name.
    ///
    /// Debian's `distro-info-data`, `debian.csv`. Unstable calls itself as testing does, and is
    /// judged as that.
    fn debian_release(&self) -> &str {
        match (self.version_id.as_str(), self.version_codename.as_str()) {
            ("", "trixie") => "13",
            ("", "forky") => "14",
            ("", "duke") => "15",
            (version, _) => version,
        }
    }

    /// The release, and what Ubuntu Pro mends in it. Releases of April in even years have
    /// long-term support.
    fn ubuntu(&self) -> Vec<String> {
        let version = self.version_id.as_str();
        let lts = version
            .strip_suffix(".04")
            .and_then(|year| year.parse::<u32>().ok())
            .is_some_and(|year| year % 2 == 0);
        match (version, lts) {
            ("", _) => Vec::new(),
            (version, true) => vec![
                format!("Ubuntu:{version}:LTS"),
                format!("Ubuntu:Pro:{version}:LTS"),
            ],
            (version, false) => vec![format!("Ubuntu:{version}")],
        }
    }

    /// `3.10.9` is of the branch `v3.10`; the rolling one is told by `_alpha` or `edge`.
    fn alpine(&self) -> Vec<String> {
        let version = self.version_id.as_str();
        if version == "edge" || version.contains("_alpha") || version.contains("_git") {
            return vec!["Alpine:edge".to_owned()];
        }
        let mut parts = version.split('.');
        match (parts.next(), parts.next()) {
            (Some(major), Some(minor)) if !major.is_empty() && !minor.is_empty() => {
                vec![format!("Alpine:v{major}.{minor}")]
            }
            _ => Vec::new(),
        }
    }

    /// The main streams of the release. Those of extended support, real time and SAP are other
    /// products with other builds: an image tells nothing of them.
    fn red_hat(&self) -> Vec<String> {
        let version = self.version_id.as_str();
        let major = version.split('.').next().unwrap_or_default();
        let repositories: &[&str] = match major {
            "" => return Vec::new(),
            "5" | "6" | "7" => &["", "::server", "::client", "::workstation", "::computenode"],
            _ => &["", "::baseos", "::appstream", "::crb"],
        };
        let mut releases = vec![major];
        // From 10 on the products of Red Hat's CPEs are the minor releases.
        if version != major && major.parse::<u32>().is_ok_and(|major| major >= 10) {
            releases.push(version);
        }
        releases
            .iter()
            .flat_map(|release| {
                repositories.iter().map(move |repository| {
                    format!("Red Hat:enterprise_linux:{release}{repository}")
                })
            })
            .collect()
    }

    fn is_centos_stream(&self) -> bool {
        self.pretty_name.contains("Stream")
    }

    /// `22.03` with `openEuler 22.03 (LTS-SP3)` is `22.03-LTS-SP3`.
    fn open_euler(&self) -> Vec<String> {
        if self.version_id.is_empty() {
            return Vec::new();
        }
        let edition = self
            .pretty_name
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'))
            .map_or(String::new(), |(edition, _)| format!("-{edition}"));
        vec![format!("openEuler:{}{edition}", self.version_id)]
    }

    /// SUSE publishes by product: the server, its longer support, and the modules that its images
    /// install from.
    fn suse(&self) -> Vec<String> {
        const MODULES: &[&str] = &[
            "Basesystem",
            "Server Applications",
            "Development Tools",
            "Web and Scripting",
            "Python 3",
            "Containers",
            "Desktop Applications",
            "Public Cloud",
            "Legacy",
        ];
        let (major, minor) = match self.version_id.split_once('.') {
            Some((major, minor)) => (major, minor),
            None => (self.version_id.as_str(), ""),
        };
        let release = match (major.parse::<u32>(), minor) {
            (Err(_), _) => return Vec::new(),
            (Ok(16..), _) => self.version_id.clone(),
            (Ok(_), "" | "0") => major.to_owned(),
            (Ok(_), minor) => format!("{major} SP{minor}"),
        };
        let modules = MODULES
            .iter()
            .map(|module| format!("Module for {module} {release}"));
        [
            format!("Server {release}"),
            format!("Server {release}-LTSS"),
            format!("Server for SAP Applications {release}"),
        ]
        .into_iter()
        .chain(modules)
        .map(|product| format!("SUSE:Linux Enterprise {product}"))
        .collect()
    }

    /// The release as package URLs name it in `distro`, as `debian-12`.
    pub fn release(&self) -> Option<String> {
        match (self.id.is_empty(), self.version_id.is_empty()) {
            (true, _) => None,
            (false, true) => Some(self.id.clone()),
            (false, false) => Some(format!("{}-{}", self.id, self.version_id)),
        }
    }

    /// Name to show: `PRETTY_NAME`, else identifier and version.
    pub fn display_name(&self) -> String {
        if self.pretty_name.is_empty() {
            format!("{} {}", self.id, self.version_id).trim().to_owned()
        } else {
            self.pretty_name.clone()
        }
    }
}

fn prefixed(prefix: &str, version: &str) -> String {
    match version {
        "" => String::new(),
        version => format!("{prefix}{version}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, version: &str, pretty: &str, expected: &[&str]) {
        let system = OperatingSystem {
            id: id.into(),
            version_id: version.into(),
            pretty_name: pretty.into(),
            ..OperatingSystem::default()
        };
        assert_eq!(system.ecosystems(), expected, "{id} {version}");
        assert_eq!(system.ecosystem().as_deref(), expected.first().copied());
    }

    #[test]
    fn a_release_is_named_as_its_publisher_names_it() {
        check("debian", "12", "", &["Debian:12"]);
        check("ubuntu", "25.10", "", &["Ubuntu:25.10"]);
        check("ubuntu", "23.04", "", &["Ubuntu:23.04"]);
        check(
            "ubuntu",
            "22.04",
            "",
            &["Ubuntu:22.04:LTS", "Ubuntu:Pro:22.04:LTS"],
        );
        check("alpine", "3.10.9", "", &["Alpine:v3.10"]);
        check("alpine", "3.23_alpha20250612", "", &["Alpine:edge"]);
        check("wolfi", "20230201", "", &["Wolfi"]);
        check("almalinux", "9.3", "", &["AlmaLinux:9"]);
        check("rocky", "9.3", "", &["Rocky Linux:9"]);
        check("amzn", "2023", "", &["Amazon Linux:2023"]);
        check("ol", "8.9", "", &["Oracle Linux:8"]);
        check("fedora", "40", "", &["Fedora:40"]);
        check("mariner", "2.0", "", &["Azure Linux:2"]);
        check("opensuse-leap", "15.6", "", &["openSUSE:Leap 15.6"]);
        check(
            "openeuler",
            "22.03",
            "openEuler 22.03 (LTS-SP3)",
            &["openEuler:22.03-LTS-SP3"],
        );
        check("centos", "9", "CentOS Stream 9", &["CentOS Stream:9"]);
    }

    #[test]
    fn a_release_that_is_not_out_yet_is_told_by_its_name() {
        let system = |codename: &str| OperatingSystem {
            id: "debian".into(),
            version_codename: codename.into(),
            ..OperatingSystem::default()
        };
        assert_eq!(system("forky").ecosystems(), ["Debian:14"]);
        assert_eq!(system("sid").ecosystems(), Vec::<String>::new());
    }

    #[test]
    fn red_hat_is_judged_by_the_streams_of_its_release() {
        check(
            "rhel",
            "9.2",
            "",
            &[
                "Red Hat:enterprise_linux:9",
                "Red Hat:enterprise_linux:9::baseos",
                "Red Hat:enterprise_linux:9::appstream",
                "Red Hat:enterprise_linux:9::crb",
            ],
        );
    }

    #[test]
    fn suse_is_judged_by_its_products() {
        let system = OperatingSystem {
            id: "sles".into(),
            version_id: "15.5".into(),
            ..OperatingSystem::default()
        };
        let ecosystems = system.ecosystems();
        assert_eq!(ecosystems[0], "SUSE:Linux Enterprise Server 15 SP5");
        assert!(
            ecosystems.contains(&"SUSE:Linux Enterprise Module for Basesystem 15 SP5".to_owned())
        );
    }

    #[test]
    fn what_nobody_publishes_of_is_not_judged() {
        for (id, version) in [
            ("arch", ""),
            ("debian", ""),
            ("centos", "7"),
            ("alpine", "3"),
            ("", "1"),
            ("rhel", ""),
        ] {
            check(id, version, "", &[]);
        }
    }
}
