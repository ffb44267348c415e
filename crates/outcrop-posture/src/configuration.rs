//! Checks of what an image says of itself: its configuration and its history. One file each.

pub(crate) mod root_user;

use outcrop_model::{Accounts, ImageConfig, LayerFacts};

use crate::check::{Check, Look, Remark};
use crate::registry::CHECKS;

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

/// What all checks of the configuration and of the accounts say.
pub fn look(configuration: &Configuration<'_>) -> Vec<(&'static Check, Remark)> {
    let mut remarks = Vec::new();
    for check in CHECKS {
        let said = match check.look {
            Look::Configuration(look) => look(configuration),
            Look::Accounts(look) => configuration.accounts.map(look).unwrap_or_default(),
            _ => continue,
        };
        remarks.extend(said.into_iter().map(|remark| (*check, remark)));
    }
    remarks
}
