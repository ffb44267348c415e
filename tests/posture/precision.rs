//! What is called a secret in files of which none is.

use std::path::Path;

use anyhow::ensure;
use outcrop_tests::programs::User;
use outcrop_tests::suite::Outcome;

use crate::reports;

/// Something that was reported and looked at.
struct LookedAt {
    tree: &'static str,
    kind: &'static str,
    path: &'static str,
    /// What it is.
    #[expect(dead_code, reason = "for whoever reads the table")]
    reason: &'static str,
}

/// Everything that is reported in all trees together.
const LOOKED_AT: &[LookedAt] = &[
    LookedAt {
        tree: "documentation",
        kind: "json-web-token",
        path: "usr/lib/python3/dist-packages/ansible_collections/dellemc/powerflex/ansible.cfg",
        reason: "a whole refresh token for a server of collections, which the collection's authors \
                 left in their own settings: a secret that was given away",
    },
    LookedAt {
        tree: "documentation",
        kind: "json-web-token",
        path: "usr/lib/python3/dist-packages/ansible_collections/dellemc/unity/ansible.cfg",
        reason: "the same in another collection of the same authors",
    },
];

/// Most that may be.
const MOST: usize = 3;
const _: () = assert!(LOOKED_AT.len() <= MOST, "more than is tolerable");

/// Scans a tree: it has that many files, and what is reported is what was looked at.
pub(crate) fn check(tree: &str, archive: &Path, least_files: usize) -> Outcome {
    let files = files(archive)?;
    ensure!(files >= least_files, "{tree}: {files} files");
    let image = format!("docker-archive:{}", archive.display());
    let scan = reports::scan(&User::new()?, &image)?;
    let expected = LOOKED_AT.iter().filter(|row| row.tree == tree);
    let mut expected: Vec<_> = expected
        .map(|row| (row.kind.to_owned(), row.path.to_owned()))
        .collect();
    let secrets = scan.risks.iter().filter(|risk| risk.group == "secrets");
    let mut found: Vec<_> = secrets
        .map(|risk| {
            let kind = risk.secret.as_ref().map(|secret| secret.kind.clone());
            let path = risk.path.clone();
            (kind.unwrap_or_default(), path.unwrap_or_default())
        })
        .collect();
    expected.sort();
    found.sort();
    ensure!(
        found == expected,
        "{tree}, {files} files: {} reported: {found:#?}",
        found.len()
    );
    Ok(())
}

/// Regular files of all layers.
fn files(archive: &Path) -> anyhow::Result<usize> {
    let mut archive = tar::Archive::new(std::fs::File::open(archive)?);
    let mut files = 0;
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        if !entry.path()?.ends_with("layer.tar") {
            continue;
        }
        for file in tar::Archive::new(entry).entries()? {
            files += usize::from(file?.header().entry_type().is_file());
        }
    }
    Ok(files)
}
