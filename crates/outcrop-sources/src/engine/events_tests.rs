use super::*;

const ID: &str = "sha256:0fb499f7986883f3af6e06616f17694ae303206beda0b52870c855042e2a44f3";

/// Reads an event as the engine's stream has it: `kind image reference`.
fn check(input: &str, expected: Option<&str>) {
    let message: EventMessage = serde_json::from_str(input).unwrap();
    let found = event(message).map(|event| {
        let image = event.image.map_or("-".into(), |image| image.short());
        let name = event.reference.unwrap_or_else(|| "-".into());
        format!("{:?} {image} {name}", event.kind)
    });
    assert_eq!(found.as_deref(), expected, "{input}");
}

/// An event of type `image`.
fn image(action: &str, id: &str, name: &str) -> String {
    format!(
        r#"{{"Type":"image","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{"name":"{name}"}}}},
            "scope":"local","time":1795223059,"timeNano":1795223059970466861}}"#
    )
}

#[test]
fn events_of_both_engines_mean_the_same() {
    let bare = &ID[7..];
    // Docker
    check(&image("tag", ID, "x:1"), Some("Tagged 0fb499f79868 x:1"));
    check(&image("untag", ID, ID), Some("Untagged 0fb499f79868 -"));
    check(
        &image("pull", "alpine:3.10", "alpine"),
        Some("Pulled - alpine"),
    );
    check(&image("delete", ID, ID), Some("Removed 0fb499f79868 -"));
    check(&image("import", ID, ID), Some("Imported 0fb499f79868 -"));
    check(&image("load", ID, "x:1"), Some("Loaded 0fb499f79868 x:1"));
    check(&image("save", ID, "x:1"), None);
    check(&image("push", "x:1", "x"), None);
    // Podman: no algorithm, no ID for pulls and failed builds, other words
    check(
        &image("build", bare, "localhost/x:1"),
        Some("Built 0fb499f79868 localhost/x:1"),
    );
    check(&image("build", "", ""), Some("Built - -"));
    check(
        &image("pull", "", "docker.io/x:1"),
        Some("Pulled - docker.io/x:1"),
    );
    check(
        &image("loadfromarchive", bare, "/var/tmp/api.tar"),
        Some("Loaded 0fb499f79868 /var/tmp/api.tar"),
    );
    check(&image("remove", bare, bare), Some("Removed 0fb499f79868 -"));
}

#[test]
fn containers_matter_only_where_they_are_the_users() {
    let container = |action: &str, attributes: &str| {
        format!(
            r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"506a","Attributes":{{{attributes}}}}}}}"#
        )
    };
    let users = r#""image":"x:1","name":"web""#;
    let ours = r#""image":"x:1","name":"outcrop-peek-1","org.outcrop.peek":"1""#;
    check(&container("create", users), Some("ContainersChanged - x:1"));
    check(
        &container("destroy", users),
        Some("ContainersChanged - x:1"),
    );
    check(&container("exec_start: ls", users), None);
    for action in ["create", "archive-path", "destroy", "remove"] {
        check(&container(action, ours), None);
    }
    check(r#"{"Type":"network","Action":"create"}"#, None);
    check("{}", None);
}

#[test]
fn the_time_is_the_engines() {
    let message = serde_json::from_str(&image("tag", ID, "x:1")).unwrap();
    let time = event(message).unwrap().time.unwrap();
    assert_eq!(time.to_string(), "2026-11-21T01:04:19.970466861Z");
}
