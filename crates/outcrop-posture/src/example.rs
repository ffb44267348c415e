//! Images for tests of checks.

use outcrop_model::{
    Account, Accounts, DiffId, Digest, HistoryEntry, ImageConfig, LayerFacts, Password, RunSettings,
};

use crate::check::{Check, Look};
use crate::configuration::{Configuration, Requirements};

/// An image with that history; a step that begins with `~` has no layer, and what follows ` ¶ ` is
/// its comment.
pub(crate) fn image(history: &[&str]) -> ImageConfig {
    let mut config = ImageConfig::parse(br#"{"os":"linux","architecture":"amd64"}"#).unwrap();
    config.run = Some(RunSettings::default());
    config.history = history
        .iter()
        .map(|text| {
            let (created_by, comment) = text.split_once(" ¶ ").unwrap_or((text, ""));
            HistoryEntry {
                created_by: created_by.trim_start_matches('~').to_owned(),
                comment: comment.to_owned(),
                empty_layer: created_by.starts_with('~'),
                ..HistoryEntry::default()
            }
        })
        .collect();
    config
}

/// What a check says of a configuration alone, one line a remark: severity, subject, position in the
/// history, message.
pub(crate) fn said(check: &Check, config: &ImageConfig) -> Vec<String> {
    said_of(
        check,
        &Configuration {
            config,
            accounts: None,
            layers: &[],
            requirements: &Requirements::default(),
        },
    )
}

/// What a check says, one line a remark.
pub(crate) fn said_of(check: &Check, configuration: &Configuration<'_>) -> Vec<String> {
    let Look::Configuration(look) = check.look else {
        panic!("`{}` looks at something else", check.id);
    };
    look(configuration)
        .into_iter()
        .map(|remark| {
            let severity = remark.severity.unwrap_or(check.severity);
            let subject = match remark.subject.as_str() {
                "" => String::new(),
                subject => format!(" {subject}"),
            };
            let step = match remark.history {
                Some(index) => format!(" @{index}"),
                None => String::new(),
            };
            format!("{severity:?}{subject}{step}: {}", remark.message)
        })
        .collect()
}

/// Accounts of those names and numbers, with a group of the same name each.
pub(crate) fn accounts(accounts: &[(&str, u64)]) -> Accounts {
    Accounts {
        accounts: (1..)
            .zip(accounts)
            .map(|(line, &(name, user))| Account {
                name: name.to_owned(),
                user,
                group: user,
                shell: "/bin/sh".to_owned(),
                password: Password::Locked,
                line,
                shadow_line: None,
            })
            .collect(),
        groups: accounts
            .iter()
            .map(|&(name, user)| (name.to_owned(), user))
            .collect(),
        passwd_layer: 0,
        shadow_layer: None,
        since: Vec::new(),
    }
}

/// Layers of those numbers of files, bytes of content and bytes hidden, all read.
pub(crate) fn layered(layers: &[(u64, u64, u64)]) -> Vec<LayerFacts> {
    (0_u8..)
        .zip(layers)
        .map(
            |(index, &(files, content_bytes, hidden_bytes))| LayerFacts {
                diff_id: DiffId(Digest::of(&[index])),
                read: true,
                content_bytes,
                files,
                hidden_bytes,
            },
        )
        .collect()
}

/// What a check says of an image with those layers.
pub(crate) fn said_layered(
    check: &Check,
    mut config: ImageConfig,
    layers: &[LayerFacts],
) -> Vec<String> {
    config.diff_ids = layers.iter().map(|layer| layer.diff_id).collect();
    let configuration = Configuration {
        config: &config,
        accounts: None,
        layers,
        requirements: &Requirements::default(),
    };
    said_of(check, &configuration)
}
