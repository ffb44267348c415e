//! Generated pairs, and the tools that say how they stand.

use std::cmp::Ordering;
use std::io::Write as _;
use std::process::{Command, Stdio};

use outcrop_model::version::VersionOrder;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Pairs that each order is held against its tool on.
const PAIRS: usize = 6_000;

/// Seed of every generator.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// How versions of an ecosystem are made: none holds a blank, none is empty.
pub(crate) struct Grammar {
    /// A version; now and then none of this ecosystem.
    pub(crate) version: fn(&mut Xorshift) -> String,
    /// What is put into a version to make one near it.
    pub(crate) pieces: &'static [&'static str],
    /// Another spelling that may mean the same.
    pub(crate) respelled: fn(&str, &mut Xorshift) -> String,
}

impl Grammar {
    /// Two versions that are near each other as often as not.
    fn pair(&self, random: &mut Xorshift) -> (String, String) {
        let left = (self.version)(random);
        let right = self.near(&left, random);
        (left, right)
    }

    fn near(&self, version: &str, random: &mut Xorshift) -> String {
        let near = match random.below(4) {
            0 => (self.version)(random),
            1 => version.to_owned(),
            _ => self.changed(version, random),
        };
        match random.below(3) {
            0 => (self.respelled)(&near, random),
            _ => near,
        }
    }

    /// A piece put in, or a character taken out; the first character stays.
    fn changed(&self, version: &str, random: &mut Xorshift) -> String {
        let at = 1 + random.below(version.len());
        let mut changed = version.to_owned();
        if random.below(2) == 0 && at < version.len() {
            changed.remove(at);
        } else {
            changed.insert_str(at, random.pick(self.pieces));
        }
        changed
    }
}

/// A program that reads lines `A B` and answers each with `<`, `=` or `>`, or with `!` where one of
/// the two is no version.
pub(crate) struct Oracle {
    program: String,
    arguments: Vec<String>,
}

/// Why an order cannot be held against its tool here.
pub(crate) enum Lacking {
    /// The tool of this name.
    Tool(&'static str),
    /// The large real data that holds the tool.
    Data,
}

impl Oracle {
    pub(crate) fn new(program: impl Into<String>, arguments: &[&str]) -> Self {
        Self {
            program: program.into(),
            arguments: arguments.iter().map(|&argument| argument.into()).collect(),
        }
    }

    /// The oracle itself where `probe` succeeds, a program with its arguments.
    pub(crate) fn if_succeeds(self, probe: &[&str], tool: &'static str) -> Result<Self, Lacking> {
        succeeds(probe).then_some(self).ok_or(Lacking::Tool(tool))
    }

    fn answers(&self, pairs: &[(String, String)]) -> Vec<String> {
        let mut oracle = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the oracle starts");
        let mut input = oracle.stdin.take().expect("the input is piped");
        let lines: Vec<String> = pairs
            .iter()
            .map(|(left, right)| format!("{left} {right}\n"))
            .collect();
        let writer = std::thread::spawn(move || input.write_all(lines.concat().as_bytes()));
        let output = oracle.wait_with_output().expect("the oracle ends");
        writer.join().expect("no panic").expect("the oracle reads");
        String::from_utf8(output.stdout)
            .expect("ASCII")
            .lines()
            .map(str::to_owned)
            .collect()
    }
}

/// Whether a program with its arguments can be started and succeeds.
pub(crate) fn succeeds(command: &[&str]) -> bool {
    Command::new(command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Asserts that generated pairs stand in `order` as the oracle says, and that each of its `kinds`
/// of answers occurs in more than one of a hundred pairs.
pub(crate) fn agrees(
    test: &str,
    order: &dyn VersionOrder,
    grammar: &Grammar,
    oracle: Result<Oracle, Lacking>,
    kinds: &[&str],
) {
    let oracle = match oracle {
        Ok(oracle) => oracle,
        Err(lacking) => return skip(test, &lacking),
    };
    let mut random = Xorshift(SEED);
    let pairs: Vec<(String, String)> = (0..PAIRS).map(|_| grammar.pair(&mut random)).collect();
    let answers: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = pairs
            .chunks(PAIRS / 2)
            .map(|pairs| scope.spawn(|| oracle.answers(pairs)))
            .collect();
        asked
            .into_iter()
            .flat_map(|answers| answers.join().expect("the oracle answers"))
            .collect()
    });
    assert_eq!(answers.len(), pairs.len(), "one answer a pair");
    let wrong: Vec<String> = pairs
        .iter()
        .zip(&answers)
        .filter_map(|((left, right), answer)| {
            let found = sign(order.compare(left, right));
            (found != answer).then(|| format!("`{left} {answer} {right}`, not `{found}`"))
        })
        .collect();
    let shown = &wrong[..wrong.len().min(40)];
    assert!(wrong.is_empty(), "{} pairs: {shown:#?}", wrong.len());
    for kind in kinds {
        let count = answers.iter().filter(|answer| answer == kind).count();
        assert!(count > PAIRS / 100, "too few pairs are {kind}: {count}");
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skip(test: &str, lacking: &Lacking) {
    let required = std::env::var_os("OUTCROP_REQUIRE_ENGINES").is_some_and(|value| value == "1");
    match lacking {
        Lacking::Tool(tool) => {
            assert!(!required, "there is no {tool} here");
            eprintln!("skipped: {test}: there is no {tool} here");
        }
        Lacking::Data => eprintln!("skipped: {test}: there is no test data"),
    }
}

const fn sign(order: Option<Ordering>) -> &'static str {
    match order {
        Some(Ordering::Less) => "<",
        Some(Ordering::Equal) => "=",
        Some(Ordering::Greater) => ">",
        None => "!",
    }
}

/// Asserts the laws of a total order on generated versions: each equals itself, swapping two
/// reverses their order, and the order is transitive, equality included. Any text has an answer.
/// Every run has the same cases.
pub(crate) fn is_a_total_order(order: &dyn VersionOrder, grammar: &Grammar) {
    let config = Config {
        cases: 2_000,
        failure_persistence: None,
        ..Config::default()
    };
    let three = any::<u64>().prop_map(|seed| {
        let mut random = Xorshift(seed | 1);
        let (first, second) = grammar.pair(&mut random);
        let third = grammar.near(&second, &mut random);
        [first, second, third]
    });
    let runner = || {
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        TestRunner::new_with_rng(config.clone(), random)
    };
    let outcome = runner().run(&three, |versions| {
        obeys_the_laws(order, &versions.each_ref().map(String::as_str))
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());

    let outcome = runner().run(&(".*", "[0-9a-z:~^_+.-]*"), |(left, right)| {
        obeys_the_laws(order, &[&left, &right])
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

fn obeys_the_laws(order: &dyn VersionOrder, texts: &[&str]) -> Result<(), TestCaseError> {
    let is_version = |text: &str| order.compare(text, text).is_some();
    for left in texts {
        let itself = order.compare(left, left);
        prop_assert!(matches!(itself, None | Some(Ordering::Equal)));
        for right in texts {
            let found = order.compare(left, right);
            prop_assert_eq!(found.is_some(), is_version(left) && is_version(right));
            prop_assert_eq!(found, order.compare(right, left).map(Ordering::reverse));
        }
    }
    let versions: Vec<&str> = texts
        .iter()
        .copied()
        .filter(|text| is_version(text))
        .collect();
    let at_most = |left, right| order.compare(left, right) != Some(Ordering::Greater);
    for first in &versions {
        for second in &versions {
            for third in &versions {
                prop_assert!(
                    !(at_most(first, second) && at_most(second, third)) || at_most(first, third),
                    "`{}` <= `{}` <= `{}`",
                    first,
                    second,
                    third
                );
            }
        }
    }
    Ok(())
}

/// A small generator of numbers that look random; its seed must not be zero.
pub(crate) struct Xorshift(u64);

impl Xorshift {
    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % limit as u64) as usize
    }

    /// One of `texts`.
    pub(crate) fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }
}
