//! Content that `ADD` fetched from an address.
//!
//! `BuildKit` writes the address into the history; Docker's classic builder and Buildah write the bare
//! digest of what came, where a file of the context would be `file:…`, `dir:…` or `multi:…`. None of
//! them keeps `--checksum`.

use std::collections::BTreeSet;

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::steps;
use crate::text::shown_address;

pub(crate) static CHECK: Check = Check {
    id: "add-from-url",
    title: "Content from an address",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "What a server answers today it need not answer tomorrow. Without a checksum nobody notices \
          when someone else's bytes come, and whether there was one the history does not keep.",
    remedy: "Give the checksum that the publisher tells, and fetch archives in a stage that is not \
             shipped.",
    containerfile: Some("ADD --checksum=sha256:DIGEST https://HOST/FILE /PATH"),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.9"),
        Reference::docker_practices("Docker, Building best practices, ADD or COPY"),
        Reference {
            name: "Dockerfile reference, ADD --checksum",
            url: "https://docs.docker.com/reference/dockerfile/#add---checksum",
        },
    ],
    look: Look::Configuration(look),
};

/// What an address that `ADD` fetches begins with.
const SCHEMES: [&str; 5] = ["https://", "http://", "ftp://", "git://", "git@"];

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let mut remarks: Vec<Remark> = Vec::new();
    let mut seen = BTreeSet::new();
    for step in steps(configuration.config).filter(|step| step.keyword == Some(Keyword::Add)) {
        let mut words: Vec<&str> = step
            .words()
            .filter(|word| !word.starts_with("--"))
            .map(|word| word.trim_matches(['"', '[', ']', ',']))
            .collect();
        // The last word is where it goes to.
        words.pop();
        for word in words {
            let (message, subject) = if SCHEMES.iter().any(|scheme| word.starts_with(scheme)) {
                let address = shown_address(word);
                (format!("content was fetched by ADD: `{address}`"), address)
            } else if is_digest(word) {
                let digest = &word[..12];
                (
                    format!(
                        "content of an address that the history does not keep was fetched by ADD: `{digest}…`"
                    ),
                    digest.to_owned(),
                )
            } else {
                continue;
            };
            if seen.insert(subject.clone()) {
                remarks.push(Remark {
                    message,
                    subject,
                    history: Some(step.index),
                    ..Remark::default()
                });
            }
        }
    }
    remarks
}

/// 64 hexadecimal digits.
fn is_digest(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    #[test]
    fn content_from_addresses() {
        let digest = "fae20d87e18819048ba7940405552860f307148df8255aa9bae5a38f4a9303c9";
        for (created_by, expected) in [
            (
                "ADD https://a.example/x.tgz /opt/ # buildkit".to_owned(),
                "Low https://a.example/x.tgz @1: content was fetched by ADD: `https://a.example/x.tgz`",
            ),
            (
                "ADD --chown=1:1 b https://me:word@a.example/x?token=y /opt/ # buildkit".to_owned(),
                "Low https://a.example/x @1: content was fetched by ADD: `https://a.example/x`",
            ),
            (
                format!("/bin/sh -c #(nop) ADD {digest} in /opt/ "),
                "Low fae20d87e188 @1: content of an address that the history does not keep was fetched by ADD: `fae20d87e188…`",
            ),
            (format!("/bin/sh -c #(nop) ADD file:{digest} in / "), ""),
            (format!("/bin/sh -c #(nop) ADD dir:{digest} in /x "), ""),
            (format!("/bin/sh -c #(nop) ADD multi:{digest} in /x "), ""),
            ("ADD rootfs.tar.xz / # buildkit".to_owned(), ""),
            ("ADD http /https:// # buildkit".to_owned(), ""),
            ("COPY https://a.example/x /opt/ # buildkit".to_owned(), ""),
        ] {
            let config = image(&["RUN x", &created_by, &created_by]);
            assert_eq!(said(&CHECK, &config).join("\n"), expected, "{created_by}");
        }
    }
}
