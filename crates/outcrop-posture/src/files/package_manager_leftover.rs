//! What package managers leave when they are broken off: locks, and files that were not yet put in
//! place.
//!
//! Sources: `dpkg(1)` and its source (`.dpkg-new`, `.dpkg-tmp`, `updates`, `tmp.ci`); `apk-tools`
//! (`.apk.` and a digest); libalpm (`db.lck`); `yum(8)` and zypper (process numbers in `run`); Berkeley
//! DB's `DB_ENV->open` (region files `__db.001` and on).
//!
//! Lock files that stay for good (`var/lib/dpkg/lock`, `lib/apk/db/lock`) say nothing while they are
//! empty: every image of Debian and Alpine has them.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_CLEANUP, left_over};
use crate::check::{Check, Group, Look};

pub(crate) static CHECK: Check = Check {
    id: "package-manager-leftover",
    title: "Package manager was broken off",
    group: Group::Files,
    severity: Severity::Low,
    why: "A lock or a file that was not put in place means that an installation did not end: packages \
          may be there in part, and the next installation may refuse to run.",
    remedy: "Let the instruction fail when the package manager does, and let no other process run \
             beside it.",
    containerfile: Some("RUN set -e; apt-get update; apt-get install -y NAME"),
    references: &[CWE_CLEANUP],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    left_over(entry, |folder, name| {
        if name.ends_with(".dpkg-new") || name.ends_with(".dpkg-tmp") || is_apk_temporary(name) {
            return true;
        }
        match folder {
            "var/lib/pacman" => name == "db.lck",
            "run" | "var/run" => matches!(name, "yum.pid" | "zypp.pid"),
            "var/lib/rpm" | "usr/lib/sysimage/rpm" => name == "__db.001",
            "var/lib/dpkg/updates" => {
                !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
            }
            "var/lib/dpkg/tmp.ci" => name == "control",
            "var/lib/dpkg" | "var/lib/apt/lists" | "var/cache/apt/archives" | "lib/apk/db" => {
                matches!(name, "lock" | "lock-frontend") && entry.size > 0
            }
            _ => false,
        }
    })
}

fn is_apk_temporary(name: &str) -> bool {
    name.strip_prefix(".apk.").is_some_and(|digest| {
        digest.len() >= 24 && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names, file, seen};

    #[test]
    fn what_was_broken_off_is_told_from_what_every_image_has() {
        check_names(
            "package-manager-leftover",
            &[
                "usr/bin/x.dpkg-new",
                "etc/x.conf.dpkg-tmp",
                "var/lib/dpkg/updates/0001",
                "var/lib/dpkg/tmp.ci/control",
                "var/lib/pacman/db.lck",
                "run/yum.pid",
                "var/lib/rpm/__db.001",
                "usr/bin/.apk.f752bb51c942c7b3b4e0cf24875e21be9cdcd4595d8db384",
                "var/lib/dpkg/lock",
                "lib/apk/db/lock",
            ],
            &[
                "etc/x.conf.dpkg-dist",
                "etc/x.conf.dpkg-old",
                "etc/x.conf.rpmnew",
                "var/lib/dpkg/status",
                "var/lib/dpkg/triggers/Lock",
                "var/lib/rpm/.rpm.lock",
                "var/lib/rpm/__db.002",
                "var/lib/rpm/Packages",
                "app/yarn.lock",
                "app/lock",
                "srv/.apk.txt",
            ],
        );
        assert_eq!(seen(file("var/lib/pacman/db.lck"), 0).len(), 1);
        check_empty(&[
            "var/lib/dpkg/lock",
            "var/lib/dpkg/lock-frontend",
            "var/lib/apt/lists/lock",
            "var/cache/apt/archives/lock",
            "lib/apk/db/lock",
        ]);
    }
}
