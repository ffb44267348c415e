//! Every check there is.

use crate::check::Check;
use crate::{configuration, files, secrets};

/// The checks, group by group. One that is not here does not exist; a test compares the list with
/// the files.
pub static CHECKS: &[&Check] = &[
    // Configuration.
    &configuration::root_user::CHECK,
    // Files.
    &files::setuid_program::CHECK,
    // Secrets.
    &secrets::SECRET_IN_FILE,
];

/// The check with that identifier.
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}
