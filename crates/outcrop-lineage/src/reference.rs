//! Names of images as people and engines write them.

/// Splits a reference into repository, tag and digest.
fn split(reference: &str) -> (&str, Option<&str>, Option<&str>) {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    // A colon before the last slash belongs to the registry's port.
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag), digest),
        _ => (name, None, digest),
    }
}

/// The repository of a reference in its short form: without tag and digest, without the prefixes
/// that Docker leaves out (`docker.io/library/`, `docker.io/`) and that Podman adds to what it
/// built (`localhost/`).
pub fn repository(reference: &str) -> &str {
    let (repository, ..) = split(reference);
    ["docker.io/library/", "docker.io/", "localhost/"]
        .iter()
        .find_map(|prefix| repository.strip_prefix(prefix))
        .unwrap_or(repository)
}

/// The tag of a reference; `None` where it has none, with or without a digest.
pub(crate) fn tag(reference: &str) -> Option<&str> {
    split(reference).1
}

/// A reference in its short form with its tag, `latest` where it names neither tag nor digest:
/// equal for two spellings of one name.
pub fn familiar(reference: &str) -> String {
    let repository = repository(reference);
    match split(reference) {
        (_, Some(tag), _) => format!("{repository}:{tag}"),
        (_, None, Some(digest)) => format!("{repository}@{digest}"),
        (_, None, None) => format!("{repository}:latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_equal() {
        for (reference, expected) in [
            ("debian", "debian:latest"),
            ("docker.io/library/debian:12", "debian:12"),
            ("docker.io/team/app:1", "team/app:1"),
            ("localhost/app:1", "app:1"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("registry.example:5000/a/b:2", "registry.example:5000/a/b:2"),
            ("debian:12@sha256:ab", "debian:12"),
            ("debian@sha256:ab", "debian@sha256:ab"),
        ] {
            assert_eq!(familiar(reference), expected, "{reference}");
        }
    }

    #[test]
    fn a_port_is_not_a_tag() {
        assert_eq!(repository("localhost:5000/app"), "localhost:5000/app");
        assert_eq!(tag("localhost:5000/app"), None);
        assert_eq!(tag("localhost:5000/app:3"), Some("3"));
    }
}
