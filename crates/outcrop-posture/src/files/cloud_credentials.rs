//! What the command lines of clouds, container registries and hosts of code log in with.
//!
//! Sources: the documentation of each program, where it says in which file it keeps credentials.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_PROTECTED_CREDENTIALS, NIST_EMBEDDED_SECRETS, ends_in, named};
use crate::check::{Check, Group, Look};

pub(crate) static CHECK: Check = Check {
    id: "cloud-credentials",
    title: "Credentials for a cloud or a registry",
    group: Group::Files,
    severity: Severity::High,
    why: "Such a file holds the keys or tokens with which a program logs in. Whoever can pull the \
          image has them, also where a later layer deletes the file.",
    remedy: "Rotate the keys. Then keep the file out of the build context, and mount it while \
             building.",
    containerfile: Some("RUN --mount=type=secret,id=aws,target=/root/.aws/credentials COMMAND"),
    references: &[NIST_EMBEDDED_SECRETS, CWE_PROTECTED_CREDENTIALS],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| match name {
        "credentials" => ends_in(folder, ".aws"),
        "accessTokens.json"
        | "msal_token_cache.json"
        | "msal_token_cache.bin"
        | "service_principal_entries.json"
        | "service_principal_entries.bin" => ends_in(folder, ".azure"),
        "credentials.db" | "access_tokens.db" | "application_default_credentials.json" => {
            ends_in(folder, ".config/gcloud")
        }
        // Of Docker and of Podman.
        "config.json" => ends_in(folder, ".docker"),
        "auth.json" => ends_in(folder, ".config/containers"),
        "config" => ends_in(folder, ".oci"),
        "config.yaml" => ends_in(folder, ".config/doctl"),
        "hosts.yml" => ends_in(folder, ".config/gh"),
        "rclone.conf" => ends_in(folder, ".config/rclone"),
        "credentials.tfrc.json" => ends_in(folder, ".terraform.d"),
        ".dockercfg"
        | ".s3cfg"
        | ".boto"
        | ".vault-token"
        | "terraform.tfstate"
        | "terraform.tfstate.backup" => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn credentials_are_told_from_other_settings() {
        check_names(
            "cloud-credentials",
            &[
                "root/.aws/credentials",
                "home/ann/.azure/msal_token_cache.json",
                "root/.config/gcloud/application_default_credentials.json",
                "root/.config/gcloud/credentials.db",
                "root/.docker/config.json",
                "root/.config/containers/auth.json",
                "root/.oci/config",
                "root/.config/doctl/config.yaml",
                "root/.config/gh/hosts.yml",
                "root/.config/rclone/rclone.conf",
                "root/.terraform.d/credentials.tfrc.json",
                "root/.dockercfg",
                "root/.s3cfg",
                "root/.boto",
                "srv/terraform.tfstate",
            ],
            &[
                "root/.aws/config",
                "root/.azure/config",
                "root/.config/gcloud/configurations/config_default",
                "srv/config.json",
                "srv/credentials",
                "root/.config/gh/config.yml",
                "etc/containers/registries.conf",
                "srv/examples/terraform.tfstate",
                "srv/x.aws/credentials",
            ],
        );
        check_empty(&["root/.aws/credentials", "root/.docker/config.json"]);
    }
}
