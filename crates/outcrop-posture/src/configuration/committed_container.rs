//! A layer that was made by hand: a container in which someone worked was committed.
//!
//! `docker commit` and `podman commit` write the command of the container as the step. Where that is a
//! bare shell no Containerfile wrote it: builders put `-c` and the script behind the shell.

use outcrop_containerfile::shell::base_name;
use outcrop_containerfile::syntax::Keyword;
use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::{SHELLS, steps};
use crate::text::shown;

pub(crate) static CHECK: Check = Check {
    id: "committed-container",
    title: "Layer made by hand",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "What was done in the container stands nowhere: the layer can be neither reviewed nor built \
          again, and may hold what was only meant to be tried.",
    remedy: "Write what was done as steps of a Containerfile and build the image from it.",
    containerfile: None,
    references: &[
        Reference {
            name: "Docker, docker container commit",
            url: "https://docs.docker.com/reference/cli/docker/container/commit/",
        },
        Reference::nist_sp_800_190("NIST SP 800-190, 4.1.2: image configuration defects"),
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    steps(configuration.config)
        .filter(|step| step.keyword == Some(Keyword::Run) && !step.empty_layer)
        .filter(|step| {
            let mut words = step.words();
            words
                .next()
                .is_some_and(|word| SHELLS.contains(&base_name(word)))
                && words.all(|word| matches!(word, "-i" | "-l" | "--login"))
        })
        .map(|step| Remark {
            message: format!(
                "a layer was committed from a container that ran: `{}`",
                shown(&step.payload)
            ),
            subject: format!("step {}", step.index),
            history: Some(step.index),
            ..Remark::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, said};

    #[test]
    fn layers_made_by_hand() {
        for (created_by, expected) in [
            (
                "bash",
                "Low step 1 @1: a layer was committed from a container that ran: `bash`",
            ),
            (
                "/bin/sh -l",
                "Low step 1 @1: a layer was committed from a container that ran: `/bin/sh -l`",
            ),
            ("~bash", ""),
            ("/bin/sh -c bash", ""),
            ("RUN /bin/sh -c make # buildkit", ""),
            (
                "# debian.sh --arch 'amd64' out/ 'trixie' '@1' ¶ debuerreotype 0.17",
                "",
            ),
            ("CMD [\"bash\"]", ""),
            ("bashful", ""),
            ("", ""),
        ] {
            let config = image(&["ADD file:0 in /", created_by]);
            assert_eq!(said(&CHECK, &config).join("\n"), expected, "{created_by}");
        }
    }
}
