//! What is risky in images, end to end: planted things and clean twins, real images, real trees
//! without secrets, hostile input, and where the value of a secret must never be.

#![expect(
    clippy::print_stdout,
    reason = "figures and lists are for whoever reads the log"
)]

mod command_line;
mod hostile;
mod leaks;
mod planted;
mod precision;
mod real;
mod recall;
mod reports;
mod server;
mod steps;
mod tokens;
mod trees;
mod variants;

use std::process::ExitCode;

use anyhow::Result;
use outcrop_tests::engine::{self, Kind};
use outcrop_tests::programs::workspace;
use outcrop_tests::suite::{Need, Suite};
use outcrop_tests::{data, debian, images, peak};

fn main() -> Result<ExitCode> {
    if let Some(code) = peak::as_parent() {
        return Ok(code);
    }
    let mut suite = Suite::default();
    for kind in Kind::ALL {
        let engine = engine::needs(kind);
        let name = |what: &str| format!("{}::{what}", kind.name());
        suite.add(name("each_planted_once"), &engine, move || {
            planted::each_once(kind)
        });
        suite.add(name("the_clean_twin_has_none"), &engine, move || {
            planted::clean(kind)
        });
        suite.add(name("committed_by_hand"), &engine, move || {
            variants::by_hand(kind)
        });
        suite.add(name("inherited_with_its_owner"), &engine, move || {
            planted::inherited(kind)
        });
        suite.add(name("said_again"), &engine, move || planted::again(kind));
    }

    let docker = engine::needs(Kind::Docker);
    // What a configuration says, whoever wrote it.
    suite.add("docker::small_variants", &docker, || {
        variants::each(Kind::Docker)
    });
    let python = Need::Python("sqlite3", "python3");
    let planted_here = [&docker[..], &[python]].concat();
    suite.add(
        "leaks::of_the_planted_image",
        &planted_here,
        leaks::of_planted,
    );
    suite.add("leaks::of_every_kind", &[python], leaks::of_every_kind);

    suite.add(
        "real::debian",
        &[Need::Root, Need::Program("mmdebstrap", "mmdebstrap")],
        real::debian,
    );
    suite.add("real::alpine", &[Need::Data], || {
        real::justified("alpine", &data::alpine_archive()?.display().to_string())
    });
    suite.add("real::sample", &[], || {
        let archive = workspace().join("assets/sample/images.tar.gz");
        let reference = "outcrop-sample/orders:2.7.0";
        real::justified(
            "sample",
            &format!("docker-archive:{}:{reference}", archive.display()),
        )
    });

    suite.add("command_line::exit_codes", &[], command_line::exit_codes);
    suite.add(
        "command_line::required_labels",
        &[],
        command_line::required_labels,
    );
    suite.add("command_line::formats", &[], command_line::formats);

    suite.add("recall::every_kind", &[], recall::every_kind);

    // More than 200,000 files in all.
    suite.add("precision::languages", &[Need::Root], || {
        precision::check("languages", &debian::languages()?, 60_000)
    });
    suite.add("precision::debian_languages", &[Need::Root], || {
        precision::check("debian-languages", &images::debian()?, 15_000)
    });
    suite.add("precision::debian", &[Need::Root], || {
        precision::check("debian", &debian::outdated_archive()?, 9_000)
    });
    suite.add("precision::python", &[], || {
        precision::check("python", &images::python()?, 4_000)
    });
    suite.add("precision::node", &[], || {
        precision::check("node", &images::node()?, 1_000)
    });
    let apt = Need::Program("apt-get", "apt");
    suite.add("precision::documentation", &[apt], || {
        precision::check("documentation", &trees::documentation()?, 60_000)
    });
    let interface = Need::Built("ui/node_modules", "`npm --prefix ui ci`");
    suite.add("precision::sources", &[interface], || {
        precision::check("sources", &trees::sources()?, 50_000)
    });

    suite.add("hostile::one_line_of_2_gb", &[], hostile::one_line);
    suite.add(
        "hostile::ten_million_matches",
        &[],
        hostile::ten_million_matches,
    );
    suite.add("hostile::encodings", &[], hostile::encodings);
    suite.add("hostile::accounts_of_100_mb", &[], hostile::accounts);
    suite.add("hostile::odd_capabilities", &[], hostile::capabilities);
    suite.add("hostile::setuid_programs", &[], hostile::setuid_programs);
    suite.add("hostile::special_files", &[], hostile::special_files);
    suite.run(planted::stop)
}
