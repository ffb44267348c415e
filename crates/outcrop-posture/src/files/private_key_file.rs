//! Private keys, by the names under which programs keep them.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_PROTECTED_CREDENTIALS, NIST_EMBEDDED_SECRETS, ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "private-key-file",
    title: "Private key",
    group: Group::Files,
    severity: Severity::High,
    why: "Whoever can pull the image has the key, also where a later layer deletes the file.",
    remedy: "Rotate it. Then keep it out of the build context, and mount it while building.",
    containerfile: Some("RUN --mount=type=ssh COMMAND"),
    references: &[
        NIST_EMBEDDED_SECRETS,
        CWE_PROTECTED_CREDENTIALS,
        Reference {
            name: "ssh-keygen(1): files",
            url: "https://man.openbsd.org/ssh-keygen.1#FILES",
        },
    ],
    look: Look::Entry(look),
};

/// Not every `*.key` and `*.pem`: most are public keys and certificates, and the search through
/// contents knows the others.
fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| {
        let Some((stem, extension)) = name.rsplit_once('.') else {
            return matches!(
                name,
                "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" | "id_ecdsa_sk" | "id_ed25519_sk"
            );
        };
        match extension {
            "p12" | "pfx" | "ppk" | "keytab" => !stem.is_empty(),
            "key" => {
                matches!(folder, "etc/ssl/private" | "etc/pki/tls/private")
                    || ends_in(folder, ".gnupg/private-keys-v1.d")
            }
            "pem" => stem == "privkey",
            "gpg" => stem == "secring",
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn keys_are_told_from_what_is_public() {
        check_names(
            "private-key-file",
            &[
                "root/.ssh/id_rsa",
                "srv/deploy/id_ed25519",
                "id_ecdsa",
                "etc/ssl/private/server.key",
                "etc/letsencrypt/live/example.org/privkey.pem",
                "srv/store.p12",
                "etc/krb5.keytab",
                "root/.gnupg/private-keys-v1.d/0123456789ABCDEF.key",
                "root/.gnupg/secring.gpg",
            ],
            &[
                "root/.ssh/id_rsa.pub",
                "root/.ssh/known_hosts",
                "root/.ssh/authorized_keys",
                "usr/bin/id_rsa_check",
                "etc/ssl/certs/ca-certificates.pem",
                "etc/apt/trusted.gpg.d/example.gpg",
                "etc/apt/keyrings/example.key",
                "etc/apk/keys/example.rsa.pub",
                "usr/share/keyrings/example.gpg",
                "srv/node_modules/x/id_rsa",
                "srv/tests/certs/store.p12",
                "usr/lib/python3/dist-packages/x/id_rsa",
                "usr/share/doc/x/examples/id_rsa",
            ],
        );
        check_empty(&["root/.ssh/id_rsa"]);
    }
}
