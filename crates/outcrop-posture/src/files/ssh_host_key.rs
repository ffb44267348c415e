//! The keys by which an SSH server proves who it is.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{NIST_EMBEDDED_SECRETS, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "ssh-host-key",
    title: "SSH host key",
    group: Group::Files,
    severity: Severity::Medium,
    why: "Every container of the image has the same key, and whoever can pull the image can pose as \
          each of them.",
    remedy: "Delete the key in the instruction that makes it, and make one when a container starts.",
    containerfile: Some("RUN apt-get install -y openssh-server && rm /etc/ssh/ssh_host_*"),
    references: &[
        NIST_EMBEDDED_SECRETS,
        Reference {
            name: "sshd(8): files",
            url: "https://man.openbsd.org/sshd.8#FILES",
        },
        Reference {
            name: "CWE-321: use of hard-coded cryptographic key",
            url: "https://cwe.mitre.org/data/definitions/321.html",
        },
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| {
        let key = |start: &str, end: &str| name.starts_with(start) && name.ends_with(end);
        match folder {
            "etc/ssh" => key("ssh_host_", "_key"),
            "etc/dropbear" => key("dropbear_", "_host_key"),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn the_private_half_is_seen() {
        check_names(
            "ssh-host-key",
            &[
                "etc/ssh/ssh_host_rsa_key",
                "etc/ssh/ssh_host_ed25519_key",
                "etc/dropbear/dropbear_rsa_host_key",
            ],
            &[
                "etc/ssh/ssh_host_rsa_key.pub",
                "etc/ssh/sshd_config",
                "etc/ssh/moduli",
                "srv/ssh_host_rsa_key",
            ],
        );
        check_empty(&["etc/ssh/ssh_host_rsa_key"]);
    }
}
