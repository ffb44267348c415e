//! Every check there is.

use crate::check::Check;
use crate::{configuration, files, secrets};

/// The checks, group by group. One that is not here does not exist; a test compares the list with
/// the files.
pub static CHECKS: &[&Check] = &[
    // Configuration.
    &configuration::root_user::CHECK,
    &configuration::unknown_user::CHECK,
    &configuration::exposed_port::CHECK,
    &configuration::no_healthcheck::CHECK,
    &configuration::sensitive_volume::CHECK,
    &configuration::shell_form::CHECK,
    &configuration::unpinned_base::CHECK,
    &configuration::missing_label::CHECK,
    &configuration::add_from_url::CHECK,
    &configuration::piped_download::CHECK,
    &configuration::sudo::CHECK,
    &configuration::package_cache::CHECK,
    &configuration::update_alone::CHECK,
    &configuration::empty_layer::CHECK,
    &configuration::hidden_content::CHECK,
    &configuration::untold_layer::CHECK,
    &configuration::committed_container::CHECK,
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
    &configuration::secret_in_configuration::CHECK,
    &secrets::SECRET_IN_FILE,
];

/// The check with that identifier.
pub fn check(id: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::CHECKS;
    use crate::check::{Check, Group};

    fn of_group(groups: &[Group]) -> Vec<&'static Check> {
        let all = CHECKS.iter().copied();
        all.filter(|check| groups.contains(&check.group)).collect()
    }

    /// The identifiers that the names of the files of a folder stand for.
    fn files(folder: &str) -> BTreeSet<String> {
        let folder = format!("{}/src/{folder}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| Some(name.strip_suffix(".rs")?.replace('_', "-")))
            .filter(|name| !name.ends_with("tests"))
            .collect()
    }

    #[test]
    fn every_file_is_registered_under_its_name() {
        let named: BTreeSet<String> = files("configuration")
            .into_iter()
            .chain(files("files"))
            .collect();
        let registered: BTreeSet<String> = CHECKS.iter().map(|check| check.id.to_owned()).collect();
        let missing: Vec<_> = named.difference(&registered).collect();
        assert!(missing.is_empty(), "not in the list: {missing:?}");
        // Secrets in files are one check over a table and have no file among these.
        let without: Vec<_> = registered.difference(&named).collect();
        assert_eq!(without, ["secret-in-file"], "without a file of its name");
        assert_eq!(
            registered.len(),
            CHECKS.len(),
            "an identifier is used twice"
        );
    }

    #[test]
    fn the_list_goes_group_by_group() {
        let groups = [Group::Configuration, Group::Files, Group::Secrets];
        let sorted: Vec<&str> = groups
            .iter()
            .flat_map(|group| of_group(&[*group]))
            .map(|check| check.id)
            .collect();
        let listed: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
        assert_eq!(listed, sorted);
    }

    #[test]
    fn the_texts_of_a_check_are_of_one_form() {
        for check in CHECKS {
            let id = check.id;
            assert!(
                id.split('-').all(|word| !word.is_empty()
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())),
                "{id}: words joined by hyphens"
            );
            assert!(
                check
                    .title
                    .starts_with(|letter: char| letter.is_ascii_uppercase())
                    && !check.title.ends_with('.')
                    && check.title.len() <= 40,
                "{id}: a short heading without a period: {}",
                check.title
            );
            for text in [check.why, check.remedy] {
                assert!(
                    text.ends_with('.') && !text.contains("  ") && !text.contains('\n'),
                    "{id}: sentences of one paragraph: {text}"
                );
            }
            for line in check.containerfile.unwrap_or_default().lines() {
                assert!(!line.trim().is_empty() && line.len() <= 100, "{id}: {line}");
            }
            for reference in check.references {
                assert!(
                    !reference.name.is_empty() && !reference.name.ends_with('.'),
                    "{id}"
                );
                assert!(
                    reference.url.is_empty() || reference.url.starts_with("https://"),
                    "{id}: {}",
                    reference.url
                );
            }
        }
        for check in of_group(&[Group::Secrets]) {
            assert!(check.remedy.starts_with("Rotate it."), "{}", check.id);
        }
    }
}
