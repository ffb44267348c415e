//! The Debian order against dpkg itself, and against the laws of a total order.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use outcrop_model::version::VersionOrder as _;
use outcrop_model::version::debian::Debian;
use proptest::prelude::*;

/// Answers a line for each pair: `<`, `=`, `>`, or `!` where dpkg takes one for no version.
const ORACLE: &str = r#"
while read -r left right; do
    dpkg --compare-versions "$left" lt "$right" 2>/dev/null
    case $? in
        0) echo '<' ;;
        1) if dpkg --compare-versions "$left" eq "$right" 2>/dev/null; then echo '='; else echo '>'; fi ;;
        *) echo '!' ;;
    esac
done
"#;

const PAIRS: usize = 6_000;

#[test]
fn six_thousand_pairs_stand_as_dpkg_says() {
    if Command::new("dpkg").arg("--version").output().is_err() {
        eprintln!("skipped: six_thousand_pairs_stand_as_dpkg_says: there is no dpkg here");
        return;
    }
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    let pairs: Vec<(String, String)> = (0..PAIRS).map(|_| pair(&mut random)).collect();
    let answers: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = pairs
            .chunks(PAIRS / 2)
            .map(|pairs| scope.spawn(|| ask(pairs)))
            .collect();
        asked
            .into_iter()
            .flat_map(|answer| answer.join().expect("the oracle answers"))
            .collect()
    });
    assert_eq!(answers.len(), pairs.len());
    for ((left, right), answer) in pairs.iter().zip(&answers) {
        let expected = match answer.as_str() {
            "<" => Some(Ordering::Less),
            "=" => Some(Ordering::Equal),
            ">" => Some(Ordering::Greater),
            _ => None,
        };
        assert_eq!(Debian.compare(left, right), expected, "{left} {right}");
    }
    for kind in ["<", "=", ">", "!"] {
        let count = answers.iter().filter(|answer| *answer == kind).count();
        assert!(count > PAIRS / 100, "too few pairs are {kind}: {count}");
    }
}

fn ask(pairs: &[(String, String)]) -> Vec<String> {
    let mut oracle = Command::new("sh")
        .args(["-c", ORACLE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh starts");
    let mut input = oracle.stdin.take().expect("the input is piped");
    let lines: Vec<String> = pairs
        .iter()
        .map(|(left, right)| format!("{left} {right}\n"))
        .collect();
    let writer = std::thread::spawn(move || input.write_all(lines.concat().as_bytes()));
    let output = oracle.wait_with_output().expect("sh ends");
    writer.join().expect("no panic").expect("sh reads");
    String::from_utf8(output.stdout)
        .expect("ASCII")
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Two versions that are near each other as often as not, and now and then none at all.
fn pair(random: &mut Xorshift) -> (String, String) {
    let left = version(random);
    let right = match random.below(4) {
        0 => version(random),
        1 => left.clone(),
        _ => changed(&left, random),
    };
    let right = match random.below(3) {
        0 => respelled(&right, random),
        _ => right,
    };
    (left, right)
}

const PIECES: &[&str] = &[
    "0",
    "1",
    "2",
    "9",
    "10",
    "007",
    "18446744073709551616",
    ".",
    "..",
    "+",
    "~",
    "~~",
    "-",
    "a",
    "b",
    "rc",
    "Z",
    "dfsg",
    "+deb12u",
    "~bpo12+",
    "+b",
    "git20240101",
    "really",
    "ubuntu",
    ".0",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = String::new();
    match random.below(24) {
        0..6 => version.push_str(["0:", "1:", "2:", "00:", "9:", "2147483647:"][random.below(6)]),
        6 => version.push_str([":", "a:", "2147483648:", "1:2:"][random.below(4)]),
        _ => {}
    }
    version.push_str(["0", "1", "2", "3", "12", "01", "a"][random.below(7)]);
    for _ in 0..random.below(7) {
        version.push_str(PIECES[random.below(PIECES.len())]);
    }
    version
}

/// A piece put in, or a character taken out.
fn changed(version: &str, random: &mut Xorshift) -> String {
    let at = 1 + random.below(version.len());
    let mut changed = version.to_owned();
    if random.below(2) == 0 && at < version.len() {
        changed.remove(at);
    } else {
        changed.insert_str(at, PIECES[random.below(PIECES.len())]);
    }
    changed
}

/// Another spelling that may mean the same.
fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("{version}-0"),
        1 => format!("0:{version}"),
        2 => version.replace(".1", ".01"),
        _ => format!("{version}0"),
    }
}

struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit as u64) as usize
    }
}

fn versions() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES), 0..6)
        .prop_map(|pieces| format!("1{}", pieces.concat()))
        .prop_filter("a version", |version| {
            Debian.compare(version, version).is_some()
        })
}

proptest! {
    #[test]
    fn swapping_the_two_reverses_the_order(left in versions(), right in versions()) {
        prop_assert_eq!(
            Debian.compare(&left, &right),
            Debian.compare(&right, &left).map(Ordering::reverse)
        );
        prop_assert_eq!(Debian.compare(&left, &left), Some(Ordering::Equal));
    }

    #[test]
    fn the_order_is_transitive(first in versions(), second in versions(), third in versions()) {
        let mut sorted = [first, second, third];
        sorted.sort_by(|left, right| Debian.compare(left, right).expect("versions"));
        for (lower, upper) in [(0, 1), (1, 2), (0, 2)] {
            prop_assert_ne!(
                Debian.compare(&sorted[lower], &sorted[upper]),
                Some(Ordering::Greater)
            );
        }
        if Debian.compare(&sorted[0], &sorted[1]) == Some(Ordering::Equal) {
            prop_assert_eq!(
                Debian.compare(&sorted[0], &sorted[2]),
                Debian.compare(&sorted[1], &sorted[2])
            );
        }
    }

    #[test]
    fn any_text_has_an_answer(left in ".*", right in "[0-9:~+.-]*") {
        let order = Debian.compare(&left, &right);
        prop_assert_eq!(order, Debian.compare(&right, &left).map(Ordering::reverse));
    }
}
