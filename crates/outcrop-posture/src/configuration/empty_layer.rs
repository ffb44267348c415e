//! A step that should add something and adds nothing.
//!
//! A `RUN` is told of where its layer is the empty archive alone: one that makes folders or links adds
//! no file and does its work. `WORKDIR` of a folder that is there makes such a layer too, and is left
//! out.

use outcrop_containerfile::syntax::Keyword;
use outcrop_model::{ChainId, Severity};

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};
use crate::steps::steps;

pub(crate) static CHECK: Check = Check {
    id: "empty-layer",
    title: "Step that adds nothing",
    group: Group::Configuration,
    severity: Severity::Negligible,
    why: "Files that should be in the image may be missing, as where a pattern matches none or what a \
          step makes goes to a mount.",
    remedy: "Look whether the step does what it is meant to, or leave it out.",
    containerfile: None,
    references: &[Reference {
        name: "OCI image specification, image layer filesystem changeset",
        url: "https://github.com/opencontainers/image-spec/blob/main/layer.md",
    }],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let layer_of_step = config.layer_history();
    steps(config)
        .filter_map(|step| {
            let keyword = step.keyword?;
            let layer = layer_of_step
                .iter()
                .position(|index| *index == Some(step.index))?;
            let facts = configuration.layers.get(layer).filter(|facts| facts.read)?;
            let empty = facts.diff_id == ChainId::EMPTY_LAYER;
            let no_file = facts.files == 0 && facts.content_bytes == 0 && facts.hidden_bytes == 0;
            let adds_nothing = match keyword {
                Keyword::Add | Keyword::Copy => empty || no_file,
                Keyword::Run => empty,
                _ => false,
            };
            adds_nothing.then(|| Remark {
                message: format!("a step adds no file: `{}`", keyword.as_str()),
                subject: format!("layer {layer}"),
                history: Some(step.index),
                layer: Some(layer),
                ..Remark::default()
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use outcrop_model::ChainId;

    use super::CHECK;
    use crate::example::{image, layered, said_layered};

    #[test]
    fn steps_without_content() {
        // Step, files, bytes, bytes hidden; no file and no byte stand for the empty archive.
        let config = image(&[
            "ADD file:0 in / ",
            "~ENV A=b",
            "COPY *.conf /etc/ # buildkit",
            "RUN /bin/sh -c true # buildkit",
            "RUN /bin/sh -c mkdir /x # buildkit",
            "RUN /bin/sh -c rm /x # buildkit",
            "COPY a /x # buildkit",
            "WORKDIR /x",
        ]);
        let mut layers = layered(&[
            (10, 100, 0),
            (0, 0, 0),
            (0, 0, 0),
            (0, 0, 0),
            (0, 0, 9),
            (1, 0, 0),
            (0, 0, 0),
        ]);
        layers[2].diff_id = ChainId::EMPTY_LAYER;
        layers[6].diff_id = ChainId::EMPTY_LAYER;
        let expected = [
            "Negligible layer 1 @2: a step adds no file: `COPY`",
            "Negligible layer 2 @3: a step adds no file: `RUN`",
        ];
        assert_eq!(said_layered(&CHECK, config.clone(), &layers), expected);
        for layer in &mut layers {
            layer.read = false;
        }
        assert_eq!(said_layered(&CHECK, config, &layers), [""; 0]);
    }
}
