//! Checks of the entries of layers: permissions, owners, leftovers. One file each.

pub(crate) mod setuid_program;

/// Whether what a check sees is a risk though a later layer hides it: the layer still ships it.
pub(crate) fn ships_when_hidden(_check: &str) -> bool {
    false
}
/// x
pub fn is_credential_file(_check: &str) -> bool {
    false
}
/// x
pub fn unowned(_posture: &outcrop_model::Posture) -> Vec<(usize, outcrop_model::OwnedEntries)> {
    Vec::new()
}
