//! The packages of real images and their licences, beside what Syft lists in the same archives, and
//! their findings, beside those of a second program.
//!
//! The images are made from what the registries of the languages and of Debian hold. Every
//! difference is a row of `docs/differences.md`; one without a row fails the test, and so does a
//! row of a difference that is no longer there.

#![expect(
    clippy::print_stdout,
    reason = "the differences are for whoever reads the log, also where each is explained"
)]

mod differences;
mod findings;
mod licences;
mod syft;

use std::process::ExitCode;

use anyhow::Result;
use outcrop_tests::suite::{Need, Suite};
use outcrop_tests::{debian, images};

fn main() -> Result<ExitCode> {
    let mut suite = Suite::default();
    let syft = Need::Program("syft", "none: `scripts/setup.sh tests` installs it");
    let rpm = Need::Program("rpmbuild", "rpm");
    let berkeley = Need::Program("db5.3_load", "db5.3-util");

    suite.add("against_syft::alpine", &[syft, Need::Data], || {
        differences::explained("alpine", &images::alpine()?)
    });
    suite.add("against_syft::python", &[syft], || {
        differences::explained("python", &images::python()?)
    });
    suite.add("against_syft::node", &[syft], || {
        differences::explained("node", &images::node()?)
    });
    suite.add("against_syft::rust", &[syft], || {
        differences::explained("rust", &images::rust()?)
    });
    suite.add("against_syft::debian", &[syft, Need::Root], || {
        differences::explained("debian", &images::debian()?)
    });
    suite.add("against_syft::languages", &[syft, Need::Root], || {
        differences::explained("languages", &debian::languages()?)
    });
    suite.add("against_syft::rpm", &[syft, rpm], || {
        differences::explained("rpm", &images::rpm()?)
    });
    suite.add("against_syft::rpm_berkeley", &[syft, rpm, berkeley], || {
        differences::explained("rpm_berkeley", &images::rpm_berkeley()?)
    });

    let packaging = Need::Python("pip._vendor.packaging.version", "python3-pip");
    let order = Need::Python("rpm", "python3-rpm");
    suite.add("findings::python", &[Need::Data, packaging], || {
        findings::agree(&images::python()?, "PyPI", "osv/PyPI", 50)
    });
    suite.add("findings::node", &[Need::Data], || {
        findings::agree(&images::node()?, "npm", "osv-mined/npm", 5)
    });
    suite.add("findings::rust", &[Need::Data], || {
        findings::agree(&images::rust()?, "crates.io", "osv/crates", 2)
    });
    suite.add("findings::alma", &[Need::Data, rpm, order], || {
        findings::agree(&images::alma()?, "AlmaLinux:9", "osv/AlmaLinux", 50)
    });
    // What Alpine 3.10 was published with has nothing that its records of that time name.
    suite.add("findings::alpine", &[Need::Data, Need::Root], || {
        findings::agree_on_alpine(&images::alpine()?, 0)
    });
    suite.add("findings::alpine_older", &[Need::Data, Need::Root], || {
        findings::agree_on_alpine(&images::alpine_older()?, 10)
    });
    suite.run(|| Ok(()))
}
