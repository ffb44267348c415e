//! A sample of every kind, in files as they are written: all are told, once each, at their line.

use super::*;

/// Fails with every kind that is not told once, by itself, at `line`.
fn check_all(
    what: &str,
    seed: u64,
    block: usize,
    file: impl Fn(&Sample) -> (String, Vec<u8>, u32),
) {
    let mut wrong = Vec::new();
    for (kind, sample) in every_sample(seed) {
        let (path, content, line) = file(&sample);
        let told = told_in_blocks(&path, &content, block);
        if told != [(kind.to_owned(), line)] {
            wrong.push(format!("{kind} at line {line}: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{what}, seed {seed}: {wrong:#?}");
}

const WHOLE: usize = usize::MAX;

#[test]
fn there_are_at_least_eighty_kinds_with_names_of_their_own() {
    let ids: BTreeSet<&str> = table::rules().map(|rule| rule.kind.id).collect();
    let titles: BTreeSet<&str> = table::rules().map(|rule| rule.kind.title).collect();
    assert!(ids.len() >= 80, "{}", ids.len());
    assert_eq!(ids.len(), table::rules().count());
    assert_eq!(titles.len(), ids.len());
}

#[test]
fn every_kind_is_told_on_a_line_of_its_own() {
    for seed in 1..=8 {
        check_all("a line of its own", seed, WHOLE, |sample| {
            (
                sample.path.into(),
                format!("# settings\n\n{}\n# end\n", sample.text).into(),
                { 3 + lines_before_value(sample) },
            )
        });
    }
}

#[test]
fn every_kind_is_told_between_the_line_ends_of_windows() {
    check_all("CRLF", 11, WHOLE, |sample| {
        let text = sample.text.replace('\n', "\r\n");
        (
            sample.path.into(),
            format!("# settings\r\n{text}\r\n").into(),
            2 + lines_before_value(sample),
        )
    });
}

#[test]
fn every_kind_is_told_at_the_end_without_a_line_end() {
    check_all("no line end", 12, WHOLE, |sample| {
        (
            sample.path.into(),
            format!("a\nb\n{}", sample.text).into(),
            3 + lines_before_value(sample),
        )
    });
}

#[test]
fn every_kind_is_told_in_the_middle_of_a_large_file() {
    let filler = "# nothing of note on this line, and on the next one neither\n".repeat(8_000);
    check_all("a large file", 13, 256 * 1024, |sample| {
        let content = format!("{filler}{}\n{filler}", sample.text);
        (
            sample.path.into(),
            content.into(),
            8_001 + lines_before_value(sample),
        )
    });
}

#[test]
fn every_kind_is_told_across_the_borders_of_blocks() {
    // Blocks that are no multiple of anything, so that their borders fall into most samples.
    for (block, before) in [(97, 300), (65_536 + 11, 65_500), (70_001, 69_900)] {
        let filler = format!("{}\n", "- ".repeat(before / 2));
        check_all("borders", 14, block, |sample| {
            let content = format!("{filler}{}\n{filler}", sample.text);
            (
                sample.path.into(),
                content.into(),
                2 + lines_before_value(sample),
            )
        });
    }
}

#[test]
fn every_kind_is_told_in_utf_16() {
    for (mark, big) in [(true, false), (true, true), (false, false), (false, true)] {
        check_all("UTF-16", 15, 1_001, |sample| {
            let text = format!("# settings of the app\n{}\n", sample.text);
            let mark = mark.then_some(0xfeff);
            let bytes = mark
                .into_iter()
                .chain(text.encode_utf16())
                .flat_map(|unit| {
                    if big {
                        unit.to_be_bytes()
                    } else {
                        unit.to_le_bytes()
                    }
                })
                .collect();
            (sample.path.into(), bytes, 2 + lines_before_value(sample))
        });
    }
}

/// Files as programs and people write them; `@` stands for the value, the number is its line.
const FORMS: &[(&str, &str, u32)] = &[
    ("app/.env", "MODE=prod\nSERVICE_VALUE=@\nPORT=80\n", 2),
    ("app/.env", "SERVICE_VALUE=\"@\"\n", 1),
    ("app/values.yaml", "service:\n  value: @\n  port: 80\n", 2),
    ("app/values.yml", "service:\n  - 'x'\n  - '@'\n", 3),
    (
        "app/settings.json",
        "{\n  \"port\": 80,\n  \"value\": \"@\",\n  \"x\": 1\n}\n",
        3,
    ),
    (
        "app/app.min.json",
        "{\"port\":80,\"value\":\"@\",\"x\":[1,2]}",
        1,
    ),
    ("app/app.ini", "[service]\nvalue = @\n; end\n", 2),
    (
        "app/web.config",
        "<a>\n<add key=\"v\" value=\"@\"/>\n</a>\n",
        2,
    ),
    ("app/pom.xml", "<a>\n<value>@</value>\n</a>\n", 2),
    ("app/start.sh", "#!/bin/sh\nexport VALUE='@'\nexec app\n", 2),
    (
        "app/start.sh",
        "#!/bin/sh\ncurl -H \"Authorization: Bearer @\" \"$URL\"\n",
        2,
    ),
    ("app/Dockerfile", "FROM base\nENV VALUE=@ MODE=prod\n", 2),
    (
        "app/Dockerfile",
        "FROM base\nRUN build --value @ && rm -rf /tmp/x\n",
        2,
    ),
    ("app/main.py", "import os\n\nVALUE = \"@\"\n", 3),
    ("app/main.js", "const a=1,b=\"@\";c(a,b);\n", 1),
    ("app/main.go", "package main\n\nconst value = `@`\n", 3),
    (
        "srv/repo/.git/config",
        "[remote \"origin\"]\n\turl = https://git.corp.test/a?k=@&x=1\n",
        2,
    ),
    ("app/log.txt", "ok\n2026-01-01 got (@), went on\n", 2),
    ("app/log.json", "{\"message\":\"first\\n@\\nlast\"}\n", 1),
    ("etc/service", "value=@", 1),
];

#[test]
fn what_has_a_form_of_its_own_is_told_in_every_kind_of_file() {
    let mut wrong = Vec::new();
    for (kind, sample) in every_sample(16) {
        // What is told by a name or an address stands in a text of its own; keys follow below.
        if sample.text != sample.value || sample.value.contains('\n') || kind == "password-by-name"
        {
            continue;
        }
        for (path, form, line) in FORMS {
            let path = if sample.path == "app/.env" {
                "app/.env"
            } else {
                path
            };
            let content = form.replace('@', &sample.value);
            let told = told(path, content.as_bytes());
            if told != [(kind.to_owned(), *line)] {
                wrong.push(format!("{kind} in {path}, {form:?}: {told:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn keys_are_told_in_every_kind_of_file() {
    let mut wrong = Vec::new();
    for (kind, sample) in every_sample(17) {
        if !sample.value.starts_with("-----BEGIN") || kind.starts_with("gcp") {
            continue;
        }
        let key = &sample.value;
        let indented = key.replace('\n', "\n    ");
        let escaped = key.replace('\n', "\\n");
        let joined = key.replace('\n', "\\n\" +\n    \"");
        for (path, content, line) in [
            ("etc/ssl/private/app.key", format!("{key}\n"), 1),
            ("app/bundle.pem", format!("subject: app\n{key}\nmore\n"), 2),
            (
                "app/values.yaml",
                format!("tls:\n  key: |\n    {indented}\n"),
                3,
            ),
            (
                "app/settings.json",
                format!("{{\n\"key\": \"{escaped}\\n\"}}\n"),
                2,
            ),
            ("app/.env", format!("A=1\nSSH_KEY=\"{escaped}\"\n"), 2),
            ("app/.env", format!("SSH_KEY=\"{key}\"\n"), 1),
            ("app/key.js", format!("const key =\n  \"{joined}\";\n"), 2),
            (
                "app/setup.sh",
                format!("cat > /k <<EOF\r\n{}\r\nEOF\r\n", key.replace('\n', "\r\n")),
                2,
            ),
        ] {
            let told = told(path, content.as_bytes());
            if told != [(kind.to_owned(), line)] {
                wrong.push(format!("{kind} in {path}: {told:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn passwords_are_told_by_their_names() {
    let value = format!("{}!Rt9", "k7Vq2Lm");
    for (path, form, line) in [
        ("app/.env", "DB_PASSWORD=@\n", 1),
        ("app/.env", "export API_TOKEN='@'\n", 1),
        (
            "app/application.properties",
            "a=b\nspring.datasource.password=@\n",
            2,
        ),
        ("app/application.yml", "db:\n  password: \"@\"\n", 2),
        (
            "app/appsettings.json",
            "{ \"Smtp\": { \"Password\": \"@\" } }",
            1,
        ),
        ("app/settings.py", "SECRET_KEY = '@'\n", 1),
        (
            "var/www/wp-config.php",
            "<?php\ndefine('DB_PASSWORD', '@');\n",
            2,
        ),
        ("etc/app.conf", "[db]\npassword = @\n", 2),
        (
            "app/web.config",
            "<add key=\"ApiSecret\" value=\"@\" />\n",
            1,
        ),
        ("app/pom.xml", "<password>@</password>", 1),
        ("app/deploy.sh", "mytool --password @ --host x\n", 1),
        ("app/Dockerfile", "ENV DB_PASSWORD @\n", 1),
        ("app/app.toml", "client_secret = \"@\"\n", 1),
    ] {
        let content = form.replace('@', &value);
        assert_eq!(
            told(path, content.as_bytes()),
            [("password-by-name".to_owned(), line)],
            "{path}: {form}"
        );
    }
}

#[test]
fn a_file_with_one_of_each_kind_has_them_all() {
    let mut content = String::new();
    let mut expected = BTreeSet::new();
    for (kind, sample) in every_sample(18) {
        if sample.path == "app/settings.txt" {
            content += &sample.text;
            content += "\n\n--\n\n";
            expected.insert(kind);
        }
    }
    let told = told_in_blocks("app/settings.txt", content.as_bytes(), 10_000);
    let kinds: BTreeSet<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    let missing: Vec<_> = expected.difference(&kinds).collect();
    if expected.len() <= MAX_SECRETS_IN_FILE {
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(told.len(), expected.len(), "{told:?}");
    } else {
        assert_eq!(told.len(), MAX_SECRETS_IN_FILE);
    }
}

#[test]
fn what_is_told_holds_no_more_than_the_ends_of_the_value() {
    for (kind, sample) in every_sample(19) {
        let content = format!("# settings\n{}\n", sample.text);
        let inspection = inspected(sample.path, content.as_bytes(), WHOLE);
        let said = format!("{inspection:?}");
        for line in sample
            .value
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with("-----"))
        {
            assert!(!said.contains(line), "{kind}");
        }
        let secret = inspection.sightings[0].secret.as_ref().expect("a secret");
        assert_eq!(secret.fingerprint.len(), 16);
        assert!(secret.first.chars().count() <= 2 && secret.last.chars().count() <= 2);
    }
}

#[test]
fn a_fingerprint_stands_for_one_kind_place_and_value() {
    use crate::secrets::trace::trace;
    let one = trace("kind", "a/path", b"value-of-some-length");
    assert_eq!(one, trace("kind", "a/path", b"value-of-some-length"));
    for other in [
        trace("other", "a/path", b"value-of-some-length"),
        trace("kind", "another", b"value-of-some-length"),
        trace("kind", "a/path", b"value-of-some-lengtH"),
    ] {
        assert_ne!(one.fingerprint, other.fingerprint);
    }
    assert_eq!((one.first.as_str(), one.last.as_str()), ("va", "th"));
    assert_eq!(trace("kind", "p", b"elevenchars").first, "");
}

fn lines_before_value(sample: &Sample) -> u32 {
    let at = sample
        .text
        .find(&sample.value)
        .expect("the value is in its text");
    sample.text[..at].matches('\n').count() as u32
}
