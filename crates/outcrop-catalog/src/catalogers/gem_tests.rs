use std::sync::Arc;

use outcrop_image::fixtures::TarFixture;
use outcrop_image::{Cancellation, Limits, analyse_layer, squash};

use super::*;
use crate::findings::described;
use crate::fuzz::survives;

/// Written after the specification of gems.
const GEMSPEC: &str = r#"# -*- encoding: utf-8 -*-
# stub: nokogiri 1.13.10 x86_64-linux lib
# stub: ext/nokogiri/extconf.rb

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.13.10"
  s.platform = "x86_64-linux".freeze

  s.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=
  s.metadata = { "name" => "other" } if s.respond_to? :metadata=
  s.description = "It says s.version = \"9\" here".freeze
  s.licenses = ["MIT".freeze, 'Own \'licence\''.freeze]
  s.rubygems_version = "3.3.15".freeze
end
"#;
const FOLDER: &str = "usr/local/bundle/specifications";

fn check(content: &str, packages: &[&str], problems: &[&str]) {
    let path = format!("{FOLDER}/x.gemspec");
    let analysis = Gem.analyse(&CandidateFile::whole(&path, content.as_bytes()));
    let (found, told) = described(&analysis);
    assert_eq!(found, packages, "{content}");
    assert_eq!(told, problems, "{content}");
}

#[test]
fn assignments_tell_the_gem() {
    check(
        GEMSPEC,
        &[
            "gem nokogiri 1.13.10 in usr/local/bundle/specifications (MIT) (“Own 'licence'”) \
           platform=x86_64-linux",
        ],
        &[],
    );
    check(
        "  spec.name = 'a'\n  spec.version = '1' if true\n  spec.license = 'MIT'\n",
        &["gem a 1 in usr/local/bundle/specifications (MIT)"],
        &[],
    );
}

#[test]
fn the_comment_tells_what_assignments_do_not() {
    check(
        "# stub: a 1.0 ruby lib\nGem::Specification.new do |s|\n  s.version = A::VERSION\nend\n",
        &["gem a 1.0 in usr/local/bundle/specifications"],
        &[],
    );
    check(
        "s.name = \"a\"\ns.version = A::VERSION\n",
        &[],
        &["Malformed a record without a version was passed over: `a`"],
    );
}

#[test]
fn only_specifications_of_installed_gems_are_wanted() {
    let wants = |path| Gem.wants(&FileFacts::of_path(path)).is_some();
    assert!(wants(
        "usr/lib/ruby/gems/3.1.0/specifications/rake-13.0.6.gemspec"
    ));
    assert!(wants("a/specifications/default/json-2.6.1.gemspec"));
    assert!(!wants("a/gems/rake-13.0.6/rake.gemspec"));
    assert!(!wants("a/default/json.gemspec"));
    assert!(!wants("a/specifications/x.rb"));
}

#[test]
fn a_version_beside_another_belongs_to_its_own_layer() {
    let analysers: [&dyn Analyser; 1] = [&Gem];
    let reports = ["9.0", "10.0"].map(|version| {
        let path = format!("{FOLDER}/a-{version}.gemspec");
        let content = format!("s.name = \"a\"\ns.version = \"{version}\"\n");
        let layer = TarFixture::new().file(&path, content).bytes();
        let cancellation = Cancellation::new();
        let read = analyse_layer(
            &mut &layer[..],
            &analysers,
            None,
            &Limits::DEFAULT,
            &cancellation,
        );
        Some(Arc::new(read.unwrap().report))
    });
    let layers = [0, 1].map(|layer: usize| reports[layer].as_ref().unwrap().diff_id);
    let inventory = squash(&layers, &reports, &analysers, &Cancellation::new()).unwrap();
    let told: Vec<(&str, usize, usize)> = inventory
        .packages
        .iter()
        .map(|found| {
            let version = found.package.version.as_str();
            (version, found.introduced_in, found.changes.len())
        })
        .collect();
    assert_eq!(told, [("9.0", 0, 1), ("10.0", 1, 1)]);
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&Gem, "a/specifications/x.gemspec", GEMSPEC.as_bytes());
}
