//! Planned upgrades in a real shell, and over files of every shape.

use std::process::Command;

use proptest::prelude::*;

use super::tests::{Case, binary, case, openssl};
use super::{AptUpgrade, BaseBump};
use crate::patch::HunkKind;
use crate::syntax::{Containerfile, parse};

/// Runs the planned script in a real `dash`, with scripts in place of apt and dpkg-query that knows
/// the packages in `installed`, which are arms of a `case`.
fn dash(upgrades: Vec<AptUpgrade>, installed: &str) -> (bool, String) {
    let plan = Case {
        upgrades,
        ..case("FROM a\n")
    }
    .plan();
    let new = parse(&plan.patch.unwrap().new_bytes);
    let script = new.file.instruction(1).unwrap().text.clone();
    let folder = tempfile::tempdir().unwrap();
    let query = format!(
        r#"[ "$2" = '-f=${{source:Version}}' ] || exit 1; case "$3" in {installed} *) exit 1;; esac"#
    );
    for (name, body) in [
        ("apt-get", r#"echo "apt-get $*""#),
        ("rm", ":"),
        ("dpkg-query", &query),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        assert!(
            Command::new("chmod")
                .arg("755")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = Command::new("dash")
        .args(["-c", &script])
        .env("PATH", path)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn the_script_fails_in_dash_where_a_package_stays_old() {
    let dpkg = Command::new("dpkg").arg("--version").output();
    if Command::new("dash").args(["-c", ":"]).output().is_err() || dpkg.is_err() {
        println!(
            "skipped `the_script_fails_in_dash_where_a_package_stays_old`: dash or dpkg is not installed"
        );
        return;
    }
    let both = "libssl3) echo 3.0.15-1~deb12u1;; openssl) echo 3.0.16-1;;";
    let (passed, text) = dash(vec![openssl()], both);
    assert!(passed, "{text}");
    assert!(
        text.contains("apt-get install -y --no-install-recommends --only-upgrade libssl3 openssl"),
        "{text}"
    );
    let old = "libssl3) echo 3.0.15-1~deb12u1~1;; openssl) echo 3.0.16-1;;";
    assert!(!dash(vec![openssl()], old).0);
    assert!(
        !dash(vec![openssl()], "openssl) echo 3.0.16-1;;").0,
        "not installed"
    );

    let many = |count: usize| -> Vec<AptUpgrade> {
        let binaries = (0..count)
            .map(|number| binary(&format!("p{number}"), "1:2.0+x~1-3"))
            .collect();
        vec![AptUpgrade {
            binaries,
            ..openssl()
        }]
    };
    let (passed, text) = dash(many(6), "p?) echo 1:2.0+x~1-3;;");
    assert!(passed, "{text}");
    let (passed, text) = dash(many(6), "p4) echo 1:1.9;; p?) echo 1:2.0+x~1-3;;");
    assert!(!passed);
    assert!(text.contains("still older than p4=1:2.0+x~1-3"), "{text}");
}

proptest! {
    #[test]
    fn whatever_the_file_a_patch_adds_lines_and_bumps_only(
        start in prop::sample::select(vec!["FROM a:1 AS x\n", "ARG V=a:1\nFROM $V AS x\r\n", "FROM scratch\n", ""]),
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                "FROM a:1 AS x\n", "FROM x\n", "FROM $V\r\n", "ARG V=a:1\n", "USER app\n", "USER $U\n", "ENV U=u\n",
                "USER root\n", "RUN apt-get install -y openssl\n", "RUN x \\\n\t && y\n", "# c\n", "\n", "SHELL [\"pwsh\"]\n",
                "RUN <<E\necho\nE\n", "COPY x /etc/apt/\n", "WORKDIR /w\n", "COPY --from=x a b", "\r\n", "# escape=`\n",
            ]),
            1..14,
        ),
        base_user in prop::sample::select(vec![None, Some(""), Some("1001")]),
    ) {
        let file = format!("{start}{}", pieces.concat());
        let bump = BaseBump { from: "a:1".into(), to: "a:2".into(), findings: vec![9], evidence: String::new() };
        let plan = Case { base_user, bump: Some(bump), ..case(&file) }.plan();
        let mut told: Vec<usize> = plan.stays.iter().flat_map(|stays| stays.findings.clone()).collect();
        told.extend(plan.patch.iter().flat_map(|patch| &patch.hunks).flat_map(|hunk| hunk.clears.clone()));
        told.sort_unstable();
        prop_assert_eq!(told, vec![1, 3, 9], "every finding is cleared or stays, once");
        if let Some(patch) = plan.patch {
            let upgraded = patch.hunks.iter().any(|hunk| hunk.kind == HunkKind::Upgrade);
            let new = parse(&patch.new_bytes);
            prop_assert!(new.problems.iter().all(|problem| !problem.kind.stops_a_build()));
            let texts = |file: &Containerfile| -> Vec<String> {
                file.instructions().map(|one| format!("{} {}", one.keyword, one.text)).collect()
            };
            let (old, new) = (texts(&parse(file.as_bytes()).file), texts(&new.file));
            let mut rest = new.iter();
            for text in old.iter().filter(|text| !text.starts_with("FROM") && !text.starts_with("ARG")) {
                prop_assert!(rest.any(|one| one == text), "{} is kept in order", text);
            }
            prop_assert!((1..=3).contains(&(new.len() - old.len())) == upgraded);
        }
    }
}
