//! What one image cannot have beside the rest: small images, each with one thing wrong or none.

use std::fs;

use anyhow::{Context, Result, ensure};
use outcrop_tests::engine::Kind;
use outcrop_tests::programs::User;
use outcrop_tests::suite::Outcome;
use tempfile::TempDir;

use crate::{planted, reports};

/// The beginning of all: a program, and a user for it.
const START: &str = "\
FROM scratch
COPY passwd group /etc/
COPY tool /bin/tool
ENTRYPOINT [\"/bin/tool\"]
";

/// Check, severity and a part of the message of each risk.
type Said = &'static [(&'static str, &'static str, &'static str)];

/// The health check comes last: Podman forgets one that it takes from its cache.
const VARIANTS: &[(&str, &str, Said)] = &[
    (
        "done-right",
        "USER worker\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[],
    ),
    (
        "by-number",
        "USER 1000:1000\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[],
    ),
    (
        "unknown-name",
        "USER ghost\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("unknown-user", "medium", "ghost")],
    ),
    (
        "unknown-number",
        "USER 4711\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("unknown-user", "negligible", "4711")],
    ),
    (
        "unknown-group",
        "USER worker:ghosts\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("unknown-user", "medium", "ghosts")],
    ),
    (
        "no-user",
        "HEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("root-user", "medium", "no USER")],
    ),
    (
        "root-by-number",
        "USER 0:0\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("root-user", "medium", "0:0")],
    ),
    (
        "root-by-another-name",
        "USER twin\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("root-user", "medium", "twin")],
    ),
    (
        "health-switched-off",
        "USER worker\nHEALTHCHECK NONE\n",
        &[("no-healthcheck", "negligible", "NONE")],
    ),
    (
        "socket-as-volume",
        "USER worker\nVOLUME /var/run/docker.sock\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("sensitive-volume", "high", "docker.sock")],
    ),
    (
        "command-in-a-shell",
        "USER worker\nENTRYPOINT []\nCMD /bin/tool --serve\nHEALTHCHECK CMD [\"/bin/tool\", \"--health\"]\n",
        &[("shell-form", "negligible", "CMD")],
    ),
];

/// Writes what the images copy.
fn write_context(folder: &TempDir) -> Outcome {
    for (name, text) in [
        (
            "passwd",
            "root:x:0:0:root:/root:/sbin/nologin\nworker:x:1000:1000::/:/sbin/nologin\n",
        ),
        ("group", "root:x:0:\nworker:x:1000:\n"),
        ("tool", "\x7fELF"),
    ] {
        fs::write(folder.path().join(name), text)?;
    }
    Ok(())
}

/// What is said of each of them is all that is to be said.
pub(crate) fn each(kind: Kind) -> Outcome {
    let made = planted::made(kind)?;
    let user = User::of(&[&made.engine])?;
    let folder = TempDir::new()?;
    write_context(&folder)?;
    for (name, lines, expected) in VARIANTS {
        let check = || -> Outcome {
            let twin = if *name == "root-by-another-name" {
                "twin:x:0:0::/:/sbin/nologin\n"
            } else {
                ""
            };
            let passwd =
                format!("root:x:0:0::/:/bin/false\nworker:x:1000:1000::/:/bin/false\n{twin}");
            fs::write(folder.path().join("passwd"), passwd)?;
            let containerfile = folder.path().join("Containerfile");
            fs::write(&containerfile, format!("{START}{lines}"))?;
            let reference = format!("localhost/outcrop-test/variant-{name}:1");
            made.engine
                .build_for_docker(folder.path(), &containerfile, &reference)?;
            let scan = reports::scan(&user, &reference)?;
            let mut unsaid: Vec<_> = expected.iter().collect();
            let mut extra = Vec::new();
            for risk in &scan.risks {
                let found = unsaid.iter().position(|(check, severity, says)| {
                    risk.check == *check
                        && risk.severity == *severity
                        && risk.message.contains(says)
                });
                match found {
                    Some(index) => drop(unsaid.remove(index)),
                    None if risk.check == "second-root" && !twin.is_empty() => {}
                    None => extra.push((&risk.check, &risk.severity, &risk.message)),
                }
            }
            ensure!(
                unsaid.is_empty() && extra.is_empty(),
                "missing {unsaid:?}, extra {extra:?}"
            );
            Ok(())
        };
        check().with_context(|| (*name).to_owned())?;
    }
    Ok(())
}

/// A layer that someone committed from a container.
pub(crate) fn by_hand(kind: Kind) -> Outcome {
    let made = planted::made(kind)?;
    let user = User::of(&[&made.engine])?;
    let folder = TempDir::new()?;
    let file = folder.path().join("note");
    fs::write(&file, "done by hand\n")?;
    let reference = "localhost/outcrop-test/by-hand:1";
    let base = outcrop_tests::debian::BASE;
    let container = made.engine.client(["create", base, "/bin/bash"])?;
    let container = container.trim();
    let copied = || -> Result<()> {
        let to = format!("{container}:/srv/note");
        made.engine
            .client(["cp", &file.display().to_string(), &to])?;
        made.engine.client(["commit", container, reference])?;
        Ok(())
    };
    let copied = copied();
    made.engine.client(["rm", container])?;
    copied?;
    reports::scan(&user, base)?;
    let scan = reports::scan(&user, reference)?;
    let risks = scan.risks.iter().filter(|risk| !risk.inherited);
    let found: Vec<_> = risks
        .filter(|risk| risk.check == "committed-container")
        .map(|risk| risk.history_index)
        .collect();
    ensure!(found == [Some(1)], "{found:?} in {:#?}", scan.risks);
    Ok(())
}
