//! Outcrop on a real Docker Engine and a real Podman, both private to this run: an outdated
//! Debian image, an application built on it, and everything that is said about the two.

mod archives;
mod cancel;
mod faults;
mod findings;
mod fix;
mod fleet;
mod layers;
mod listing;

use std::process::ExitCode;

use outcrop_tests::engine::{self, Kind};
use outcrop_tests::suite::{Need, Suite};

fn main() -> anyhow::Result<ExitCode> {
    let mut suite = Suite::default().one_at_a_time();
    for kind in Kind::ALL {
        let engine = engine::needs(kind);
        let with = |further: &[Need]| [&engine[..], further].concat();
        let name = |what: &str| format!("{}::{what}", kind.name());

        suite.add(
            name("the_outdated_image_is_outdated"),
            &with(&[Need::Data]),
            move || findings::there_are_some(kind),
        );
        suite.add(name("engines_and_images_are_listed"), &engine, move || {
            listing::engines_and_images(kind)
        });
        let registry = Need::Program("docker-registry", "docker-registry");
        suite.add(
            name("a_pulled_image_is_told_from_a_built_one"),
            &with(&[registry]),
            move || listing::pulled(kind),
        );
        suite.add(
            name("findings_equal_what_dpkg_says"),
            &with(&[Need::Data]),
            move || findings::equal_what_dpkg_says(kind),
        );
        suite.add(
            name("packages_and_findings_have_their_layer_and_owner"),
            &with(&[Need::Data]),
            move || findings::have_layer_and_owner(kind),
        );
        suite.add(
            name("layers_and_their_packages_are_told_exactly"),
            &with(&[Need::Program("dpkg-deb", "dpkg")]),
            move || layers::are_told_exactly(kind),
        );
        suite.add(
            name("a_rebuilt_image_is_noticed_and_scanned_again"),
            &with(&[Need::Data]),
            move || findings::after_a_rebuild(kind),
        );
        suite.add(
            name("the_patch_mends_what_it_claims"),
            &with(&[Need::Data, Need::Program("git", "git")]),
            move || fix::mends_what_it_claims(kind),
        );
        suite.add(
            name("no_patch_where_the_security_archive_is_missing"),
            &with(&[Need::Data]),
            move || fix::names_the_missing_archive(kind),
        );
        suite.add(
            name("saved_archives_say_the_same"),
            &with(&[Need::Data]),
            move || archives::say_the_same(kind),
        );
        for moment in cancel::Moment::ALL {
            suite.add(
                name(&format!("cancelled_{}", moment.name())),
                &engine,
                move || cancel::leaves_nothing(kind, moment),
            );
        }
        suite.add(
            name("an_engine_that_dies_during_the_export"),
            &engine,
            move || faults::engine_dies(kind),
        );
        suite.add(name("an_unknown_image"), &engine, move || {
            faults::unknown_image(kind)
        });
        suite.add(
            name("a_socket_without_permission"),
            &with(&[Need::Program("setpriv", "util-linux")]),
            move || faults::permission_denied(kind),
        );
    }
    let both: Vec<Need> = Kind::ALL.into_iter().flat_map(engine::needs).collect();
    suite.add("a_name_for_two_images", &both, faults::ambiguous_name);
    suite.add("no_engine_at_all", &[Need::Root], faults::no_engine);
    suite.run(fleet::stop)
}
