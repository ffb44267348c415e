//! The built desktop application, driven through `WebDriver` under a display of its own.
//!
//! The release build with its real content security policy; its screens are kept as pictures in
//! `target/screenshots/`, each in both themes.

mod scenario;
mod window;

use std::process::ExitCode;

use outcrop_tests::engine::{self, Kind};
use outcrop_tests::suite::{Need, Suite};

fn main() -> anyhow::Result<ExitCode> {
    let desktop = [
        Need::Root,
        Need::Built(
            window::APPLICATION,
            "build the interface, then `cargo build --release -p outcrop-desktop --features tauri/custom-protocol`",
        ),
        Need::Built(
            window::DRIVER,
            "`cargo install tauri-driver --version 2.1.0 --locked --root target/tools`",
        ),
        Need::Program("WebKitWebDriver", "webkit2gtk-driver"),
        Need::Program("Xvfb", "xvfb"),
    ];
    let with_engine = [&desktop[..], &engine::needs(Kind::Docker), &[Need::Data]].concat();
    let mut suite = Suite::default().one_at_a_time();
    suite.add("first_run_without_an_engine", &desktop, scenario::first_run);
    suite.add("risks_without_their_secrets", &desktop, scenario::risks);
    suite.add("the_main_path", &with_engine, scenario::main_path);
    suite.add("a_cancelled_scan", &with_engine, scenario::cancel);
    suite.add("keys_alone", &with_engine, scenario::keyboard);
    suite.run(scenario::stop)
}
