//! What programs keep to log in to registries of packages.

use outcrop_image::EntryFacts;
use outcrop_model::Severity;

use super::{CWE_PROTECTED_CREDENTIALS, NIST_EMBEDDED_SECRETS, ends_in, named};
use crate::check::{Check, Group, Look, Reference};

pub(crate) static CHECK: Check = Check {
    id: "registry-credentials",
    title: "Credentials for a package registry",
    group: Group::Files,
    severity: Severity::Medium,
    why: "Such a file usually holds a token with which packages can be read, often written, in its \
          owner's name. Whoever can pull the image has it, also where a later layer deletes the file.",
    remedy: "Rotate the token. Then keep the file out of the build context, and mount it while \
             building.",
    containerfile: Some("RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci"),
    references: &[
        NIST_EMBEDDED_SECRETS,
        CWE_PROTECTED_CREDENTIALS,
        Reference {
            name: "Docker documentation: build secrets",
            url: "https://docs.docker.com/build/building/secrets/",
        },
    ],
    look: Look::Entry(look),
};

fn look(entry: &EntryFacts<'_>) -> Option<String> {
    named(entry, |folder, name| match name {
        ".npmrc" | ".pypirc" => true,
        "credentials" => ends_in(folder, ".gem") || ends_in(folder, ".cargo"),
        "credentials.toml" => ends_in(folder, ".cargo"),
        "auth.json" => ends_in(folder, ".composer") || ends_in(folder, ".config/composer"),
        "settings-security.xml" => ends_in(folder, ".m2"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use crate::files::fixture::{check_empty, check_names};

    #[test]
    fn the_files_of_each_package_manager_are_seen() {
        check_names(
            "registry-credentials",
            &[
                "root/.npmrc",
                "app/.npmrc",
                "root/.pypirc",
                "root/.gem/credentials",
                "root/.cargo/credentials.toml",
                "root/.composer/auth.json",
                "home/ann/.config/composer/auth.json",
                "root/.m2/settings-security.xml",
            ],
            &[
                "usr/local/lib/node_modules/npm/.npmrc",
                "usr/local/lib/node_modules/npm/npmrc",
                "etc/npmrc",
                "srv/credentials",
                "srv/auth.json",
                "root/.cargo/config.toml",
                "root/.m2/settings.xml",
            ],
        );
        check_empty(&["root/.npmrc", "root/.pypirc"]);
    }
}
