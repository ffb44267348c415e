//! Configurations with secrets in them.

use outcrop_model::{
    ConfigDigest, ConfigurationPlace, Digest, HistoryEntry, ImageConfig, Platform, RunSettings,
};

use super::*;
use crate::secrets::{conceal, conceal_url_passwords};

fn config() -> ImageConfig {
    ImageConfig {
        digest: ConfigDigest(Digest::of(b"config")),
        platform: Platform {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            variant: None,
        },
        created: None,
        user: String::new(),
        environment: vec!["PATH=/usr/bin:/bin".to_owned()],
        labels: std::collections::BTreeMap::new(),
        on_build: Vec::new(),
        entrypoint: Vec::new(),
        command: Vec::new(),
        history: Vec::new(),
        diff_ids: Vec::new(),
        run: None,
        secrets: None,
    }
}

fn step(created_by: &str) -> HistoryEntry {
    HistoryEntry {
        created_by: created_by.to_owned(),
        ..HistoryEntry::default()
    }
}

fn value(kind: &str, seed: u64) -> String {
    sample(kind, seed).expect("a kind").value
}

/// The places of the secrets, and whether the configuration holds the value no more.
fn check(config: ImageConfig, value: &str, expected: &[(ConfigurationPlace, &str)]) -> ImageConfig {
    let concealed = conceal(config);
    let secrets = concealed.secrets.clone().expect("secrets were looked for");
    let places: Vec<_> = secrets
        .iter()
        .map(|secret| (secret.place.clone(), secret.trace.kind.as_str()))
        .collect();
    assert_eq!(places, expected);
    assert!(!format!("{concealed:?}").contains(value), "{concealed:?}");
    assert_eq!(
        conceal(concealed.clone()),
        concealed,
        "concealed twice is concealed once"
    );
    concealed
}

#[test]
fn a_clean_configuration_stays_as_it_is() {
    let clean = ImageConfig {
        environment: vec![
            "PATH=/usr/local/bin:/usr/bin".to_owned(),
            "GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568".to_owned(),
            "GPG_KEYS=1198C0117593497A5EC5C199286AF1F9897469DC".to_owned(),
            "PYTHON_SHA256=8d3ed8ec5c88c1c95f5e558612a725450d2452813ddad5e58fdb1a53b1209b78".to_owned(),
            "PYTHON_GET_PIP_SHA256=7d3ed8ec5c88c1c95f5e558612a725450d2452813ddad5e58fdb1a53b1209b78"
                .to_owned(),
            "POSTGRES_PASSWORD_FILE=/run/secrets/postgres".to_owned(),
            "DB_PASSWORD=/run/secrets/db".to_owned(),
            "API_TOKEN=${TOKEN}".to_owned(),
            "NODE_VERSION=20.11.0".to_owned(),
            "SSH_PUBLIC_KEY=AAAAC3NzaC1lZDI1NTE5AAAAIJ0000".to_owned(),
            "AWS_ACCESS_KEY_ID_NAME=app".to_owned(),
            "TOKENIZERS_PARALLELISM=false".to_owned(),
            "KEY_VERSION=12".to_owned(),
            "PASSWORD=".to_owned(),
        ],
        history: vec![
            step("/bin/sh -c #(nop) ADD file:0123456789abcdef0123456789abcdef in / "),
            step("RUN |1 VERSION=1.2.3 /bin/sh -c apt-get update && apt-get install -y curl # buildkit"),
            step("ENV GPG_KEY=E3FF2839C048B25C084DEBE9B26995E310250568"),
            step("RUN /bin/sh -c echo \"$DB_PASSWORD\" | passwd --stdin app # buildkit"),
            step("LABEL org.opencontainers.image.revision=8d3ed8ec5c88c1c95f5e558612a725450d245281"),
        ],
        ..config()
    };
    let concealed = conceal(clean.clone());
    assert_eq!(
        concealed,
        ImageConfig {
            secrets: Some(Vec::new()),
            ..clean
        }
    );
}

#[test]
fn a_variable_is_listed_once_and_gone_from_its_step() {
    let token = value("github-personal-access-token", 1);
    let concealed = check(
        ImageConfig {
            environment: vec![format!("GH_TOKEN={token}"), "MODE=prod".to_owned()],
            history: vec![
                step(&format!("ENV GH_TOKEN={token}")),
                step(&format!("/bin/sh -c #(nop)  ENV GH_TOKEN={token}")),
                step(&format!(
                    "RUN /bin/sh -c curl -H 'Authorization: token {token}' x # buildkit"
                )),
            ],
            ..config()
        },
        &token,
        &[(
            ConfigurationPlace::Environment {
                name: "GH_TOKEN".to_owned(),
            },
            "github-personal-access-token",
        )],
    );
    assert!(concealed.environment[0].starts_with("GH_TOKEN=gh\u{2022}\u{2022}"));
    assert_eq!(concealed.environment[1], "MODE=prod");
    assert!(concealed.history[2].created_by.ends_with("' x # buildkit"));
}

#[test]
fn build_arguments_are_told_in_the_spelling_of_every_builder() {
    for form in [
        "|2 DB_PASSWORD=@ MODE=prod /bin/sh -c make install",
        "|2 MODE=prod DB_PASSWORD=@ /bin/sh -c make install",
        "RUN |1 DB_PASSWORD=@ /bin/sh -c make install # buildkit",
        "RUN |1 DB_PASSWORD=@ /bin/bash -o pipefail -c make # buildkit",
        "ARG DB_PASSWORD=@",
        "ARG DB_PASSWORD=\"@\"",
        "/bin/sh -c #(nop)  ARG DB_PASSWORD=@",
        "/bin/sh -c #(nop) ARG DB_PASSWORD=@",
    ] {
        check(
            ImageConfig {
                history: vec![step("FROM base"), step(&form.replace('@', "Tr0ub4dor"))],
                ..config()
            },
            "Tr0ub4dor",
            &[(
                ConfigurationPlace::BuildArgument {
                    name: "DB_PASSWORD".to_owned(),
                    entry: 1,
                },
                "password-by-name",
            )],
        );
    }
}

#[test]
fn build_arguments_may_have_spaces_in_them() {
    check(
        ImageConfig {
            history: vec![step(
                "|3 OPTIONS=-a -b DB_PASSWORD=Tr0ub4dor NAME=x y /bin/sh -c make",
            )],
            ..config()
        },
        "Tr0ub4dor",
        &[(
            ConfigurationPlace::BuildArgument {
                name: "DB_PASSWORD".to_owned(),
                entry: 0,
            },
            "password-by-name",
        )],
    );
}

#[test]
fn steps_labels_and_words_are_looked_at() {
    let key = value("stripe-live-key", 2);
    let places = |place| [(place, "stripe-live-key")];
    check(
        ImageConfig {
            history: vec![step(&format!(
                "RUN /bin/sh -c deploy --key {key} # buildkit"
            ))],
            ..config()
        },
        &key,
        &places(ConfigurationPlace::History { entry: 0 }),
    );
    check(
        ImageConfig {
            labels: [("deploy".to_owned(), format!("key {key}"))].into(),
            history: vec![step(&format!("LABEL deploy=key {key}"))],
            ..config()
        },
        &key,
        &places(ConfigurationPlace::Label {
            name: "deploy".to_owned(),
        }),
    );
    check(
        ImageConfig {
            command: vec!["app".to_owned(), format!("--key={key}")],
            history: vec![step(&format!("CMD [\"app\" \"--key={key}\"]"))],
            ..config()
        },
        &key,
        &places(ConfigurationPlace::Words {
            instruction: "CMD".to_owned(),
        }),
    );
    check(
        ImageConfig {
            run: Some(RunSettings {
                health_check: Some(vec!["CMD-SHELL".to_owned(), format!("curl -u {key}: x")]),
                ..RunSettings::default()
            }),
            on_build: vec![format!("RUN echo {key}")],
            ..config()
        },
        &key,
        &places(ConfigurationPlace::Words {
            instruction: "HEALTHCHECK".to_owned(),
        }),
    );
    check(
        ImageConfig {
            entrypoint: vec![
                "app".to_owned(),
                "--password".to_owned(),
                "Tr0ub4dor".to_owned(),
            ],
            ..config()
        },
        "Tr0ub4dor",
        &[(
            ConfigurationPlace::Words {
                instruction: "ENTRYPOINT".to_owned(),
            },
            "password-by-name",
        )],
    );
}

#[test]
fn quoted_and_escaped_spellings_are_replaced() {
    let password = "a\"b\\c$d'e%9Z";
    let concealed = check(
        ImageConfig {
            environment: vec![format!("DB_PASSWORD={password}")],
            history: vec![
                step("ENV DB_PASSWORD=\"a\\\"b\\\\c$d'e%9Z\""),
                step("RUN login 'a\"b\\c$d'\\''e%9Z'"),
                step("RUN get https://u:a%22b%5Cc%24d%27e%259Z@host/"),
            ],
            ..config()
        },
        password,
        &[(
            ConfigurationPlace::Environment {
                name: "DB_PASSWORD".to_owned(),
            },
            "password-by-name",
        )],
    );
    for step in &concealed.history {
        assert!(!step.created_by.contains("9Z"), "{}", step.created_by);
    }
}

#[test]
fn short_values_do_not_tear_words_apart() {
    let concealed = check(
        ImageConfig {
            environment: vec!["DB_PASSWORD=post".to_owned()],
            history: vec![step("RUN postmap /etc/postfix && login post")],
            ..config()
        },
        "login post",
        &[(
            ConfigurationPlace::Environment {
                name: "DB_PASSWORD".to_owned(),
            },
            "password-by-name",
        )],
    );
    assert_eq!(
        concealed.history[0].created_by,
        "RUN postmap /etc/postfix && login \u{2022}\u{2022}\u{2022}\u{2022}\u{2022}\u{2022}"
    );
}

#[test]
fn passwords_of_addresses_are_replaced() {
    for (text, expected) in [
        ("https://user:pw@host/a", "https://user:@@@@host/a"),
        (
            "deb https://u:p:q@host/debian stable main",
            "deb https://u:@@@@host/debian stable main",
        ),
        (
            "a https://u:p@h b http://x:y@z",
            "a https://u:@@@@h b http://x:@@@@z",
        ),
        ("https://user:p@ss@host/", "https://user:@@@@host/"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ("https://user@host/", "https://user@host/"),
        ("https://user:$TOKEN@host/", "https://user:$TOKEN@host/"),
        ("https://user:${TOKEN}@host/", "https://user:${TOKEN}@host/"),
        ("git@host:path", "git@host:path"),
        ("", ""),
    ] {
        let dots = "\u{2022}".repeat(6);
        let expected = expected.replace("@@@@", &format!("{dots}@"));
        let concealed = conceal_url_passwords(text);
        assert_eq!(concealed, expected);
        assert_eq!(conceal_url_passwords(&concealed), expected);
    }
}

#[test]
fn every_kind_is_told_in_a_variable() {
    let mut wrong = Vec::new();
    for (kind, sample) in every_sample(20) {
        // Files of their own have names that mean nothing elsewhere.
        if sample.path.starts_with("root/") {
            continue;
        }
        let variable = if sample.path == "app/.env" && !sample.text.starts_with(&sample.value) {
            sample.text.replace(" = ", "=").replace(": ", "=")
        } else {
            format!("SETTING={}", sample.text)
        };
        let concealed = conceal(ImageConfig {
            environment: vec![variable],
            ..config()
        });
        let secrets = concealed.secrets.expect("secrets were looked for");
        let kinds: Vec<&str> = secrets
            .iter()
            .map(|secret| secret.trace.kind.as_str())
            .collect();
        if kinds != [kind] || concealed.environment[0].contains(&sample.value) {
            wrong.push(format!("{kind}: {kinds:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_huge_configuration_is_bounded() {
    let token = value("npm-access-token", 3);
    let concealed = conceal(ImageConfig {
        environment: vec![format!("NPM_TOKEN={token}")],
        history: vec![
            step(&"password=a1b2c3d4e5f6 ".repeat(100_000)),
            step(&format!("RUN login {token}")),
        ],
        ..config()
    });
    assert!(!format!("{concealed:?}").contains(&token));
}
