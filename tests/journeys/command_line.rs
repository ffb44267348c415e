//! The contract that scripts rely on.

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use outcrop_tests::archive::{Image, Layer, dpkg_paragraph};
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;
use outcrop_tests::wait;
use serde_json::Value;

use crate::sample;

fn small() -> anyhow::Result<Image> {
    Image::default().layer(Layer::debian(dpkg_paragraph("base-files", "12.4"))?)
}

pub(crate) fn standard_input() -> Outcome {
    let user = User::new()?;
    let archive = small()?.docker_archive("test/input:1")?;
    let scan: Scan = user
        .run_with_input(["scan", "--format", "json", "-"], archive)?
        .exits(0)?
        .json()?;
    ensure!(scan.package("base-files").is_some(), "{scan:?}");
    ensure!(
        scan.image.references == ["test/input:1"],
        "{:?}",
        scan.image
    );
    user.run_with_input(["scan", "-"], b"no archive".to_vec())?
        .exits(3)?;
    Ok(())
}

/// With its prefix and without.
pub(crate) fn oci_folder() -> Outcome {
    let user = User::new()?;
    let folder = user.home().join("layout");
    for (path, content) in small()?.oci_layout()? {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().context("a parent")?)?;
        fs::write(path, content)?;
    }
    let folder = folder.display().to_string();
    for image in [folder.clone(), format!("oci-dir:{folder}")] {
        let scan = sample::scan(&user, &image)?;
        ensure!(
            scan.package("base-files").is_some() && scan.completeness == "complete",
            "{image}: {scan:?}"
        );
    }
    Ok(())
}

pub(crate) fn exit_codes() -> Outcome {
    let user = User::new()?;
    let base = sample::image(sample::FAMILY[0]);
    let base = base.as_str();
    let sample = sample::image(sample::FAMILY[2]);
    let sample = sample.as_str();
    for (arguments, code) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["scan", "--help"], 0),
        (&[], 2),
        (&["no-such-command"], 2),
        (&["scan"], 2),
        (&["scan", "--format", "no-such-format", sample], 2),
        (&["scan", "--fail-on", "no-such-severity", sample], 2),
        (&["scan", sample], 0),
        (&["scan", "--strict", base], 0),
        // Packages of npm and PyPI are listed, and nothing judges them yet.
        (&["scan", "--strict", sample], 4),
        // Severities are unknown in the starter set and stand as medium.
        (&["scan", "--fail-on", "medium", sample], 1),
        (&["scan", "--fail-on", "critical", sample], 0),
        (
            &[
                "scan",
                "--fail-on",
                "critical",
                "--unknown-as",
                "critical",
                sample,
            ],
            1,
        ),
        (&["scan", "/no/such/file.tar"], 3),
        // The highest number wins.
        (
            &[
                "scan",
                "--fail-on",
                "low",
                sample,
                "docker-archive:/no/such/file.tar",
            ],
            3,
        ),
        (&["fix", sample], 2),
        (
            &["fix", sample, "--containerfile", "/no/such/Containerfile"],
            3,
        ),
    ] {
        let ran = user.run(arguments)?;
        ensure!(
            ran.code == Some(code),
            "{arguments:?} exits {:?} instead of {code}: {}",
            ran.code,
            ran.stderr
        );
        ran.says(&[])?;
    }
    Ok(())
}

/// Prints what does not hold.
pub(crate) fn versions_check() -> Outcome {
    let user = User::new()?;
    let check = |input: &str| {
        user.run_with_input(["versions", "check", "Debian"], input.as_bytes().to_vec())
    };
    check("# a comment\n\n1.0~rc1 < 1.0\n1:0 > 9\n1.0 = 1.0-0\n")?.exits(0)?;
    let wrong = check("1 < 2\n2 < 1\n1.0~rc1 > 1.0\n")?.exits(1)?;
    ensure!(
        wrong.stdout.contains("2 < 1")
            && wrong.stdout.contains("1.0~rc1 > 1.0")
            && !wrong.stdout.contains("1 < 2\n"),
        "{}",
        wrong.stdout
    );
    check("this is no comparison\n")?.exits(2)?;
    user.run_with_input(["versions", "check", "NoSuchEcosystem"], Vec::new())?
        .exits(2)?;
    Ok(())
}

/// Whatever a schema requires is there, and nothing else than it names.
pub(crate) fn schemas() -> Outcome {
    let user = User::new()?;
    let sample = sample::image(sample::FAMILY[0]);
    for (name, arguments) in [
        ("scan", &["scan", "--format", "json", &sample][..]),
        ("images", &["images", "--json"]),
    ] {
        let schema: Value = user.run(["schema", name])?.exits(0)?.json()?;
        let output: Value = user.run(arguments)?.json()?;
        let output = output.as_object().context("not an object")?;
        let properties = schema["properties"].as_object().context("no properties")?;
        for required in schema["required"].as_array().context("nothing required")? {
            let required = required.as_str().context("not a name")?;
            ensure!(output.contains_key(required), "{name}: no `{required}`");
        }
        for key in output.keys() {
            ensure!(properties.contains_key(key), "{name}: unknown `{key}`");
        }
        ensure!(output.contains_key("schema_version"), "{name}: no version");
    }
    user.run(["schema", "no-such-output"])?.exits(2)?;
    Ok(())
}

/// As in `outcrop scan … | head`.
pub(crate) fn closed_pipe() -> Outcome {
    let user = User::new()?;
    let sample = sample::image(sample::FAMILY[2]);
    for format in ["table", "json", "cyclonedx", "spdx", "markdown", "html"] {
        let mut child = user
            .command(["scan", "--format", format, &sample])?
            .stdout(Stdio::piped())
            .spawn()?;
        drop(child.stdout.take());
        let mut said = String::new();
        let mut stderr = child.stderr.take().context("no standard error")?;
        stderr.read_to_string(&mut said)?;
        let status = wait::exit(&mut child, Duration::from_mins(1))?;
        ensure!(
            status.success() && !said.contains("panicked"),
            "{format}: {status}, {said}"
        );
    }
    Ok(())
}

/// Results go to standard output, everything else to standard error, which `--quiet` silences.
pub(crate) fn streams() -> Outcome {
    let user = User::new()?;
    let sample = sample::image(sample::FAMILY[2]);
    let ran = user
        .run(["--quiet", "scan", "--format", "json", &sample])?
        .exits(0)?;
    ran.json::<Scan>()?;
    ensure!(ran.stderr.is_empty(), "not quiet: {}", ran.stderr);
    let ran = user
        .run(["-v", "scan", "--format", "json", &sample])?
        .exits(0)?;
    ran.json::<Scan>()?;
    Ok(())
}

/// The file holds what standard output would; what cannot be written is said.
pub(crate) fn output_file() -> Outcome {
    let user = User::new()?;
    let sample = sample::image(sample::FAMILY[0]);
    let path = user.home().join("report.json").display().to_string();
    let ran = user
        .run(["scan", "--format", "json", "--output", &path, &sample])?
        .exits(0)?;
    ensure!(ran.stdout.is_empty(), "also on standard output");
    serde_json::from_str::<Scan>(&fs::read_to_string(&path)?)?;
    user.run([
        "scan",
        "--format",
        "json",
        "--output",
        "/no/such/folder/x",
        &sample,
    ])?
    .exits(3)?
    .says(&["/no/such/folder"])?;
    Ok(())
}
