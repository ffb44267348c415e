//! Newer local images of the base that an image is built on.

use outcrop_model::ConfigDigest;

use crate::facts::Distribution;
use crate::graph::{Graph, Node};
use crate::reference::{familiar, repository, tag};

/// Why an image is taken for a newer one of the same base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Succession {
    /// The base's own reference names it now: building again is enough.
    ReferenceMoved,
    /// It has another tag of the same form in the same repository.
    NewerTag,
}

/// A newer image of the same base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Its identity.
    pub digest: ConfigDigest,
    /// The reference under which to build on it.
    pub reference: String,
    /// Why it is taken for one.
    pub succession: Succession,
    /// What that was concluded from: sentences without a final period.
    pub evidence: Vec<String>,
}

impl Graph {
    /// Newer local images of the base that `image` is built on: the ones that the base's own
    /// reference names now first, then the newest.
    ///
    /// A successor has the platform of the image, was created later than the base, and has either
    /// the base's reference or a tag of the same form (`12.7` and `12.8`, never `12.7` and
    /// `12.8-slim`) in its repository whose numbers are not lower. Images built on `image` are
    /// left out. Nothing is said of what a successor mends: only a scan of it tells.
    pub fn newer_bases(&self, image: ConfigDigest) -> Vec<Successor> {
        let Some(node) = self.node(image) else {
            return Vec::new();
        };
        let base = node.parent().and_then(|parent| self.node(parent));
        // A base that is not here was made before the image: what is newer than the image is newer.
        let Some(since) = base.unwrap_or(node).created else {
            return Vec::new();
        };
        let mut called: Vec<&str> = node.base_names.iter().map(String::as_str).collect();
        if let Some(base) = base {
            called.extend(base.references.iter().map(String::as_str));
        }
        let built_on_it = self.descendants(image);

        let mut found: Vec<(&Node, Successor)> = self
            .nodes()
            .iter()
            .filter(|other| {
                other.platform == node.platform
                    && other.digest != image
                    && other.created.is_some_and(|created| created > since)
                    && base.is_none_or(|base| {
                        base.digest != other.digest && !base.aliases.contains(&other.digest)
                    })
                    && !built_on_it.contains(&other.digest)
            })
            .filter_map(|other| Some((other, successor(other, &called, base)?)))
            .collect();
        found.sort_by(|(a, first), (b, second)| {
            (first.succession, b.created, first.digest).cmp(&(
                second.succession,
                a.created,
                second.digest,
            ))
        });
        found.into_iter().map(|(_, successor)| successor).collect()
    }
}

fn successor(other: &Node, called: &[&str], base: Option<&Node>) -> Option<Successor> {
    let moved = other.references.iter().find(|reference| {
        called
            .iter()
            .any(|name| familiar(name) == familiar(reference))
    });
    let (succession, reference, mut evidence) = if let Some(reference) = moved {
        let sentence = format!(
            "`{reference}`, the name of the base, names {} now",
            other.digest.0.short()
        );
        (Succession::ReferenceMoved, reference, vec![sentence])
    } else {
        let (reference, older) = other.references.iter().find_map(|reference| {
            let older = called.iter().find(|name| {
                repository(name) == repository(reference)
                    && tag(name)
                        .zip(tag(reference))
                        .is_some_and(|(old, new)| is_newer_tag(old, new))
            })?;
            Some((reference, older))
        })?;
        let sentence = format!("`{reference}` is in the repository of the base `{older}`");
        (Succession::NewerTag, reference, vec![sentence])
    };
    if let (Some(created), Some(before)) = (other.created, base.and_then(|base| base.created)) {
        evidence.push(format!("it was created {created}, the base {before}"));
    }
    if let (Distribution::Found { name, .. }, Some(Distribution::Found { name: before, .. })) =
        (&other.distribution, base.map(|base| &base.distribution))
        && name != before
    {
        evidence.push(format!("it is another release: {name} instead of {before}"));
    }
    Some(Successor {
        digest: other.digest,
        reference: reference.clone(),
        succession,
        evidence,
    })
}

/// True where two tags differ in their numbers alone and the first number that differs is higher in `new`.
fn is_newer_tag(old: &str, new: &str) -> bool {
    let (old_form, old_numbers) = form(old);
    let (new_form, new_numbers) = form(new);
    old_form == new_form && new_numbers > old_numbers
}

/// A tag with its numbers replaced by `#`, and the numbers as (digits, text) without leading
/// zeros, which order as the numbers do whatever their length.
fn form(tag: &str) -> (String, Vec<(usize, &str)>) {
    let mut shape = String::new();
    let mut numbers = Vec::new();
    let mut rest = tag;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        shape.push_str(&rest[..start]);
        shape.push('#');
        let digits = &rest[start..];
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        let number = digits[..end].trim_start_matches('0');
        numbers.push((number.len(), number));
        rest = &digits[end..];
    }
    shape.push_str(rest);
    (shape, numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_tag_has_the_same_form_and_higher_numbers() {
        for (old, new, expected) in [
            ("12.7", "12.8", true),
            ("12.9", "12.10", true),
            ("12.8", "12.7", false),
            ("12.7", "12.7", false),
            ("12.7", "12.8-slim", false),
            ("bookworm-20261101", "bookworm-20261120", true),
            ("bookworm-20261101", "trixie-20261120", false),
            ("8.9-1107", "8.9-1110", true),
            ("latest", "stable", false),
            ("latest", "latest", false),
            ("99999999999999999999999", "100000000000000000000000", true),
        ] {
            assert_eq!(is_newer_tag(old, new), expected, "{old} {new}");
        }
    }
}
