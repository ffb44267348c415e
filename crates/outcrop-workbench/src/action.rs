//! What to do about a finding, in a few words.

use outcrop_advisory::Status;
use outcrop_model::{Inventory, Package, PackageKind};

/// What an image can be mended with.
pub(crate) struct Tools<'i> {
    inventory: &'i Inventory,
}

impl<'i> Tools<'i> {
    pub(crate) const fn of(inventory: &'i Inventory) -> Self {
        Self { inventory }
    }

    /// The first of `names` that is installed as a package of the system.
    fn installed(&self, names: &[(&'static str, &'static str)]) -> Option<&'static str> {
        names.iter().find_map(|(package, tool)| {
            let is_there = self.inventory.packages.iter().any(|installed| {
                installed.package.kind.is_system() && installed.package.name == *package
            });
            is_there.then_some(*tool)
        })
    }

    /// The program that upgrades packages of a system, where the image has it.
    fn of_system(&self, kind: PackageKind) -> Option<&'static str> {
        self.installed(match kind {
            PackageKind::Deb => &[("apt", "apt")],
            PackageKind::Apk => &[("apk-tools", "apk")],
            // Several may be there: the one that the distribution's own manual names first.
            PackageKind::Rpm => &[
                ("dnf5", "dnf"),
                ("dnf", "dnf"),
                ("zypper", "zypper"),
                ("tdnf", "tdnf"),
                ("yum", "yum"),
                ("microdnf", "microdnf"),
            ],
            PackageKind::Alpm => &[("pacman", "pacman")],
            _ => return None,
        })
    }

    /// What to do about a finding in `package`.
    pub(crate) fn action(&self, status: &Status, package: &Package) -> String {
        let name = &package.name;
        match status {
            Status::FixedIn { version } => self.upgrade(package, version),
            Status::NeedsSubscription { .. } => {
                let ubuntu = self
                    .inventory
                    .operating_system
                    .as_ref()
                    .is_some_and(|system| system.id == "ubuntu");
                if ubuntu {
                    format!("upgrade {name} with Ubuntu Pro")
                } else {
                    format!("upgrade {name} with a subscription of the publisher")
                }
            }
            Status::Affected => format!("see the records: they name no fixed version of {name}"),
            Status::NoFixYet => format!("wait for a fixed version of {name}, or do without it"),
            Status::WillNotFix => format!("do without {name}, or accept it: no fix will come"),
            Status::EndOfLife => format!("move to a release in which {name} is still mended"),
        }
    }

    fn upgrade(&self, package: &Package, version: &str) -> String {
        let name = &package.name;
        let place = package.place.as_deref().unwrap_or(&package.evidence.path);
        let by = |tool: &str| format!("upgrade {name} by {tool}");
        match package.kind {
            PackageKind::Deb | PackageKind::Apk | PackageKind::Rpm | PackageKind::Alpm => {
                match self.of_system(package.kind) {
                    Some(tool) => by(tool),
                    None => format!(
                        "build on a newer base that has {name} {version}: nothing in the image upgrades packages"
                    ),
                }
            }
            PackageKind::PyPi => by("pip"),
            PackageKind::Conda => by("conda"),
            PackageKind::Npm => by("npm"),
            PackageKind::Gem => by("gem"),
            PackageKind::NuGet => by("dotnet"),
            PackageKind::Composer => by("composer"),
            PackageKind::Hex => by("mix"),
            PackageKind::Pub => by("dart pub"),
            PackageKind::Swift => by("swift package"),
            PackageKind::Conan => by("conan"),
            PackageKind::Cran => by("R"),
            PackageKind::LuaRocks => by("luarocks"),
            PackageKind::WordPress => by("wp"),
            // Linked into a program, or inside an archive.
            PackageKind::Golang if name == "stdlib" || name == "toolchain" => {
                format!("build {place} again with Go {version}")
            }
            PackageKind::Golang | PackageKind::Cargo | PackageKind::Maven => {
                format!("build {place} again with {name} {version}")
            }
            PackageKind::Bitnami | PackageKind::Generic => {
                format!("replace {name} by {version} or later")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use outcrop_model::{Evidence, InventoryPackage, OperatingSystem};

    use super::*;

    fn package(kind: PackageKind, name: &str) -> Package {
        let evidence = Evidence {
            cataloger: "test".into(),
            path: "usr/bin/tool".into(),
        };
        Package::new(kind, name, "1", evidence)
    }

    #[test]
    fn the_program_that_the_image_has_is_named() {
        use PackageKind::{Apk, Deb, Generic, Golang, Maven, Npm, PyPi, Rpm};
        for (system, kind, name, expected) in [
            (&["apt"][..], Deb, "libssl3", "upgrade libssl3 by apt"),
            (
                &[],
                Deb,
                "libssl3",
                "build on a newer base that has libssl3 2: nothing in the image upgrades packages",
            ),
            (
                &["microdnf"],
                Rpm,
                "curl-minimal",
                "upgrade curl-minimal by microdnf",
            ),
            (
                &["microdnf", "dnf"],
                Rpm,
                "curl-minimal",
                "upgrade curl-minimal by dnf",
            ),
            (&["apk-tools"], Apk, "musl", "upgrade musl by apk"),
            (&["apt"], Npm, "lodash", "upgrade lodash by npm"),
            (&["apt"], PyPi, "requests", "upgrade requests by pip"),
            (&[], Golang, "stdlib", "build usr/bin/tool again with Go 2"),
            (
                &[],
                Maven,
                "org.example:a",
                "build usr/bin/tool again with org.example:a 2",
            ),
            (&[], Generic, "redis", "replace redis by 2 or later"),
        ] {
            let mut inventory = inventory("debian");
            let of_system = if system == ["apk-tools"] {
                Apk
            } else if system == ["apt"] {
                Deb
            } else {
                Rpm
            };
            inventory.packages = system
                .iter()
                .map(|name| InventoryPackage {
                    package: package(of_system, name),
                    introduced_in: 0,
                    first_seen_in: 0,
                    evidence_layer: None,
                    changes: Vec::new(),
                    owner: None,
                })
                .collect();
            let status = Status::FixedIn {
                version: "2".into(),
            };
            let said = Tools::of(&inventory).action(&status, &package(kind, name));
            assert_eq!(said, expected);
        }
    }

    fn inventory(id: &str) -> Inventory {
        Inventory {
            operating_system: Some(OperatingSystem {
                id: id.into(),
                ..OperatingSystem::default()
            }),
            packages: Vec::new(),
            configuration_leftovers: Vec::new(),
            package_sources: Vec::new(),
            layers: Vec::new(),
            problems: Vec::new(),
            posture: None,
        }
    }

    #[test]
    fn what_cannot_be_upgraded_is_said() {
        for (system, status, expected) in [
            (
                "debian",
                Status::NoFixYet,
                "wait for a fixed version of a, or do without it",
            ),
            (
                "debian",
                Status::WillNotFix,
                "do without a, or accept it: no fix will come",
            ),
            (
                "debian",
                Status::EndOfLife,
                "move to a release in which a is still mended",
            ),
            (
                "ubuntu",
                Status::NeedsSubscription { version: None },
                "upgrade a with Ubuntu Pro",
            ),
            (
                "rhel",
                Status::NeedsSubscription { version: None },
                "upgrade a with a subscription of the publisher",
            ),
        ] {
            let inventory = inventory(system);
            let said = Tools::of(&inventory).action(&status, &package(PackageKind::Deb, "a"));
            assert_eq!(said, expected);
        }
    }
}
