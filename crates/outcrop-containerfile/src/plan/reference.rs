//! Image references, taken apart as `distribution/reference` does.

use std::ops::Range;

/// A reference with the places of its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    text: String,
    name_end: usize,
    tag: Option<Range<usize>>,
    digest: Option<Range<usize>>,
}

impl Reference {
    /// Takes a reference apart; none where it has characters that no reference has.
    pub(super) fn read(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@+[]".contains(&byte);
        if text.is_empty() || !text.bytes().all(allowed) {
            return None;
        }
        let digest = text.find('@').map(|at| at + 1..text.len());
        let before_digest = digest
            .as_ref()
            .map_or(text.len(), |digest| digest.start - 1);
        let last_part = text[..before_digest].rfind('/').map_or(0, |at| at + 1);
        let tag = text[last_part..before_digest]
            .find(':')
            .map(|at| last_part + at + 1..before_digest);
        let name_end = tag.as_ref().map_or(before_digest, |tag| tag.start - 1);
        let sound_digest = digest
            .as_ref()
            .is_none_or(|digest| text[digest.clone()].contains(':'));
        let sound_tag = tag
            .as_ref()
            .is_none_or(|tag| !tag.is_empty() && !text[tag.clone()].contains(':'));
        (name_end > 0 && sound_digest && sound_tag).then(|| Self {
            text: text.to_owned(),
            name_end,
            tag,
            digest,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.text[..self.name_end]
    }

    pub(super) fn tag(&self) -> Option<&str> {
        self.tag.clone().map(|tag| &self.text[tag])
    }

    pub(super) fn digest(&self) -> Option<&str> {
        self.digest.clone().map(|digest| &self.text[digest])
    }

    /// Where the tag and the digest stand, their marks included; empty at the end where there is
    /// neither.
    pub(super) fn version_range(&self) -> Range<usize> {
        self.name_end..self.text.len()
    }

    /// The name with what Docker's short forms leave out.
    pub(super) fn full_name(&self) -> String {
        let name = self.name();
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, rest)
            }
            _ => ("docker.io", name),
        };
        let host = if host == "index.docker.io" {
            "docker.io"
        } else {
            host
        };
        let library = if host == "docker.io" && !path.contains('/') {
            "library/"
        } else {
            ""
        };
        format!("{host}/{library}{path}")
    }

    /// Whether both can mean the same image: the same name, and the same digest where both have one,
    /// else the same tag.
    pub(super) fn means(&self, other: &Self) -> bool {
        let versions = match (self.digest(), other.digest()) {
            (Some(own), Some(other)) => own == other,
            (None, None) => self.tag().unwrap_or("latest") == other.tag().unwrap_or("latest"),
            _ => match (self.tag(), other.tag()) {
                (Some(own), Some(other)) => own == other,
                _ => true,
            },
        };
        self.full_name() == other.full_name() && versions
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn references_come_apart() {
        for (text, expected) in [
            ("debian", "docker.io/library/debian - -"),
            ("debian:12", "docker.io/library/debian 12 -"),
            (
                "docker.io/library/debian:12-slim",
                "docker.io/library/debian 12-slim -",
            ),
            ("localhost:5000/team/app", "localhost:5000/team/app - -"),
            ("localhost/app:1", "localhost/app 1 -"),
            ("quay.io/x/y:1@sha256:ab", "quay.io/x/y 1 sha256:ab"),
            ("x/y@sha256:ab", "docker.io/x/y - sha256:ab"),
        ] {
            let reference = Reference::read(text).unwrap();
            let shown = [
                Some(reference.full_name().as_str()),
                reference.tag(),
                reference.digest(),
            ]
            .map(|part| part.unwrap_or("-").to_owned())
            .join(" ");
            assert_eq!(shown, expected, "{text}");
        }
        for text in ["", ":1", "a b", "a\nRUN x", "a:", "a@x", "$A", "a:1:2"] {
            assert_eq!(Reference::read(text), None, "{text:?}");
        }
    }
}
