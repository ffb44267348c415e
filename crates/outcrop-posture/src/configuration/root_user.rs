//! A container would run as root.

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::last;
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "root-user",
    title: "Runs as root",
    group: Group::Configuration,
    severity: Severity::Medium,
    why: "A process that breaks out of a container that runs as root is root outside of it, unless \
          user namespaces are in use.",
    remedy: "Create a user for the program and name it in the last stage.",
    containerfile: Some("RUN useradd --system --no-create-home --uid 65532 app\nUSER 65532:65532"),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.1"),
        Reference::nist_sp_800_190("NIST SP 800-190, 4.1.2: image configuration defects"),
        Reference::docker_practices("Docker, Building best practices, USER"),
        Reference {
            name: "hadolint DL3002",
            url: "https://github.com/hadolint/hadolint/wiki/DL3002",
        },
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    if configuration.is_windows() {
        return Vec::new();
    }
    let user = &configuration.config.user;
    let name = user.split(':').next().unwrap_or_default();
    let named_root = name == "root" || name.parse() == Ok(0_u64);
    let accounts = configuration.accounts.iter();
    let other_name = accounts
        .flat_map(|accounts| &accounts.accounts)
        .any(|account| account.name == name && account.user == 0);
    if !(name.is_empty() || named_root || other_name) {
        return Vec::new();
    }
    vec![Remark {
        message: if name.is_empty() {
            "no USER is set, so a container runs as root".to_owned()
        } else {
            format!("a container runs as root: `USER {}`", shown(user))
        },
        history: last(configuration.config, Keyword::User),
        ..Remark::default()
    }]
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::configuration::{Configuration, Requirements};
    use crate::example::{accounts, image, said_of};

    fn check(user: &str, history: &[&str], expected: &str) {
        let mut config = image(history);
        user.clone_into(&mut config.user);
        let configuration = Configuration {
            config: &config,
            accounts: Some(&accounts(&[("root", 0), ("toor", 0), ("app", 1000)])),
            layers: &[],
            requirements: &Requirements::default(),
        };
        assert_eq!(
            said_of(&CHECK, &configuration).join("\n"),
            expected,
            "{user}"
        );
    }

    #[test]
    fn users_that_are_root() {
        let none = "Medium: no USER is set, so a container runs as root";
        check("", &["/bin/sh -c make"], none);
        check("", &["~USER  # buildkit"], &none.replace(':', " @0:"));
        let root = "Medium @2: a container runs as root: `USER root`";
        let history = ["~USER app", "RUN x", "~USER root"];
        check("root", &history, root);
        for user in ["0", "00", "0:0", "root:app", "toor", "toor:1"] {
            check(
                user,
                &["~USER x"],
                &root
                    .replace("@2", "@0")
                    .replace("R root", &format!("R {user}")),
            );
        }
        for user in ["app", "1000", "1000:0", "nobody", "10"] {
            check(user, &["~USER x"], "");
        }
    }
}
