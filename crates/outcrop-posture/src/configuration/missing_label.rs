//! A label that the user demands is not there.

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::last_setting;
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "missing-label",
    title: "Required label missing",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "Without it nobody can tell from the image where it is from, as the requirements of this \
          installation ask.",
    remedy: "Set the label while building.",
    containerfile: Some("LABEL NAME=\"VALUE\""),
    references: &[
        Reference {
            name: "OCI image specification, annotations",
            url: "https://github.com/opencontainers/image-spec/blob/main/annotations.md",
        },
        Reference {
            name: "hadolint DL3049",
            url: "https://github.com/hadolint/hadolint/wiki/DL3049",
        },
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let required = configuration.requirements.labels.iter();
    required
        .filter_map(|name| {
            let message = match config.labels.get(name) {
                Some(value) if !value.trim().is_empty() => return None,
                Some(_) => format!("a required label is empty: `{}`", shown(name)),
                None => format!("a required label is not there: `{}`", shown(name)),
            };
            Some(Remark {
                message,
                subject: shown(name),
                history: last_setting(config, Keyword::Label, name),
                containerfile: Some(format!("LABEL {}=\"VALUE\"", shown(name))),
                ..Remark::default()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::configuration::{Configuration, Requirements};
    use crate::example::{image, said, said_of};

    #[test]
    fn only_what_is_required_is_missed() {
        let mut config = image(&["~LABEL b= c=d"]);
        config.labels.insert("b".to_owned(), " ".to_owned());
        config.labels.insert("c".to_owned(), "d".to_owned());
        assert_eq!(said(&CHECK, &config), [""; 0]);
        let configuration = Configuration {
            config: &config,
            accounts: None,
            layers: &[],
            requirements: &Requirements {
                labels: ["a", "b", "c"].map(ToOwned::to_owned).to_vec(),
            },
        };
        assert_eq!(
            said_of(&CHECK, &configuration),
            [
                "Low a: a required label is not there: `a`",
                "Low b @0: a required label is empty: `b`",
            ]
        );
    }
}
