//! Secrets in variables, labels, build arguments, commands and the history.
//!
//! What is a secret is decided by `conceal`, which takes the values away; here each becomes one
//! remark, at whichever of its places tells most.

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::{ConfigurationPlace, ConfigurationSecret, ImageConfig, Severity};

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::{last, last_setting, steps};
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "secret-in-configuration",
    title: "Secret in the configuration",
    group: Group::Secrets,
    severity: Severity::High,
    why: "Whoever can pull the image reads its variables, labels and history, and engines show them \
          to everyone who may inspect it. Later steps take nothing of it away.",
    remedy: "Rotate it. Then hand it to the container when it starts, or mount it while building.",
    containerfile: Some("RUN --mount=type=secret,id=NAME COMMAND"),
    references: &[
        Reference::cis_docker("CIS Docker Benchmark 1.6.0, 4.10"),
        Reference::nist_sp_800_190("NIST SP 800-190, 3.1.4: embedded clear text secrets"),
        Reference {
            name: "Docker, build secrets",
            url: "https://docs.docker.com/build/building/secrets/",
        },
        Reference {
            name: "Docker, build check SecretsUsedInArgOrEnv",
            url: "https://docs.docker.com/reference/build-checks/secrets-used-in-arg-or-env/",
        },
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let mut secrets: Vec<&ConfigurationSecret> = config.secrets.iter().flatten().collect();
    // What a container gets comes before how the build told it.
    secrets.sort_by_key(|secret| match secret.place {
        ConfigurationPlace::Environment { .. } => 0,
        ConfigurationPlace::Label { .. } => 1,
        ConfigurationPlace::Words { .. } => 2,
        ConfigurationPlace::BuildArgument { .. } => 3,
        ConfigurationPlace::History { .. } => 4,
    });
    let mut remarks: Vec<Remark> = Vec::new();
    for secret in secrets {
        // One value is one thing to rotate, wherever else it stands.
        let same = remarks
            .iter_mut()
            .find(|remark| remark.subject == secret.trace.fingerprint);
        match same {
            Some(remark) => remark.history = remark.history.or(step(config, &secret.place)),
            None => remarks.push(remark(config, secret)),
        }
    }
    remarks
}

fn remark(config: &ImageConfig, secret: &ConfigurationSecret) -> Remark {
    let kind = crate::secrets::kind(&secret.trace.kind);
    let title = kind.map_or("secret", |kind| kind.title);
    let place = match &secret.place {
        ConfigurationPlace::Environment { name } => format!("in a variable: `{}`", shown(name)),
        ConfigurationPlace::Label { name } => format!("in a label: `{}`", shown(name)),
        ConfigurationPlace::BuildArgument { name, .. } => {
            format!("in a build argument: `{}`", shown(name))
        }
        ConfigurationPlace::Words { instruction } => {
            format!("in the words of an instruction: `{}`", shown(instruction))
        }
        ConfigurationPlace::History { entry } => {
            let keyword = steps(config).nth(*entry).and_then(|step| step.keyword);
            format!(
                "in the history, in a step of: `{}`",
                keyword.map_or("?", Keyword::as_str)
            )
        }
    };
    Remark {
        message: format!("{title} {place}"),
        subject: secret.trace.fingerprint.clone(),
        severity: kind.map(|kind| kind.severity),
        history: step(config, &secret.place),
        secret: Some(secret.trace.clone()),
        ..Remark::default()
    }
}

/// The step that set it.
fn step(config: &ImageConfig, place: &ConfigurationPlace) -> Option<usize> {
    match place {
        ConfigurationPlace::Environment { name } => last_setting(config, Keyword::Env, name),
        ConfigurationPlace::Label { name } => last_setting(config, Keyword::Label, name),
        ConfigurationPlace::BuildArgument { entry, .. } | ConfigurationPlace::History { entry } => {
            Some(*entry)
        }
        ConfigurationPlace::Words { instruction } => last(config, Keyword::of(instruction)),
    }
}

#[cfg(test)]
mod tests {
    use outcrop_model::{ConfigurationPlace, ConfigurationSecret, SecretTrace};

    use super::{CHECK, look};
    use crate::configuration::{Configuration, Requirements};
    use crate::example::{image, said};

    fn secret(place: ConfigurationPlace, fingerprint: &str) -> ConfigurationSecret {
        ConfigurationSecret {
            place,
            trace: SecretTrace {
                kind: "of-no-table".to_owned(),
                first: "ab".to_owned(),
                last: "yz".to_owned(),
                fingerprint: fingerprint.to_owned(),
            },
        }
    }

    #[test]
    fn each_secret_is_told_once_at_the_step_that_set_it() {
        let mut config = image(&[
            "~ENV TOKEN=… # buildkit",
            "~LABEL key=… # buildkit",
            "RUN |1 PASSWORD=… /bin/sh -c make # buildkit",
            "~/bin/sh -c #(nop)  CMD [\"serve\" \"…\"]",
            "RUN login … # buildkit",
            "~ENV OTHER=1 TOKEN=… # buildkit",
        ]);
        let name = || "TOKEN".to_owned();
        config.secrets = Some(vec![
            secret(ConfigurationPlace::History { entry: 0 }, "1"),
            secret(ConfigurationPlace::Environment { name: name() }, "1"),
            secret(
                ConfigurationPlace::Label {
                    name: "key".to_owned(),
                },
                "2",
            ),
            secret(
                ConfigurationPlace::BuildArgument {
                    name: "PASSWORD".to_owned(),
                    entry: 2,
                },
                "3",
            ),
            secret(
                ConfigurationPlace::Words {
                    instruction: "CMD".to_owned(),
                },
                "4",
            ),
            secret(ConfigurationPlace::History { entry: 4 }, "5"),
            secret(
                ConfigurationPlace::Environment {
                    name: "ABSENT".to_owned(),
                },
                "6",
            ),
            secret(ConfigurationPlace::History { entry: 3 }, "6"),
        ]);
        assert_eq!(
            said(&CHECK, &config),
            [
                "High 1 @5: secret in a variable: `TOKEN`",
                "High 6 @3: secret in a variable: `ABSENT`",
                "High 2 @1: secret in a label: `key`",
                "High 4 @3: secret in the words of an instruction: `CMD`",
                "High 3 @2: secret in a build argument: `PASSWORD`",
                "High 5 @4: secret in the history, in a step of: `RUN`",
            ]
        );
        let configuration = Configuration {
            config: &config,
            accounts: None,
            layers: &[],
            requirements: &Requirements::default(),
        };
        assert!(
            look(&configuration)
                .iter()
                .all(|remark| remark.secret.is_some())
        );
    }

    #[test]
    fn a_configuration_that_was_not_looked_through_says_nothing() {
        assert_eq!(said(&CHECK, &image(&["~ENV TOKEN=x"])), [""; 0]);
    }
}
