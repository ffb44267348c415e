//! Checks of what an image says of itself: its configuration and its history. One file each.

pub(crate) mod add_from_url;
pub(crate) mod committed_container;
pub(crate) mod empty_layer;
pub(crate) mod exposed_port;
pub(crate) mod hidden_content;
pub(crate) mod missing_label;
pub(crate) mod no_healthcheck;
pub(crate) mod package_cache;
pub(crate) mod piped_download;
pub(crate) mod root_user;
pub(crate) mod secret_in_configuration;
pub(crate) mod sensitive_volume;
pub(crate) mod shell_form;
pub(crate) mod sudo;
pub(crate) mod unknown_user;
pub(crate) mod unpinned_base;
pub(crate) mod untold_layer;
pub(crate) mod update_alone;

use outcrop_model::{Accounts, ImageConfig, LayerFacts};

use crate::check::{Check, Look, Remark};
use crate::registry::CHECKS;

/// Remarks of one check that are given one by one.
const MAX_REMARKS: usize = 200;

/// What checks of the configuration are shown.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// The configuration, its secrets [concealed](crate::conceal).
    pub config: &'a ImageConfig,
    /// The accounts of the merged view; `None` where there is no `/etc/passwd`.
    pub accounts: Option<&'a Accounts>,
    /// The layers, lowest first; none in a preview.
    pub layers: &'a [LayerFacts],
    /// What the user demands of images.
    pub requirements: &'a Requirements,
}

/// What the user demands of images.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirements {
    /// Labels that an image must have.
    pub labels: Vec<String>,
}

impl Configuration<'_> {
    /// Whether every layer was read, so that what is not there is not there.
    pub(crate) fn whole(&self) -> bool {
        !self.layers.is_empty() && self.layers.iter().all(|layer| layer.read)
    }

    /// Windows has other users, shells and paths.
    pub(crate) fn is_windows(&self) -> bool {
        self.config.platform.os == "windows"
    }
}

/// What all checks of the configuration and of the accounts say.
pub fn look(configuration: &Configuration<'_>) -> Vec<(&'static Check, Remark)> {
    let mut remarks = Vec::new();
    for check in CHECKS {
        let mut said = match check.look {
            Look::Configuration(look) => look(configuration),
            Look::Accounts(look) => configuration.accounts.map(look).unwrap_or_default(),
            _ => continue,
        };
        if said.len() > MAX_REMARKS {
            let more = said.len() - MAX_REMARKS;
            said.truncate(MAX_REMARKS);
            said.push(Remark {
                message: format!("more of the same are not listed: {more}"),
                subject: "more".to_owned(),
                ..Remark::default()
            });
        }
        remarks.extend(said.into_iter().map(|remark| (*check, remark)));
    }
    remarks
}

#[cfg(test)]
#[path = "configuration_tests.rs"]
mod tests;
