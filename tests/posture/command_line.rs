//! The options that say what risks do.

use anyhow::{Result, ensure};
use outcrop_tests::archive::{Image, Layer};
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use serde_json::json;
use tar::EntryType;

/// Without packages, so that risks alone decide; what is worst in it is of high severity.
fn image(user: &User) -> Result<String> {
    let image = Image::default()
        .layer(
            Layer::default()
                .file(
                    "etc/passwd",
                    "root:x:0:0:root:/root:/bin/sh\nworker:x:7:7::/:/bin/false\n",
                )?
                .owned(
                    EntryType::Regular,
                    "usr/local/bin/tool",
                    0o777,
                    0,
                    "#!/bin/sh\n",
                )?,
        )?
        .run_as(json!({
            "User": "worker",
            "Entrypoint": ["/usr/local/bin/tool"],
            "Healthcheck": { "Test": ["CMD", "/usr/local/bin/tool", "--health"] },
        }));
    let path = user.home().join("risky.tar");
    std::fs::write(&path, image.docker_archive("test/risky:1")?)?;
    Ok(path.display().to_string())
}

/// Options, exit code, and whether risks are in the report.
pub(crate) fn exit_codes() -> Outcome {
    let user = User::new()?;
    let image = image(&user)?;
    for (options, code, shown) in [
        (&[][..], 0, true),
        (&["--fail-on", "low"], 0, true),
        (&["--risks", "warn", "--fail-on", "low"], 0, true),
        (&["--risks", "off"], 0, false),
        (&["--risks", "off", "--fail-on", "low"], 0, false),
        (&["--risks", "fail", "--fail-on", "critical"], 0, true),
        (&["--risks", "fail", "--fail-on", "high"], 1, true),
        (&["--risks", "fail", "--fail-on", "low"], 1, true),
        (&["--risks", "fail"], 2, false),
        (&["--risks", "some"], 2, false),
    ] {
        let mut line = vec!["scan", "--format", "json"];
        line.extend(options);
        line.push(&image);
        let ran = user.run(&line)?.exits(code)?;
        if code == 2 {
            continue;
        }
        let scan: Scan = ran.json()?;
        let checks: Vec<_> = scan.risks.iter().map(|risk| risk.check.as_str()).collect();
        ensure!(
            scan.risks_looked_for == shown,
            "{options:?}: looked for: {}",
            scan.risks_looked_for
        );
        let expected: &[&str] = if shown { &["writable-in-path"] } else { &[] };
        ensure!(checks == expected, "{options:?}: {checks:?}");
    }
    Ok(())
}

/// A label that is demanded and not there is a risk; one that is there is none.
pub(crate) fn required_labels() -> Outcome {
    let user = User::new()?;
    let label = "org.opencontainers.image.source";
    let image = Image::default()
        .layer(Layer::default().file("etc/passwd", "worker:x:7:7::/:/bin/false\n")?)?
        .run_as(json!({ "User": "worker", "Labels": { label: "https://example.org/orders" } }));
    let path = user.home().join("labelled.tar");
    std::fs::write(&path, image.docker_archive("test/labelled:1")?)?;
    let path = path.display().to_string();
    for (demanded, expected) in [(label, 0), ("org.opencontainers.image.revision", 1)] {
        let line = [
            "scan",
            "--format",
            "json",
            "--require-label",
            demanded,
            &path,
        ];
        let scan: Scan = user.run(line)?.exits(0)?.json()?;
        let labels = scan
            .risks
            .iter()
            .filter(|risk| risk.check == "missing-label");
        let found: Vec<_> = labels.collect();
        ensure!(found.len() == expected, "{demanded}: {found:?}");
        ensure!(
            found.iter().all(|risk| risk.message.contains(demanded)),
            "{found:?}"
        );
    }
    Ok(())
}

/// Every format tells of what is planted, and none of it where risks are off.
pub(crate) fn formats() -> Outcome {
    let user = User::new()?;
    let image = image(&user)?;
    for format in ["json", "table", "sarif", "cyclonedx", "markdown", "html"] {
        for (mode, told) in [("warn", true), ("off", false)] {
            let line = ["scan", "--risks", mode, "--format", format, &image];
            let text = user.run(line)?.exits(0)?.stdout;
            ensure!(
                text.contains("usr/local/bin/tool") == told,
                "{format} with --risks {mode}: {text}"
            );
        }
    }
    Ok(())
}
