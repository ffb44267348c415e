//! The example that Outcrop began from: curl of a UBI 9 image, as Red Hat's VEX tells of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use outcrop_tests::archive::{Image, Layer};
use outcrop_tests::data;
use outcrop_tests::programs::User;
use outcrop_tests::published::Scan;
use outcrop_tests::suite::Outcome;

use crate::broken::saved;

const VULNERABILITY: &str = "CVE-2023-38545";

const REFERENCE: &str = "ubi/python:test";

const SYSTEM_9: &str =
    "ID=\"rhel\"\nVERSION_ID=\"9.3\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.3 (Plow)\"\n";

const CURL: &str = "\
Name: curl
Version: %{versioned}
Release: %{released}
Summary: A package of the tests
License: MIT
%description
Made for a test.
%package -n curl%{?flavour}
Summary: A package of the tests
%description -n curl%{?flavour}
Made for a test.
%package -n libcurl%{?flavour}
Summary: A package of the tests
%description -n libcurl%{?flavour}
Made for a test.
%files -n curl%{?flavour}
%files -n libcurl%{?flavour}
";

/// `curl` itself is the main package where there is no flavour.
const CURL_OF_8: &str = "\
Name: curl
Version: %{versioned}
Release: %{released}
Summary: A package of the tests
License: MIT
%description
Made for a test.
%package -n libcurl
Summary: A package of the tests
%description -n libcurl
Made for a test.
%files
%files -n libcurl
";

const MICRODNF: &str = "\
Name: microdnf
Version: 3.9.1
Release: 3.el9
Summary: A package of the tests
License: MIT
%description
Made for a test.
%files
";

fn run(program: &str, arguments: &[String]) -> Outcome {
    let output = Command::new(program).args(arguments).output()?;
    ensure!(
        output.status.success(),
        "`{program}`: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn define(name: &str, value: &str) -> [String; 2] {
    ["--define".to_owned(), format!("{name} {value}")]
}

/// Builds the packages of specifications and installs them into an image, with the database that
/// rpm writes.
fn image(user: &User, system: &str, specifications: &[(&str, &[(&str, &str)])]) -> Result<Image> {
    let work = user.home().join("rpm");
    let root = work.join("root");
    fs::create_dir_all(&root)?;
    let packages = work.join("built");
    for (number, (specification, values)) in specifications.iter().enumerate() {
        let file = work.join(format!("{number}.spec"));
        fs::write(&file, specification)?;
        let mut arguments = vec!["-bb".to_owned(), "--quiet".to_owned()];
        arguments.extend(define("_topdir", &work.join("top").display().to_string()));
        arguments.extend(define("_rpmdir", &packages.display().to_string()));
        for (name, value) in *values {
            arguments.extend(define(name, value));
        }
        arguments.push(file.display().to_string());
        run("rpmbuild", &arguments)?;
    }
    let mut arguments = vec!["--root".to_owned(), root.display().to_string()];
    arguments.extend(define("_dbpath", "/var/lib/rpm"));
    arguments.extend(["--install", "--nodeps", "--noscripts", "--nosignature"].map(str::to_owned));
    for folder in fs::read_dir(&packages)? {
        for package in fs::read_dir(folder?.path())? {
            arguments.push(package?.path().display().to_string());
        }
    }
    run("rpm", &arguments)?;
    let mut layer = Layer::default().file("etc/os-release", system)?;
    for name in ["rpmdb.sqlite", "rpmdb.sqlite-wal"] {
        let path = Path::new("var/lib/rpm").join(name);
        if let Ok(content) = fs::read(root.join(&path)) {
            layer = layer.file(&path.to_string_lossy(), content)?;
        }
    }
    Image::default().layer(layer)
}

/// The image that Outcrop began from.
fn image_of_9(user: &User) -> Result<Image> {
    let values = [
        ("versioned", "7.76.1"),
        ("released", "26.el9"),
        ("flavour", "-minimal"),
    ];
    image(user, SYSTEM_9, &[(CURL, &values), (MICRODNF, &[])])
}

fn scan(user: &User, image: &str) -> Result<Scan> {
    user.run(["scan", "--format", "json", image])?
        .exits(0)?
        .json()
}

fn import(user: &User) -> Outcome {
    let records = data::folder()?.join("data/redhat-vex");
    user.run(["advisories", "import", &records.display().to_string()])?
        .exits(0)?
        .prints(&["Red Hat", "redhat-vex"])?;
    Ok(())
}

/// Affected, Important, mended in a later build; said again without a scan when the records come.
pub(crate) fn curl_of_9() -> Outcome {
    let user = User::new()?;
    let image = saved(&user, &image_of_9(&user)?.docker_archive(REFERENCE)?)?;
    let before = scan(&user, &image)?;
    ensure!(!before.coverage.judged, "{:?}", before.coverage);
    import(&user)?;
    let after = scan(&user, &image)?;
    mended_later(&after, false)?;
    user.run(["explain", VULNERABILITY, &image])?
        .exits(0)?
        .prints(&[
            "affected",
            "7.76.1-26.el9_3.2",
            "upgrade curl-minimal by microdnf",
            "REDHAT-VEX-CVE-2023-38545",
            "Important",
        ])?;
    Ok(())
}

/// The same of an image that is built on it, which has it from there.
pub(crate) fn curl_of_what_is_built_on_9() -> Outcome {
    let user = User::new()?;
    import(&user)?;
    let below = image_of_9(&user)?;
    let file = saved(&user, &below.docker_archive(REFERENCE)?)?;
    mended_later(&scan(&user, &file)?, false)?;
    let above = below.layer(Layer::default().file("app/main.py", "print(1)\n")?)?;
    let file = saved(&user, &above.docker_archive("orders:test")?)?;
    let above = scan(&user, &file)?;
    let names: Vec<_> = above.ancestors.iter().map(|found| &found.name).collect();
    ensure!(
        names.iter().any(|name| name.contains(REFERENCE)),
        "built on {names:?}"
    );
    mended_later(&above, true)
}

/// Both packages are affected, Important, mended in a later build and by the tool that is there.
fn mended_later(scan: &Scan, inherited: bool) -> Outcome {
    for name in ["curl-minimal", "libcurl-minimal"] {
        let finding = scan
            .findings
            .iter()
            .find(|finding| finding.key.starts_with(&format!("{VULNERABILITY}|{name}:")))
            .with_context(|| format!("`{name}` is not affected: {:?}", scan.keys()))?;
        ensure!(
            finding.status == "fixed"
                && finding.severity == "high"
                && finding.inherited == inherited
                && finding.action == format!("upgrade {name} by microdnf")
                && finding
                    .fixed_version
                    .as_deref()
                    .is_some_and(|version| version.ends_with("7.76.1-26.el9_3.2")),
            "{finding:?}"
        );
    }
    Ok(())
}

/// Not affected, with the publisher's reason.
pub(crate) fn curl_of_8() -> Outcome {
    let user = User::new()?;
    let image = image(
        &user,
        "ID=\"rhel\"\nVERSION_ID=\"8.8\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 8.8 (Ootpa)\"\n",
        &[(
            CURL_OF_8,
            &[("versioned", "7.61.1"), ("released", "30.el8")],
        )],
    )?;
    let image = saved(&user, &image.docker_archive(REFERENCE)?)?;
    import(&user)?;
    let scan = scan(&user, &image)?;
    ensure!(
        !scan
            .findings
            .iter()
            .any(|finding| finding.key.starts_with(VULNERABILITY)),
        "{:?}",
        scan.keys()
    );
    user.run(["explain", VULNERABILITY, &image])?
        .exits(0)?
        .prints(&[
            "not affected",
            "as the publisher says",
            "vulnerable code not present",
        ])?;
    Ok(())
}
