use super::*;
use crate::report::{Licence, SeverityCounts};
use crate::wire::{Code, WireError};

fn report() -> ScanReport {
    serde_json::from_str(include_str!("../../../tests/fixtures/report.json")).unwrap()
}

#[test]
fn text_is_escaped() {
    for (text, expected) in [
        ("libssl3", "libssl3"),
        ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"),
        ("a\u{202e}b\n", "a\\u{202e}b\\u{a}"),
    ] {
        assert_eq!(Text(text).to_string(), expected);
    }
    assert_eq!(Lines("a\n<b").to_string(), "a&#10;&lt;b");
}

/// Every text of a report is replaced by markup: the page has the same tags as before.
#[test]
fn no_text_of_an_image_is_markup() {
    const HOSTILE: &str = "\"'><script src=//evil.example></script><img src=x onerror=y>";
    fn tags(html: &str) -> Vec<&str> {
        let names = |part: &&str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        html.split('<')
            .skip(1)
            .filter(names)
            .map(|part| part.split([' ', '>']).next().unwrap_or(""))
            .collect()
    }
    fn replace(value: &mut serde_json::Value, key: &str) {
        match value {
            serde_json::Value::String(text) => {
                // Words of our own choose the form of the page.
                let own = [
                    "severity",
                    "status",
                    "apart",
                    "stage",
                    "completeness",
                    "certainty",
                    "advisories",
                    "role",
                    "state",
                    "group",
                ];
                if !own.contains(&key) {
                    *text = HOSTILE.to_owned();
                }
            }
            serde_json::Value::Array(items) => {
                for item in items {
                    replace(item, key);
                }
            }
            serde_json::Value::Object(members) => {
                for (key, item) in members {
                    replace(item, key);
                }
            }
            _ => {}
        }
    }
    let mut plain = report();
    // Addresses that are none are no links; owners decide the order of rows.
    for finding in &mut plain.findings {
        finding.references.clear();
    }
    for reference in plain
        .risk_checks
        .iter_mut()
        .flat_map(|check| &mut check.references)
    {
        reference.url = None;
    }
    let mut hostile = serde_json::to_value(&plain).unwrap();
    replace(&mut hostile, "");
    let mut hostile: ScanReport = serde_json::from_value(hostile).unwrap();
    for package in plain.packages.iter_mut().chain(&mut hostile.packages) {
        package.licences.push(Licence {
            text: HOSTILE.to_owned(),
            spdx: false,
        });
    }
    let error = |text: &str| TargetError {
        target: text.to_owned(),
        error: WireError {
            code: Code::Internal,
            message: text.to_owned(),
            hint: None,
        },
    };
    let hostile = render(&[hostile], &[error(HOSTILE)]);
    let plain = render(&[plain], &[error("x")]);
    let (mut found, mut expected) = (tags(&hostile), tags(&plain));
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(!hostile.contains("<script") && !hostile.contains("<img"));
}

#[test]
fn links_lead_to_the_web_alone() {
    let html = render(&[report()], &[]);
    let links: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(!links.is_empty());
    for link in links {
        let expected = [
            "https://security-tracker.debian.org/",
            "https://csrc.nist.gov/",
            "https://www.cisecurity.org/",
        ];
        assert!(
            expected.iter().any(|start| link.starts_with(start)),
            "{link}"
        );
    }
    assert!(!html.contains("url("));
}

#[test]
fn what_was_not_judged_is_said() {
    let mut report = report();
    let html = render(std::slice::from_ref(&report), &[]);
    assert!(html.contains("<strong>Partly judged:</strong> 4 packages"));
    assert_eq!(html.matches(">not judged</span>").count(), 2);
    report.findings.clear();
    report.counts = SeverityCounts::default();
    assert!(
        render(&[report], &[])
            .contains("No findings among what could be judged; the rest was not.")
    );
}

#[test]
fn packages_stand_under_their_owner_with_their_facts() {
    let html = render(&[report()], &[]);
    for expected in [
        "<td class=\"under\" title=\"pkg:pypi/requests@2.28.1\">requests <span class=\"muted\">part of python3-requests</span></td>",
        "<span class=\"muted\">inferred from the file&#39;s name</span>",
        "<td>Apache-2.0 OR MIT; LicenseRef-example; see the site</td>",
        "<code>app/lib/shaded-2.1.jar</code>",
    ] {
        assert!(html.contains(expected), "{expected}");
    }
}

#[test]
fn risks_stand_apart_with_place_and_remedy() {
    let html = render(&[report()], &[]);
    let (_, section) = html.split_once("<h2>Risks</h2>").unwrap();
    let (section, _) = section.split_once("<h2>").unwrap();
    let (here, inherited) = section
        .split_once("<details><summary>1 risk inherited</summary>")
        .unwrap();
    for expected in [
        "<span class=\"high\">1 high</span> <span class=\"medium\">2 medium</span> <span class=\"low\">1 low</span> <span>3 brought here</span>",
        "<code>app/.env:3</code>",
        "<td title=\"ENV A=1\">1, hidden by 2</td>",
        "<pre><code>USER 65532:65532</code></pre>",
        "as package `util-linux` installs it",
    ] {
        assert!(here.contains(expected), "{expected}");
    }
    for expected in [
        "<td>World-writable file, mode 0666: `/srv/a|b &lt;i&gt;.conf` (layer 0)</td>",
        "<code>var/log/app.log</code>: only its first",
        "<a href=\"https://csrc.nist.gov/pubs/sp/800/190/final\"",
    ] {
        assert!(inherited.contains(expected), "{expected}");
    }
    assert_eq!(section.matches("CVE-").count(), 0);
}

#[test]
fn inherited_risks_are_one_row_a_check() {
    let mut report = report();
    let twin = report.risks[2].clone();
    report.risks.push(twin);
    let html = render(&[report], &[]);
    let which = "<li>World-writable file, mode 0666: `/srv/a|b &lt;i&gt;.conf` (layer 0)</li>";
    let row = format!(
        ">World-writable file</td><td>2</td>\
         <td><details><summary>all of them</summary><ul>{which}{which}</ul></details></td>"
    );
    assert!(html.contains(&row), "{html}");
}

#[test]
fn risks_that_were_not_looked_for_are_not_none() {
    let mut report = report();
    report.risks.clear();
    report.risk_counts = crate::report::RiskCounts::default();
    let html = render(std::slice::from_ref(&report), &[]);
    assert!(html.contains("<p>No risks found: configuration, files and text of 3 layers"));
    report.risks_looked_for = false;
    assert!(render(&[report], &[]).contains("<p>Risks were not looked for.</p>"));
}
