use super::*;

/// Licences with `“…”` around those that are no expression, and problems.
fn read(content: &[u8], whole: bool) -> (Vec<String>, Vec<String>) {
    let analysis = analyse(&CandidateFile {
        whole,
        ..CandidateFile::whole("usr/share/doc/a/copyright", content)
    });
    let shown = |licence: &Licence| match licence {
        Licence::Spdx(expression) => expression.clone(),
        Licence::Verbatim(text) => format!("“{text}”"),
    };
    let licences = match &analysis.observation {
        Some(Observation::Licences(licences)) => licences.iter().map(shown).collect(),
        _ => Vec::new(),
    };
    let problems = analysis.problems.into_iter();
    (licences, problems.map(|problem| problem.message).collect())
}

fn check(content: &str, expected: &[&str]) {
    let (licences, problems) = read(content.as_bytes(), true);
    assert_eq!(licences, expected, "{content}");
    assert_eq!(problems, [""; 0], "{content}");
}

fn check_field(value: &str, expected: &str) {
    check(
        &format!("Format: x\n\nFiles: *\nLicense: {value}\n"),
        &[expected],
    );
}

#[test]
fn a_zero_at_the_end_of_a_version_makes_no_difference() {
    check_field("MPL-2", "MPL-2.0");
    check_field("BSL-1 or PSF-2.0", "BSL-1.0 OR PSF-2.0");
    check_field("GPL-2", "GPL-2.0-only");
    check_field("LGPL-2+", "LGPL-2.0-or-later");
}

#[test]
fn fields_of_files_are_licences_in_their_order() {
    check(
        "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: a

Files: *
Copyright: 2020 A
License: GPL-2+
 On Debian systems the text is in /usr/share/common-licenses/GPL-2.

Files: b.c
Copyright: 2020 B
License: Expat

Files: debian/*
license: GPL-2+

License: BSD-3-clause
 Text.
",
        &["GPL-2.0-or-later", "MIT"],
    );
}

#[test]
fn the_header_may_name_the_licence_of_the_whole() {
    check(
        "Format: x\nLicense: ISC\n\nLicense: GPL-2+\n text\n",
        &["ISC"],
    );
    check("\u{feff}Format: x\r\nLicense: ISC\r\n", &["ISC"]);
}

#[test]
fn without_files_the_texts_are_what_applies() {
    check("Format: x\n\nLicense: ISC\n text\n", &["ISC"]);
}

#[test]
fn without_a_header_fields_are_text() {
    check("This is a.\n\nLicense: see below\n", &[]);
    check("Files: *\nLicense: Permission is hereby granted,\n", &[]);
}

#[test]
fn short_names_become_expressions() {
    check_field("GPL-2", "GPL-2.0-only");
    check_field("LGPL-2.1+", "LGPL-2.1-or-later");
    check_field("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later");
    check_field("GFDL-NIV-1.2", "GFDL-1.2-no-invariants-only");
    check_field("BSD-4-clause", "BSD-4-Clause");
    check_field("BSD-3-clause", "BSD-3-Clause");
    check_field("ZLIB", "Zlib");
    check_field("Expat", "MIT");
    check_field("CC0", "CC0-1.0");
}

#[test]
fn words_and_commas_join_names() {
    check_field(
        "GPL-1+ or Artistic",
        "GPL-1.0-or-later OR Artistic-1.0-Perl",
    );
    check_field("GPL-3+ and ISC", "GPL-3.0-or-later AND ISC");
    check_field(
        "GPL-1+ or Artistic, and Expat",
        "(GPL-1.0-or-later OR Artistic-1.0-Perl) AND MIT",
    );
    check_field("ISC, and MIT, or Zlib", "(ISC AND MIT) OR Zlib");
    check_field(
        "(ISC or MIT) and BSD-2-clause",
        "(ISC OR MIT) AND BSD-2-Clause",
    );
    check_field("ISC, MIT or Zlib", "“ISC, MIT or Zlib”");
}

#[test]
fn what_is_not_known_stays_as_it_is() {
    for value in [
        "public-domain",
        "BSD-3-clause~Google",
        "GPL-2+ with OpenSSL exception",
        "REGCOMP, and GPL-1+ or Artistic",
        "GPL",
        "Apache",
        "MIT/X11",
        "Expat or Custom",
        "( )",
        ", and",
    ] {
        check_field(value, &format!("“{value}”"));
    }
}

#[test]
fn free_text_names_common_licences() {
    check(
        "\
On Debian systems, the text is in `/usr/share/common-licenses/GPL-2'.
Or /usr/share/common-licenses/Artistic, /usr/share/common-licenses/GPL-2 again,
/usr/share/common-licenses/Apache-2.0. And /usr/share/common-licenses/BSD.
Others are in /usr/share/common-licenses/.
",
        &["“GPL-2”", "Artistic-1.0-Perl", "Apache-2.0", "“BSD”"],
    );
    // A field that says nothing leaves the text to speak.
    check(
        "Format: x\n\nFiles: *\nLicense:\n see /usr/share/common-licenses/LGPL-3\n",
        &["“LGPL-3”"],
    );
    check("Do what you like.\n", &[]);
    check("", &[]);
}

#[test]
fn no_more_than_the_limits() {
    let many: Vec<String> = (0..=MAX_LICENCES)
        .map(|number| format!("Format: x\nFiles: *\nLicense: own-{number}\n\n"))
        .collect();
    let (licences, problems) = read(many.concat().as_bytes(), true);
    assert_eq!(licences.len(), MAX_LICENCES);
    assert_eq!(
        problems,
        ["the copyright of the package has more licences than are read: 500"]
    );
    let (licences, problems) = read(b"Format: x\nFiles: *\nLicense: ISC\n", false);
    assert_eq!(licences, ["ISC"]);
    assert_eq!(
        problems,
        ["the copyright of the package goes on beyond what is read"]
    );
    let long = ["Format: x\nLicense: ", &"(x, and ".repeat(10_000)].concat();
    let (licences, _) = read(long.as_bytes(), true);
    assert_eq!(licences.len(), 1);
    assert!(licences[0].len() < 600);
}

#[test]
fn text_that_is_not_utf8_is_read_all_the_same() {
    let (licences, problems) = read(
        b"Format: x\nFiles: *\nCopyright: \xe9\nLicense: ISC\n",
        true,
    );
    assert_eq!(licences, ["ISC"]);
    assert_eq!(problems, [""; 0]);
}
