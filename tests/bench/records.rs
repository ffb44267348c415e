//! Made advisory records in the shape of Debian's: source names, releases, versions, ranges.

use outcrop_model::{AdvisoryRecord, AffectedPackage, Event, Range, RangeKind, Severity};

/// The ecosystem that is judged; each record speaks of the releases beside it too.
pub(crate) const ECOSYSTEM: &str = "Debian:12";
const RELEASES: [&str; 3] = ["Debian:11", ECOSYSTEM, "Debian:13"];

/// Numbers that are the same in every run (Knuth, MMIX).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) const fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len() as u64) as usize]
    }

    /// A version that mends something. Debian policy, section 5.6.12: `[epoch:]upstream[-revision]`.
    pub(crate) fn version(&mut self) -> String {
        let epoch = if self.below(8) == 0 { "1:" } else { "" };
        format!("{epoch}{}", self.without_epoch())
    }

    /// An installed version: past most of those that mend something, as installed ones are.
    pub(crate) fn installed(&mut self) -> String {
        format!("1:{}", self.without_epoch())
    }

    fn without_epoch(&mut self) -> String {
        let [major, minor, patch] = [12, 30, 40].map(|limit| self.below(limit));
        let middle = self.one_of(&[
            "",
            "",
            "",
            "",
            "~rc1",
            "+dfsg",
            "+git20230412.1",
            "p1",
            "~beta2",
        ]);
        let revision = self.below(6) + 1;
        let stable = self.one_of(&["", "+deb12u1", "+deb12u2", "~deb12u1", ".1", "+b1"]);
        format!("{major}.{minor}.{patch}{middle}-{revision}{stable}")
    }
}

/// Name of a source package; every number gives another.
pub(crate) fn name(number: usize) -> String {
    const HEADS: [&str; 10] = [
        "lib", "python-", "golang-", "ruby-", "node-", "rust-", "", "php-", "r-cran-", "gst-",
    ];
    const TAILS: [&str; 8] = [
        "xml", "ssl", "image", "core", "http", "json", "crypt", "net",
    ];
    let tail = TAILS[number / HEADS.len() % TAILS.len()];
    format!("{}{tail}{number}", HEADS[number % HEADS.len()])
}

/// One record of one source package.
pub(crate) fn record(number: usize, package: &str, numbers: &mut Numbers) -> AdvisoryRecord {
    let cve = format!("CVE-{}-{}", 2005 + number % 21, 1_000 + number);
    let fixed = numbers.version();
    let affected = RELEASES.map(|ecosystem| AffectedPackage {
        ecosystem: ecosystem.to_owned(),
        name: package.to_owned(),
        ranges: vec![Range {
            kind: RangeKind::Ecosystem,
            // One in forty is not mended yet.
            events: std::iter::once(Event::Introduced("0".to_owned()))
                .chain((!number.is_multiple_of(40)).then(|| Event::Fixed(fixed.clone())))
                .collect(),
        }],
        urgency: Some(
            numbers
                .one_of(&["not yet assigned", "unimportant", "low"])
                .to_owned(),
        ),
        ..AffectedPackage::default()
    });
    AdvisoryRecord {
        id: format!("DEBIAN-{cve}"),
        modified: "2026-05-01T00:00:00Z".to_owned(),
        published: Some("2026-04-01T00:00:00Z".to_owned()),
        upstream: vec![cve],
        details: "A flaw was found in the way a length is read, which allows a crafted file to \
                  write past the end of a buffer."
            .to_owned(),
        vectors: vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H".to_owned()],
        severity: Severity::High,
        affected: affected.to_vec(),
        ..AdvisoryRecord::default()
    }
}
