//! What engines are called.

use super::endpoint::{Endpoint, EngineKind, Product, Provenance};

/// A name for an engine found at `endpoint` that is not among `taken`.
///
/// `docker` or `podman` for the first of its kind; then the name of its context, connection or
/// profile; then the kind with `-rootless` or a number.
pub(super) fn choose(
    kind: EngineKind,
    rootless: bool,
    endpoint: &Endpoint,
    taken: impl Fn(&str) -> bool,
) -> String {
    let word = kind.word();
    let given = endpoint.found_by.iter().find_map(|found| match found {
        Provenance::DockerContext { name, .. }
        | Provenance::PodmanConnection { name, .. }
        | Provenance::WellKnown(Product::PodmanMachine(name) | Product::Lima(name)) => {
            Some(name.clone())
        }
        Provenance::WellKnown(Product::Colima(profile)) => Some(match profile.as_str() {
            "default" => "colima".to_owned(),
            profile => format!("colima-{profile}"),
        }),
        Provenance::WellKnown(Product::DockerDesktop) => Some("docker-desktop".to_owned()),
        Provenance::WellKnown(Product::RancherDesktop) => Some("rancher-desktop".to_owned()),
        Provenance::WellKnown(Product::OrbStack) => Some("orbstack".to_owned()),
        _ => None,
    });
    let numbered = (2..).map(|number| format!("{word}-{number}"));
    std::iter::once(word.to_owned())
        .chain(given.filter(|name| is_plain(name)))
        .chain(rootless.then(|| format!("{word}-rootless")))
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or_else(|| word.to_owned())
}

/// A name that can be typed after `--engine`.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_tell_engines_apart() {
        let check = |found_by: Provenance, rootless: bool, taken: &[&str], expected: &str| {
            let endpoint = Endpoint::from_text("unix:///x", found_by);
            let name = choose(EngineKind::Docker, rootless, &endpoint, |name| {
                taken.contains(&name)
            });
            assert_eq!(name, expected);
        };
        let context = |name: &str| Provenance::DockerContext {
            name: name.to_owned(),
            current: false,
        };
        let system = || Provenance::WellKnown(Product::Docker);
        check(system(), false, &[], "docker");
        check(context("lab"), false, &[], "docker");
        check(context("lab"), false, &["docker"], "lab");
        check(context("lab"), false, &["docker", "lab"], "docker-2");
        check(context("a b"), false, &["docker"], "docker-2");
        check(system(), true, &["docker"], "docker-rootless");
        check(system(), true, &["docker", "docker-rootless"], "docker-2");
        check(system(), false, &["docker", "docker-2"], "docker-3");
        check(
            Provenance::WellKnown(Product::Colima("default".into())),
            false,
            &["docker"],
            "colima",
        );
    }
}
