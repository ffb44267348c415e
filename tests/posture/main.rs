//! What is risky in images, end to end: planted things and clean twins, real images, real trees
//! without secrets, hostile input, and where the value of a secret must never be.

#![expect(
    clippy::print_stdout,
    reason = "figures and lists are for whoever reads the log"
)]

mod hostile;
mod planted;
mod precision;
mod reports;
mod server;
mod steps;
mod tokens;
mod trees;

use std::process::ExitCode;

use anyhow::Result;
use outcrop_tests::engine::{self, Kind};
use outcrop_tests::peak;
use outcrop_tests::suite::{Need, Suite};

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
        suite.add(name("inherited_with_its_owner"), &engine, move || {
            planted::inherited(kind)
        });
        suite.add(name("said_again"), &engine, move || planted::again(kind));
    }

    suite.add("precision::languages", &[Need::Root], || {
        precision::check("languages", &trees::languages()?, 60_000)
    });
    suite.add(
        "precision::documentation",
        &[Need::Program("apt-get", "apt")],
        || precision::check("documentation", &trees::documentation()?, 100_000),
    );
    let interface = Need::Built("ui/node_modules", "`npm --prefix ui ci`");
    suite.add("precision::sources", &[interface], || {
        precision::check("sources", &trees::sources()?, 40_000)
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
