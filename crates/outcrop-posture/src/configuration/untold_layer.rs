//! Layers of which the history does not tell how they were made.

use outcrop_model::{HistoryEntry, Severity};

use super::Configuration;
use crate::check::{Check, Group, Look, Reference, Remark};

pub(crate) static CHECK: Check = Check {
    id: "untold-layer",
    title: "Layer without a history",
    group: Group::Configuration,
    severity: Severity::Low,
    why: "Nobody can tell from the image what put the content there. Tools that add layers to a \
          finished image leave such, and so does someone who hides what was done.",
    remedy: "Build the image whole from its Containerfile, or have its builder write the history.",
    containerfile: None,
    references: &[
        Reference {
            name: "OCI image specification, image configuration: history",
            url: "https://github.com/opencontainers/image-spec/blob/main/config.md",
        },
        Reference::nist_sp_800_190("NIST SP 800-190, 4.1.5: use of untrusted images"),
    ],
    look: Look::Configuration(look),
};

fn look(configuration: &Configuration<'_>) -> Vec<Remark> {
    let config = configuration.config;
    let layers = config.diff_ids.len();
    let says = |entry: &HistoryEntry| !(entry.created_by.is_empty() && entry.comment.is_empty());
    // Some builders write no history at all: nothing is hidden among what is told.
    if layers == 0 || !config.history.iter().any(says) {
        return Vec::new();
    }
    let told = config
        .history
        .iter()
        .filter(|entry| !entry.empty_layer)
        .count();
    if told != layers {
        return vec![Remark {
            message: format!(
                "the history tells of another number of layers than there are: {told} of {layers}"
            ),
            ..Remark::default()
        }];
    }
    let steps = config.layer_history().into_iter().enumerate();
    steps
        .filter_map(|(layer, step)| Some((layer, step?)))
        .filter(|&(_, step)| !says(&config.history[step]))
        .map(|(layer, step)| Remark {
            message: format!("no word of the history tells how a layer was made: layer {layer}"),
            subject: format!("layer {layer}"),
            // Bases of some publishers have such a step.
            severity: Some(Severity::Negligible),
            history: Some(step),
            layer: Some(layer),
            ..Remark::default()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::example::{image, layered, said_layered};

    #[test]
    fn layers_and_their_steps() {
        let counts = "Low: the history tells of another number of layers than there are: ";
        for (history, layers, expected) in [
            (&["A", "~B", "C"][..], 2, String::new()),
            (&["A", "~B"], 2, format!("{counts}1 of 2")),
            (&["A", "B"], 1, format!("{counts}2 of 1")),
            (
                &["A", "~B", ""],
                2,
                "Negligible layer 1 @2: no word of the history tells how a layer was made: layer 1"
                    .to_owned(),
            ),
            (&["A", " ¶ Imported from -"], 2, String::new()),
            (&[], 3, String::new()),
            (&["", "", ""], 3, String::new()),
            (&["~A"], 0, String::new()),
        ] {
            let said = said_layered(&CHECK, image(history), &layered(&vec![(1, 1, 0); layers]));
            assert_eq!(said.join("\n"), expected, "{history:?}");
        }
    }
}
