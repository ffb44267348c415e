//! Image names as engines write them, and the one form that makes them comparable.
//!
//! Rules: `distribution/reference`, `normalize.go` and `regexp.go` (the first component is a
//! registry if it holds `.` or `:`, is `localhost`, or has an upper-case letter).

use super::error::EngineError;

/// Longer texts are no reference: a repository has at most 255 characters, a tag 128, a digest 71.
const MAX_REFERENCE_LENGTH: usize = 500;

/// `reference` with registry, `library/` and tag written out: `x` → `docker.io/library/x:latest`.
///
/// Names under another registry, `localhost` included, only get their tag. A name with a digest
/// keeps what it has.
pub fn normalized(reference: &str) -> String {
    let (name, digest) = match reference.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (reference, None),
    };
    let (repository, tag) = split_tag(name);
    let mut text = match repository.split_once('/') {
        Some((first, rest)) if is_registry(first) => {
            let registry = if first == "index.docker.io" {
                "docker.io"
            } else {
                first
            };
            if registry == "docker.io" && !rest.contains('/') {
                format!("{registry}/library/{rest}")
            } else {
                format!("{registry}/{rest}")
            }
        }
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    };
    match (tag, digest) {
        (Some(tag), _) => text = format!("{text}:{tag}"),
        (None, None) => text.push_str(":latest"),
        (None, Some(_)) => {}
    }
    if let Some(digest) = digest {
        text = format!("{text}@{digest}");
    }
    text
}

/// The full names that a user may mean by `reference`, likeliest first.
///
/// Docker calls a local image `x:1`, Podman calls the same build `localhost/x:1`: each stands for
/// the other.
pub fn candidates(reference: &str) -> Vec<String> {
    let full = normalized(reference);
    if let Some(rest) = reference.strip_prefix("localhost/") {
        return vec![full, normalized(rest)];
    }
    if let Some(rest) = full.strip_prefix("docker.io/") {
        let short = rest.strip_prefix("library/").unwrap_or(rest);
        let local = format!("localhost/{short}");
        return vec![full, local];
    }
    vec![full]
}

/// Repository and tag of a name without a digest.
pub(super) fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (name, None),
    }
}

fn is_registry(component: &str) -> bool {
    component == "localhost"
        || component.contains(['.', ':'])
        || component.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// `reference` if it may stand in the path of a request.
///
/// A name becomes part of a URL: what is not of its alphabet, or walks upwards, is refused here.
pub(super) fn checked(reference: &str) -> Result<&str, EngineError> {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@+".contains(&byte);
    let sound = !reference.is_empty()
        && reference.len() <= MAX_REFERENCE_LENGTH
        && reference.bytes().all(alphabet)
        && reference
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    if sound {
        Ok(reference)
    } else {
        Err(EngineError::BadReference {
            reference: reference.chars().take(200).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_out_in_full() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let check =
            |input: &str, expected: &str| assert_eq!(normalized(input), expected, "{input}");
        check("x", "docker.io/library/x:latest");
        check("x:1", "docker.io/library/x:1");
        check("lab/x:1", "docker.io/lab/x:1");
        check("docker.io/x", "docker.io/library/x:latest");
        check("index.docker.io/lab/x:1", "docker.io/lab/x:1");
        check("localhost/x:1", "localhost/x:1");
        check("localhost:5000/x", "localhost:5000/x:latest");
        check("ghcr.io/a/b/c:2", "ghcr.io/a/b/c:2");
        check("Upper/x:1", "Upper/x:1");
        check(
            &format!("x@{digest}"),
            &format!("docker.io/library/x@{digest}"),
        );
        check(
            &format!("x:1@{digest}"),
            &format!("docker.io/library/x:1@{digest}"),
        );
    }

    #[test]
    fn short_names_of_both_engines_stand_for_each_other() {
        let check =
            |input: &str, expected: &[&str]| assert_eq!(candidates(input), expected, "{input}");
        check("x:1", &["docker.io/library/x:1", "localhost/x:1"]);
        check("localhost/x:1", &["localhost/x:1", "docker.io/library/x:1"]);
        check(
            "docker.io/library/x:1",
            &["docker.io/library/x:1", "localhost/x:1"],
        );
        check(
            "lab/x",
            &["docker.io/lab/x:latest", "localhost/lab/x:latest"],
        );
        check("ghcr.io/x:1", &["ghcr.io/x:1"]);
    }

    #[test]
    fn texts_that_would_change_a_request_are_refused() {
        for text in [
            "",
            "a b",
            "../containers/json",
            "a//b",
            "a?x=1",
            "a/./b",
            "a%2e",
            "é",
            "/a",
        ] {
            assert!(checked(text).is_err(), "{text}");
        }
        for text in [
            "x",
            "ghcr.io/a/b:1",
            "sha256:abc",
            "x@sha256:00",
            "localhost:5000/x",
        ] {
            assert!(checked(text).is_ok(), "{text}");
        }
        assert!(checked(&"a".repeat(501)).is_err());
    }
}
