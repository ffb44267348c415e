use super::*;
use crate::findings::described;
use crate::fuzz::survives;

const INSTALLED: &str = "\
Package: jsonlite
Version: 1.8.4
Title: A Parser
License: MIT + file LICENSE
Depends: methods
Description: Reads
    Version: 9 is no field here.
NeedsCompilation: yes
Built: R 4.2.2; x86_64-pc-linux-gnu; 2023-01-20 18:24:23 UTC; unix
";

fn check(content: &str, packages: &[&str]) {
    let path = "usr/lib/R/site-library/jsonlite/DESCRIPTION";
    let analysis = RPackage.analyse(&CandidateFile::whole(path, content.as_bytes()));
    assert_eq!(described(&analysis).0, packages, "{content}");
}

#[test]
fn what_was_built_is_installed() {
    check(
        INSTALLED,
        &["cran jsonlite 1.8.4 in usr/lib/R/site-library (MIT)"],
    );
    check(INSTALLED.split("Built").next().unwrap(), &[]);
    check("Package: x\nBuilt: R\n", &[]);
}

#[test]
fn licences_of_r_become_expressions() {
    for (field, expected) in [
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("GPL (>= 2) | MIT + file LICENSE", "GPL-2.0-or-later OR MIT"),
        ("Apache License 2.0", "Apache-2.0"),
    ] {
        assert_eq!(
            licence(field),
            [Licence::Spdx(expected.to_owned())],
            "{field}"
        );
    }
    let verbatim = "Part of R 4.2.2";
    assert_eq!(licence(verbatim), [Licence::Verbatim(verbatim.to_owned())]);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&RPackage, "a/DESCRIPTION", INSTALLED.as_bytes());
}
