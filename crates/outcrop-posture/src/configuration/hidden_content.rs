//! A layer that takes away much of what those below it ship.

use outcrop_model::Severity;

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};

pub(crate) static CHECK: Check = Check {
    id: "hidden-content",
    title: "Deletes what a lower layer ships",
    group: Group::Configuration,
    severity: Severity::Negligible,
    why: "Every pull carries the lower layer whole, and whoever has the image can read what a later \
          step deleted.",
    remedy: "Delete it in the step that made it, or make it in a stage that is not shipped.",
    containerfile: Some("COPY --from=STAGE /built /built"),
    references: &[
        Reference {
            name: "Docker, Multi-stage builds",
            url: "https://docs.docker.com/build/building/multi-stage/",
        },
        Reference {
            name: "OCI image specification, whiteouts",
            url: "https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts",
        },
    ],
    look: Look::Configuration(look),
};

/// Bytes hidden below which nobody minds.
const MIN_HIDDEN_BYTES: u64 = 10_000_000;
/// How many times what the layer adds it must hide: an upgrade puts as much in place.
const HIDDEN_FOR_ADDED: u64 = 4;

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let step_of_layer = configuration.config.layer_history();
    let layers = configuration.layers.iter().enumerate();
    layers
        .filter(|(_, layer)| {
            layer.read
                && layer.hidden_bytes >= MIN_HIDDEN_BYTES
                && layer.hidden_bytes / HIDDEN_FOR_ADDED > layer.content_bytes
        })
        .map(|(index, layer)| Remark {
            message: format!(
                "the layer hides what lower layers ship all the same: {} MB",
                layer.hidden_bytes / 1_000_000
            ),
            subject: format!("layer {index}"),
            history: step_of_layer.get(index).copied().flatten(),
            layer: Some(index),
            ..Remark::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, layered, said_layered};

    #[test]
    fn layers_that_hide_much() {
        const MB: u64 = 1_000_000;
        let config = image(&["A", "~B", "C", "D", "E", "F"]);
        let layers = layered(&[
            (9, 500 * MB, 0),
            (0, 0, 120 * MB),
            (9, 100 * MB, 120 * MB),
            (0, 0, 9 * MB),
            (1, 2 * MB, 10 * MB),
        ]);
        assert_eq!(
            said_layered(&CHECK, config, &layers),
            [
                "Negligible layer 1 @2: the layer hides what lower layers ship all the same: 120 MB",
                "Negligible layer 4 @5: the layer hides what lower layers ship all the same: 10 MB",
            ]
        );
    }
}
