use super::*;
use crate::fuzz::survives;

/// After the schema of image content manifests, with names as images of Red Hat have them.
const MANIFEST: &str = r#"{
    "metadata": {"icm_version": 1, "image_layer_index": 1},
    "from_dnf_hint": true,
    "content_sets": ["rhel-9-for-x86_64-baseos-rpms", "rhel-9-for-x86_64-appstream-rpms", 1, "two words", ""],
    "image_contents": [{"purl": "pkg:rpm/redhat/bash"}]
}"#;

fn check(content: &str, expected: &[&str], problems: &[&str]) {
    let path = "root/buildinfo/content_manifests/ubi9-container-9.4-1.json";
    let analysis = ContentSets.analyse(&CandidateFile::whole(path, content.as_bytes()));
    let Some(Observation::PackageSources(sources)) = analysis.observation else {
        panic!("no sources of {content}");
    };
    assert_eq!(sources, expected, "{content}");
    let told: Vec<&str> = analysis
        .problems
        .iter()
        .map(|problem| problem.message.as_str())
        .collect();
    assert_eq!(told, problems, "{content}");
}

#[test]
fn names_of_repositories_are_kept() {
    check(
        MANIFEST,
        &[
            "content-set rhel-9-for-x86_64-baseos-rpms",
            "content-set rhel-9-for-x86_64-appstream-rpms",
        ],
        &[],
    );
    check(r#"{"content_sets": "none"}"#, &[], &[]);
    check(
        "[",
        &[],
        &["the file is not the JSON that it should be from line 1, column 1"],
    );
}

#[test]
fn more_names_than_anybody_has_are_cut() {
    let names: Vec<String> = (0..1_002).map(|number| format!("set-{number}")).collect();
    let content = serde_json::json!({ "content_sets": names }).to_string();
    let analysis = ContentSets.analyse(&CandidateFile::whole("a", content.as_bytes()));
    let Some(Observation::PackageSources(sources)) = analysis.observation else {
        panic!("no sources");
    };
    assert_eq!(sources.len(), MAX_NAMES);
    assert_eq!(
        analysis.problems[0].message,
        "content sets beyond those that are kept: 2"
    );
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(
        &ContentSets,
        "root/buildinfo/content_manifests/a.json",
        MANIFEST.as_bytes(),
    );
}
