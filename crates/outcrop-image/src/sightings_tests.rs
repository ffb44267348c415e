use std::sync::Arc;

use outcrop_model::{Account, Accounts, Posture, SecretTrace};

use super::*;
use crate::cancellation::Cancellation;
use crate::fixtures::TarFixture;
use crate::inspector::{ContentSearch, EntryFacts, EntryKind, Inspector, Sightings};
use crate::layer::analyse_layer;
use crate::limits::Limits;
use crate::squash::squash;

/// Sees setuid bits, open folders, capabilities, and content that has `SECRET` in it.
struct Eye;

fn sighting(check: &str, path: &str, detail: String) -> Sighting {
    Sighting {
        check: check.to_owned(),
        path: path.to_owned(),
        line: None,
        detail,
        secret: None,
        ships_when_hidden: false,
    }
}

impl Inspector for Eye {
    fn name(&self) -> &'static str {
        "eye-1"
    }

    fn entry(&self, entry: &EntryFacts<'_>, seen: &mut Sightings) {
        if entry.kind == EntryKind::File && entry.mode & 0o4000 != 0 {
            seen.add(sighting("setuid", entry.path, format!("{:o}", entry.mode)));
        }
        if entry.kind == EntryKind::Folder && entry.mode & 0o2 != 0 {
            seen.add(sighting("open", entry.path, String::new()));
        }
        if let Some(capability) = entry.capability {
            seen.add(sighting("capable", entry.path, format!("{capability:?}")));
        }
    }

    fn search(&self) -> Box<dyn ContentSearch + '_> {
        Box::new(Words::default())
    }
}

#[derive(Default)]
struct Words {
    path: String,
    text: Vec<u8>,
}

impl ContentSearch for Words {
    fn begin(&mut self, entry: &EntryFacts<'_>, _start: &[u8]) -> bool {
        entry.path.clone_into(&mut self.path);
        self.text.clear();
        true
    }

    fn feed(&mut self, bytes: &[u8], last: bool, seen: &mut Sightings) -> bool {
        self.text.extend_from_slice(bytes);
        if last {
            for (at, _) in String::from_utf8_lossy(&self.text).match_indices("SECRET") {
                let value = &self.text[at..self.text.len().min(at + 7)];
                seen.add(Sighting {
                    secret: Some(SecretTrace {
                        kind: "word".into(),
                        first: String::new(),
                        last: String::new(),
                        fingerprint: String::from_utf8_lossy(value).into_owned(),
                    }),
                    ships_when_hidden: true,
                    ..sighting("secret", &self.path, format!("at {at}"))
                });
            }
        }
        true
    }
}

fn posture(layers: Vec<TarFixture>) -> Posture {
    let reports: Vec<_> = layers
        .into_iter()
        .map(|layer| {
            let bytes = layer.bytes();
            let never = Cancellation::new();
            let read = analyse_layer(&mut &bytes[..], &[], Some(&Eye), &Limits::DEFAULT, &never);
            let report = read.unwrap().report;
            // As it comes back from the store.
            Some(Arc::new(LayerReport::decode(&report.encode()).unwrap()))
        })
        .collect();
    let diff_ids: Vec<_> = reports
        .iter()
        .flatten()
        .map(|report| report.diff_id)
        .collect();
    let inventory = squash(&diff_ids, &reports, &[], &Cancellation::new()).unwrap();
    inventory.posture.expect("every layer was looked at")
}

/// `check path introduced[-hidden]`.
fn seen(layers: Vec<TarFixture>) -> Vec<String> {
    posture(layers)
        .sightings
        .iter()
        .map(|placed| {
            let hidden = placed
                .hidden_in
                .map_or_else(String::new, |layer| format!("-{layer}"));
            let sighting = &placed.sighting;
            let layer = placed.introduced_in;
            format!("{} {} {layer}{hidden}", sighting.check, sighting.path)
        })
        .collect()
}

#[test]
fn a_sighting_lives_as_long_as_its_entry() {
    let layer = TarFixture::new;
    let setuid = |mode| layer().mode(mode).file("bin/su", "x");
    let nothing: [&str; 0] = [];
    let check = |layers: Vec<TarFixture>, expected: &[&str]| assert_eq!(seen(layers), expected);
    check(vec![setuid(0o4755)], &["setuid bin/su 0"]);
    check(
        vec![setuid(0o4755), layer().file("other", "")],
        &["setuid bin/su 0"],
    );
    // The same again in a later layer is what was there before.
    check(vec![setuid(0o4755), setuid(0o4755)], &["setuid bin/su 0"]);
    // Another mode is another thing.
    check(vec![setuid(0o4755), setuid(0o4711)], &["setuid bin/su 1"]);
    check(vec![setuid(0o4755), setuid(0o755)], &nothing);
    check(
        vec![setuid(0o4755), layer().file("bin/.wh.su", "")],
        &nothing,
    );
    check(vec![setuid(0o4755), layer().file(".wh.bin", "")], &nothing);
    check(
        vec![setuid(0o4755), layer().file("bin/.wh..wh..opq", "")],
        &nothing,
    );
    let gone_and_back = vec![
        setuid(0o4755),
        layer().file("bin/.wh.su", ""),
        setuid(0o4755),
    ];
    check(gone_and_back, &["setuid bin/su 2"]);
    // Two entries of one path in one layer: the last one stands.
    check(
        vec![setuid(0o4755).mode(0o755).file("bin/su", "y")],
        &nothing,
    );
}

#[test]
fn a_folder_has_the_mode_that_its_last_entry_says() {
    let open = |mode| TarFixture::new().mode(mode).folder("srv/");
    let nothing: [&str; 0] = [];
    assert_eq!(seen(vec![open(0o777)]), ["open srv 0"]);
    assert_eq!(seen(vec![open(0o777), open(0o777)]), ["open srv 0"]);
    assert_eq!(seen(vec![open(0o777), open(0o755)]), nothing);
    let file = TarFixture::new().file("srv/file", "");
    assert_eq!(seen(vec![open(0o777), file]), ["open srv 0"]);
}

#[test]
fn what_ships_when_hidden_stays_with_the_layer_that_hides_it() {
    let with = |text: &str| TarFixture::new().file("app/.env", text);
    let gone = || TarFixture::new().file("app/.wh..env", "");
    let check = |layers: Vec<TarFixture>, expected: &[&str]| assert_eq!(seen(layers), expected);
    check(vec![with("SECRET1"), gone()], &["secret app/.env 0-1"]);
    check(
        vec![with("SECRET1"), with("nothing")],
        &["secret app/.env 0-1"],
    );
    check(
        vec![with("SECRET1"), gone(), with("SECRET1")],
        &["secret app/.env 0"],
    );
    check(
        vec![with("SECRET1"), with("SECRET1")],
        &["secret app/.env 0"],
    );
    check(
        vec![with("SECRET1"), with("SECRET2")],
        &["secret app/.env 0-1", "secret app/.env 1"],
    );
}

#[test]
fn contents_of_every_size_are_searched() {
    for length in [10, 5_000, 65_536, 65_537, 262_144, 1_000_000, 70 << 20] {
        let mut text = vec![b'.'; length];
        let at = length - 7;
        text[at..].copy_from_slice(b"SECRET1");
        let found = posture(vec![TarFixture::new().file("a", "x").file("large", &text)]);
        let [placed] = &found.sightings[..] else {
            panic!("{length}: {:?}", found.sightings);
        };
        assert_eq!(placed.sighting.detail, format!("at {at}"), "{length}");
    }
}

#[test]
fn attributes_and_owners_come_from_the_header() {
    let layer = TarFixture::new()
        .capability(&[1, 0, 0, 2])
        .user(7)
        .file("bin/ping", "")
        .file("bin/other", "");
    let posture = posture(vec![layer]);
    let [capable] = &posture.sightings[..] else {
        panic!("{:?}", posture.sightings);
    };
    assert_eq!(capable.sighting.path, "bin/ping");
    assert_eq!(capable.sighting.detail, "[1, 0, 0, 2]");
    let [owned] = &posture.owners[0][..] else {
        panic!("{:?}", posture.owners);
    };
    assert_eq!((owned.user, owned.count), (7, 2));
    assert_eq!(owned.examples, ["bin/ping", "bin/other"]);
}

#[test]
fn more_than_is_listed_is_counted() {
    let many = (0..600).fold(TarFixture::new().mode(0o4755), |layer, number| {
        layer.file(&format!("bin/{number}"), "x")
    });
    let posture = posture(vec![many]);
    assert_eq!(posture.sightings.len(), crate::MAX_SIGHTINGS_OF_CHECK);
    let [note] = &posture.notes[..] else {
        panic!("{:?}", posture.notes);
    };
    assert_eq!(
        note.message,
        "more of `setuid` was seen than is listed: 100"
    );
}

#[test]
fn an_account_is_put_down_to_the_layer_that_made_it_so() {
    let concluded = |accounts: &[(&str, u64, Password)]| {
        let accounts = accounts.iter().map(|(name, user, password)| Account {
            name: (*name).to_owned(),
            user: *user,
            group: 0,
            shell: String::new(),
            password: *password,
            line: 1,
            shadow_line: None,
        });
        [Conclusion {
            accounts: Some(Accounts {
                accounts: accounts.collect(),
                ..Accounts::default()
            }),
            ..Conclusion::default()
        }]
    };
    let root = ("root", 0, Password::Locked);
    let mut standing = Standing::default();
    standing.follow_accounts(0, &concluded(&[root]));
    standing.follow_accounts(2, &concluded(&[root, ("open", 7, Password::Locked)]));
    standing.follow_accounts(3, &concluded(&[root, ("open", 7, Password::Empty)]));
    let last = [
        root,
        ("open", 7, Password::Empty),
        ("twin", 0, Password::Set),
    ];
    let mut last = concluded(&last);
    standing.follow_accounts(5, &last);
    let accounts = standing.into_posture(&mut last).unwrap().accounts.unwrap();
    assert_eq!(accounts.since, [0, 3, 5]);
    assert_eq!(accounts.since(&accounts.accounts[1]), Some(3));
}
