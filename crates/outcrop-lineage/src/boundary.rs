//! Where a base may end when nothing names it. Heuristics, and shown as such.

use outcrop_model::ImageConfig;

use crate::facts::Distribution;

/// A place in an image's layers where a base probably ends.
pub(crate) struct Boundary {
    /// Layers below it.
    pub(crate) layers: usize,
    /// What the base is, as far as can be said.
    pub(crate) description: String,
    /// Why, one sentence each.
    pub(crate) evidence: Vec<String>,
}

/// The probable end of an image's base.
///
/// A `CMD` or `ENTRYPOINT` followed by a step that makes a layer ends an image that was complete
/// in itself. The layer that first brings an `os-release` is the root of a distribution; it bounds
/// the base where there is no such instruction.
pub(crate) fn guess(config: &ImageConfig, distribution: &Distribution) -> Option<Boundary> {
    let layers = config.diff_ids.len();
    let system = match distribution {
        Distribution::Found { name, layer } if *layer < layers => Some((name, *layer)),
        _ => None,
    };
    if let Some((entry, below)) = last_command_before_a_layer(config) {
        let mut evidence = vec![format!(
            "history entry {entry} sets the command, and later entries add layers: a complete image ends there"
        )];
        let description = match system {
            Some((name, layer)) if layer < below => {
                evidence.push(format!("layer {layer} brings the os-release of {name}"));
                format!("an image of {name}, by its os-release")
            }
            _ => "an image of unknown name".to_owned(),
        };
        return Some(Boundary {
            layers: below,
            description,
            evidence,
        });
    }
    let (name, layer) = system.filter(|(_, layer)| layer + 1 < layers)?;
    Some(Boundary {
        layers: layer + 1,
        description: format!("{name}, by its os-release"),
        evidence: vec![format!("layer {layer} brings the os-release of {name}")],
    })
}

/// True where the history has an entry for each layer; squashed layers have more than one.
fn accounts_for_its_layers(config: &ImageConfig) -> bool {
    let made = config.history.iter().filter(|entry| !entry.empty_layer);
    made.count() == config.diff_ids.len()
}

/// The last `CMD` or `ENTRYPOINT` entry that a layer follows, and the layers made before it.
/// `None` where the history does not account for the layers.
fn last_command_before_a_layer(config: &ImageConfig) -> Option<(usize, usize)> {
    if !accounts_for_its_layers(config) {
        return None;
    }
    let top = config
        .history
        .iter()
        .rposition(|entry| !entry.empty_layer)?;
    let entry = config.history[..top]
        .iter()
        .rposition(|entry| entry.empty_layer && sets_command(&entry.created_by))?;
    let below = config.history[..entry]
        .iter()
        .filter(|entry| !entry.empty_layer)
        .count();
    (below > 0).then_some((entry, below))
}

/// True for the spellings of Docker's classic builder (two spaces), Buildah (one) and `BuildKit`
/// (bare).
fn sets_command(created_by: &str) -> bool {
    let instruction = created_by
        .strip_prefix("/bin/sh -c #(nop)")
        .unwrap_or(created_by)
        .trim_start();
    ["CMD ", "CMD[", "ENTRYPOINT ", "ENTRYPOINT["]
        .iter()
        .any(|keyword| instruction.starts_with(keyword))
}

/// True where the first layer was copied from the build context: the image starts from `scratch`.
/// A root filesystem that is added whole (`ADD … in /`, `COPY rootfs /`) starts a distribution.
pub(crate) fn starts_from_scratch(config: &ImageConfig, distribution: &Distribution) -> bool {
    let first = config.history.iter().find(|entry| !entry.empty_layer);
    *distribution == Distribution::Absent
        && accounts_for_its_layers(config)
        && first.is_some_and(|entry| {
            let instruction = entry
                .created_by
                .strip_prefix("/bin/sh -c #(nop)")
                .unwrap_or(&entry.created_by)
                .trim_start();
            instruction.starts_with("COPY ") || instruction.starts_with("ADD ")
        })
}

/// True where the first layer is a whole root filesystem.
pub(crate) fn starts_a_distribution(config: &ImageConfig, distribution: &Distribution) -> bool {
    accounts_for_its_layers(config)
        && match distribution {
            Distribution::Found { layer, .. } => *layer == 0,
            Distribution::Absent => false,
            Distribution::NotLooked => config
                .history
                .iter()
                .find(|entry| !entry.empty_layer)
                .is_some_and(|entry| {
                    let text = entry.created_by.trim_end();
                    let whole = text.contains("ADD ") || text.contains("COPY ");
                    (whole
                        && (text.ends_with(" in /")
                            || text.ends_with(" / # buildkit")
                            || text.ends_with(" /")))
                        || text.contains("debuerreotype")
                }),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_known_in_every_builders_spelling() {
        for (created_by, expected) in [
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", true),
            ("/bin/sh -c #(nop) CMD [\"bash\"]", true),
            ("CMD [\"bash\"]", true),
            ("ENTRYPOINT [\"/docker-entrypoint.sh\"]", true),
            ("/bin/sh -c CMD=1 run", false),
            ("RUN /bin/sh -c echo CMD # buildkit", false),
            ("CMDB=1", false),
        ] {
            assert_eq!(sets_command(created_by), expected, "{created_by}");
        }
    }
}
