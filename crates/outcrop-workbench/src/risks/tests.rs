use outcrop_model::{
    DiffId, Digest, Evidence, HistoryEntry, InventoryPackage, LayerFacts, Package, SecretTrace,
    Sighting,
};

use super::*;
use crate::report::{Ancestor, Certainty, Role, SeverityCounts};

/// `created_by`, with `-` before those without a layer.
fn config(history: &[&str]) -> ImageConfig {
    let mut config = ImageConfig::parse(b"{}").unwrap();
    config.user = "0".into();
    for step in history {
        let (empty_layer, created_by) = match step.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, *step),
        };
        if !empty_layer {
            config
                .diff_ids
                .push(DiffId(Digest::of(created_by.as_bytes())));
        }
        config.history.push(HistoryEntry {
            created_by: created_by.into(),
            empty_layer,
            ..HistoryEntry::default()
        });
    }
    config
}

fn layers(config: &ImageConfig) -> Vec<Layer> {
    let history = config.layer_history();
    (0..config.diff_ids.len())
        .map(|index| Layer {
            index: index as u32,
            diff_id: config.diff_ids[index].to_string(),
            instruction: format!("instruction {index}"),
            history_index: history[index].map(|step| step as u32),
            created: None,
            ancestor: None,
            owner: String::new(),
            size_bytes: 1,
            files: 1,
            hidden_bytes: 0,
            packages: 0,
            counts: SeverityCounts::default(),
            risks: 0,
            read: true,
        })
        .collect()
}

fn ancestor(layers: u32) -> Ancestor {
    Ancestor {
        config_digest: None,
        name: "base:1".into(),
        role: Role::Base,
        layers,
        certainty: Certainty::Exact,
        evidence: Vec::new(),
    }
}

/// An image of which the lowest layers, and as many history entries, are `base:1`'s.
fn built_on(layers: usize, of: usize, steps: Option<usize>) -> Ownership {
    Ownership {
        ancestors: vec![ancestor(layers as u32)],
        owners: (0..of).map(|layer| (layer < layers).then_some(0)).collect(),
        steps: vec![steps],
    }
}

fn sighting(check: &str, path: &str, layer: usize) -> PlacedSighting {
    PlacedSighting {
        sighting: Sighting {
            check: check.into(),
            path: path.into(),
            line: None,
            detail: "mode 4755".into(),
            secret: None,
            ships_when_hidden: false,
        },
        introduced_in: layer,
        hidden_in: None,
        package: None,
    }
}

fn secret(path: &str, layer: usize) -> PlacedSighting {
    let mut placed = sighting("secret-in-file", path, layer);
    placed.sighting.line = Some(3);
    placed.sighting.secret = Some(SecretTrace {
        kind: "unknown-kind".into(),
        first: "ab".into(),
        last: "yz".into(),
        fingerprint: "0123456789abcdef".into(),
    });
    placed
}

fn of_package(mut placed: PlacedSighting, name: &str) -> PlacedSighting {
    placed.package = Some(outcrop_model::PackageOwner {
        kind: PackageKind::Deb,
        name: name.into(),
    });
    placed
}

fn installed(name: &str, introduced_in: usize) -> InventoryPackage {
    InventoryPackage {
        package: Package::new(
            PackageKind::Deb,
            name,
            "1",
            Evidence {
                cataloger: "test".into(),
                path: "var/lib/dpkg/status".into(),
            },
        ),
        introduced_in,
        first_seen_in: introduced_in,
        evidence_layer: None,
        changes: Vec::new(),
        owner: None,
    }
}

fn inventory(packages: Vec<InventoryPackage>, layers: usize) -> Inventory {
    Inventory {
        operating_system: None,
        packages,
        configuration_leftovers: Vec::new(),
        package_sources: Vec::new(),
        layers: (0..layers)
            .map(|layer| LayerFacts {
                diff_id: DiffId(Digest::of(&[layer as u8])),
                read: true,
                content_bytes: 1,
                files: 1,
                hidden_bytes: 0,
            })
            .collect(),
        problems: Vec::new(),
        posture: None,
    }
}

fn told(
    sightings: Vec<PlacedSighting>,
    packages: Vec<InventoryPackage>,
    config: &ImageConfig,
    ownership: &Ownership,
) -> RiskSection {
    risks(&Grounds {
        config,
        inventory: &inventory(packages, config.diff_ids.len()),
        posture: &Posture {
            sightings,
            ..Posture::default()
        },
        ownership,
        layers: &layers(config),
        requirements: &Requirements::default(),
    })
}

const STEPS: [&str; 3] = ["ADD root", "-CMD [\"sh\"]", "COPY app /app"];

#[test]
fn a_risk_of_a_file_has_the_place_and_the_owner_of_its_layer() {
    let config = config(&STEPS);
    let sightings = vec![
        sighting("setuid-program", "bin/su", 0),
        sighting("setuid-program", "app/run it", 1),
    ];
    let section = told(sightings, Vec::new(), &config, &built_on(1, 2, Some(2)));
    let of_files: Vec<_> = section
        .risks
        .iter()
        .filter(|risk| risk.group == RiskGroup::Files)
        .map(|risk| {
            (
                risk.owner.as_str(),
                risk.inherited,
                risk.instruction.as_str(),
                risk.history_index,
                risk.containerfile.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        of_files,
        [
            (
                "this image",
                false,
                "instruction 1",
                Some(2),
                Some("RUN chmod u-s,g-s '/app/run it'")
            ),
            (
                "base:1",
                true,
                "instruction 0",
                Some(0),
                Some("RUN chmod u-s,g-s /bin/su")
            ),
        ]
    );
    let inherited = section.risks.iter().find(|risk| risk.inherited).unwrap();
    assert!(inherited.remedy.starts_with("Mend it in `base:1`"));
    assert_eq!(
        section.counts.total(),
        section.counts.brought_here + 1,
        "{:?}",
        section.risks
    );
}

#[test]
fn a_step_belongs_to_the_base_as_far_as_its_history_goes() {
    let steps = [
        "ADD root",
        "-ENV A=1",
        "-CMD [\"sh\"]",
        "-ENV B=1",
        "COPY app /app",
        "-CMD [\"app\"]",
    ];
    let config = config(&steps);
    let check = |ownership: &Ownership, expected: [bool; 6]| {
        let inherited: Vec<bool> = (0..6)
            .map(|step| ownership.of_step(&config, step).is_some())
            .collect();
        assert_eq!(inherited, expected);
    };
    // The base is here: its own history tells.
    check(
        &built_on(1, 2, Some(4)),
        [true, true, true, true, false, false],
    );
    check(
        &built_on(1, 2, Some(1)),
        [true, false, false, false, false, false],
    );
    // It is not: up to the command that follows its last layer.
    check(
        &built_on(1, 2, None),
        [true, true, true, false, false, false],
    );
    check(&Ownership::default(), [false; 6]);
}

#[test]
fn what_a_package_of_the_system_ships_is_public() {
    let config = config(&STEPS);
    let names = |sightings: Vec<PlacedSighting>, packages| -> Vec<String> {
        told(sightings, packages, &config, &Ownership::default())
            .risks
            .iter()
            .filter(|risk| risk.secret.is_some())
            .filter_map(|risk| risk.path.clone())
            .collect()
    };
    let shipped = |layer| of_package(secret("usr/share/doc/key.pem", layer), "libfoo");
    let nothing: [&str; 0] = [];
    assert_eq!(
        names(vec![shipped(0)], vec![installed("libfoo", 0)]),
        nothing
    );
    // The file came in another layer than the package: somebody wrote into it.
    assert_eq!(
        names(vec![shipped(1)], vec![installed("libfoo", 0)]),
        ["usr/share/doc/key.pem"]
    );
    // Configuration is there to be changed.
    let configured = of_package(secret("etc/foo.conf", 0), "libfoo");
    assert_eq!(
        names(vec![configured], vec![installed("libfoo", 0)]),
        ["etc/foo.conf"]
    );
    assert_eq!(names(vec![secret("srv/key", 0)], Vec::new()), ["srv/key"]);
}

#[test]
fn permissions_that_a_package_sets_are_worth_knowing_only() {
    let config = config(&STEPS);
    let placed = of_package(sighting("setuid-program", "usr/bin/passwd", 0), "passwd");
    let section = told(vec![placed], Vec::new(), &config, &Ownership::default());
    let risk = section
        .risks
        .iter()
        .find(|risk| risk.check == "setuid-program")
        .unwrap();
    assert_eq!(risk.severity, Severity::Negligible);
    assert_eq!(
        risk.message,
        "Setuid program: `/usr/bin/passwd`, mode 4755, as package `passwd` installs it"
    );
}

#[test]
fn a_hidden_secret_says_where_it_is_hidden_and_shows_four_characters() {
    let config = config(&STEPS);
    let mut placed = secret("app/.env", 0);
    placed.hidden_in = Some(1);
    let section = told(vec![placed], Vec::new(), &config, &Ownership::default());
    let risk = section
        .risks
        .iter()
        .find(|risk| risk.secret.is_some())
        .unwrap();
    assert!(!risk.visible);
    assert_eq!((risk.hidden_in, risk.line), (Some(1), Some(3)));
    assert_eq!(risk.secret.as_ref().unwrap().shown, "ab…yz");
    assert!(
        risk.message.ends_with("`/app/.env`, line 3: ab…yz"),
        "{}",
        risk.message
    );
}
