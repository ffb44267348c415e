//! The command line without any engine: the sample, archives good and bad, the store, the feeds.

mod advisories;
mod alpine;
mod bad_packages;
mod broken;
mod command_line;
mod hostile;
mod mirror;
mod red_hat;
mod sample;
mod store;

use std::process::ExitCode;

use outcrop_tests::peak;
use outcrop_tests::suite::{Need, Suite};

fn main() -> anyhow::Result<ExitCode> {
    if let Some(code) = peak::as_parent() {
        return Ok(code);
    }
    let mut suite = Suite::default();
    let data = [Need::Data];

    suite.add(
        "sample::first_start_finds_real_vulnerabilities",
        &[],
        sample::first_start,
    );
    suite.add(
        "sample::findings_have_their_layer_and_owner",
        &[],
        sample::layers,
    );
    suite.add("sample::as_cyclonedx", &[], sample::cyclonedx);
    suite.add(
        "sample::as_spdx_markdown_html_and_table",
        &[],
        sample::documents,
    );
    suite.add("sample::the_diff_for_its_containerfile", &[], sample::fix);
    suite.add("sample::its_family", &[], sample::lineage);

    suite.add("alpine::is_said_in_the_table", &data, alpine::table);
    suite.add("alpine::is_said_in_json", &data, alpine::json);
    suite.add("alpine::is_said_in_cyclonedx", &data, alpine::cyclonedx);
    suite.add("alpine::is_said_in_sarif", &data, alpine::sarif);
    suite.add("alpine::judged_by_its_records", &data, alpine::judged);
    suite.add("alpine::is_said_in_spdx", &data, alpine::spdx);
    suite.add("alpine::is_said_to_readers", &data, alpine::readers);

    let rpm = [Need::Data, Need::Program("rpmbuild", "rpm")];
    suite.add("red_hat::curl_of_9", &rpm, red_hat::curl_of_9);
    suite.add(
        "red_hat::curl_of_what_is_built_on_9",
        &rpm,
        red_hat::curl_of_what_is_built_on_9,
    );
    suite.add("red_hat::curl_of_8", &rpm, red_hat::curl_of_8);

    suite.add(
        "broken::cut_at_every_tenth",
        &[],
        broken::cut_at_every_tenth,
    );
    suite.add(
        "broken::real_archive_cut_at_every_tenth",
        &data,
        broken::alpine_cut_at_every_tenth,
    );
    suite.add(
        "broken::a_layer_with_another_digest",
        &[],
        broken::another_digest,
    );
    suite.add("broken::package_databases", &[], broken::package_databases);
    suite.add("broken::not_an_archive", &[], broken::not_an_archive);
    suite.add("broken::an_absent_blob", &[], broken::absent_blob);

    suite.add("hostile::tar_entries", &[], hostile::entries);
    suite.add("bad_packages::zip_bombs", &[], bad_packages::zip_bombs);
    suite.add("bad_packages::jar_in_jar", &[], bad_packages::jar_in_jar);
    suite.add(
        "bad_packages::two_gigabytes_of_package_json",
        &[],
        bad_packages::two_gigabytes,
    );
    suite.add(
        "bad_packages::absurd_section_tables",
        &[],
        bad_packages::section_tables,
    );
    suite.add(
        "bad_packages::links_in_a_circle_around_databases",
        &[],
        bad_packages::circles,
    );
    suite.add(
        "bad_packages::rpm_databases_with_random_bytes_turned",
        &[],
        bad_packages::rpm_databases,
    );
    suite.add(
        "bad_packages::a_million_dist_info_folders",
        &[],
        bad_packages::dist_info,
    );

    suite.add("hostile::text_in_names", &[], hostile::text);

    suite.add(
        "advisories::broken_records_among_good_ones",
        &[],
        advisories::broken_records,
    );
    suite.add(
        "advisories::real_records_replace_the_starter_set",
        &data,
        advisories::replace_starter,
    );
    suite.add(
        "advisories::what_they_change_is_told",
        &[],
        advisories::changes,
    );
    suite.add("advisories::no_update_offline", &[], advisories::offline);
    suite.add("advisories::clear", &[], advisories::clear);
    suite.add("mirror::all_feeds", &[], mirror::all_feeds);
    suite.add("mirror::refused", &[], mirror::refused);

    suite.add("store::of_a_newer_version_is_untouched", &[], store::newer);
    suite.add("store::damaged_is_named", &[], store::damaged);
    suite.add(
        "store::disk_full",
        &[Need::Root, Need::Data],
        store::disk_full,
    );
    suite.add("store::four_processes_at_once", &data, store::at_once);

    suite.add(
        "command_line::an_image_on_standard_input",
        &[],
        command_line::standard_input,
    );
    suite.add("command_line::an_oci_folder", &[], command_line::oci_folder);
    suite.add("command_line::exit_codes", &[], command_line::exit_codes);
    suite.add(
        "command_line::versions_check",
        &[],
        command_line::versions_check,
    );
    suite.add(
        "command_line::schemas_fit_the_outputs",
        &[],
        command_line::schemas,
    );
    suite.add(
        "command_line::a_closed_pipe_is_success",
        &[],
        command_line::closed_pipe,
    );
    suite.add(
        "command_line::results_and_notes_are_kept_apart",
        &[],
        command_line::streams,
    );
    suite.add(
        "command_line::an_output_file",
        &[],
        command_line::output_file,
    );
    suite.run(|| Ok(()))
}
