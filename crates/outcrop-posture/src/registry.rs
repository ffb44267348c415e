//! Every check there is.

use crate::check::Check;
use crate::{configuration, files, secrets};

/// The checks, group by group. One that is not here does not exist; a test compares the list with
/// the files.
pub static CHECKS: &[&Check] = &[
    // Configuration.
    &configuration::root_user::CHECK,
    // Files.
    &files::world_writable_folder::CHECK,
    &files::world_writable_file::CHECK,
    &files::writable_in_path::CHECK,
    &files::setuid_program::CHECK,
    &files::setgid_program::CHECK,
    &files::file_capabilities::CHECK,
    &files::unowned_files::CHECK,
    &files::empty_password::CHECK,
    &files::set_password::CHECK,
    &files::second_root::CHECK,
    &files::private_key_file::CHECK,
    &files::ssh_host_key::CHECK,
    &files::environment_file::CHECK,
    &files::registry_credentials::CHECK,
    &files::login_credentials::CHECK,
    &files::kubernetes_configuration::CHECK,
    &files::cloud_credentials::CHECK,
    &files::shell_history::CHECK,
    &files::core_dump::CHECK,
    &files::version_control_folder::CHECK,
    &files::package_manager_leftover::CHECK,
    &files::editor_leftover::CHECK,
    &files::package_cache_files::CHECK,
    // Secrets.
    &secrets::SECRET_IN_FILE,
];

/// The check with that identifier.
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}
