use super::*;

fn entry(events: &[Event], stance: Option<Stance>) -> AffectedPackage {
    AffectedPackage {
        ecosystem: "Debian:12".into(),
        name: "curl".into(),
        ranges: vec![Range {
            kind: RangeKind::Ecosystem,
            events: events.to_vec(),
        }],
        stance,
        ..AffectedPackage::default()
    }
}

fn from(at: &str) -> Event {
    Event::Introduced(at.into())
}

fn fixed(at: &str) -> Event {
    Event::Fixed(at.into())
}

#[test]
fn comparisons_say_which_side_of_which_bound() {
    let order = order_of("Debian").unwrap();
    for (version, events, stance, expected) in [
        (
            "7.88.1-10",
            &[from("0"), fixed("7.88.1-10+deb12u4")][..],
            None,
            (Answer::Affected, "7.88.1-10 < 7.88.1-10+deb12u4"),
        ),
        (
            "7.88.1-10+deb12u4",
            &[from("0"), fixed("7.88.1-10+deb12u4")],
            None,
            (
                Answer::NotAffected,
                "7.88.1-10+deb12u4 >= 7.88.1-10+deb12u4",
            ),
        ),
        (
            "7.60.0-1",
            &[from("7.69.0"), fixed("8.4.0")],
            None,
            (
                Answer::NotAffected,
                "7.60.0-1 < 7.69.0, where the fault came",
            ),
        ),
        (
            "7.88.1-10",
            &[from("0")],
            None,
            (Answer::Affected, "7.88.1-10 is in a range without an end"),
        ),
        (
            "7.88.1-10",
            &[],
            Some(Stance::NotAffected),
            (Answer::Cleared, "whatever the version"),
        ),
        (
            "no version: of all",
            &[from("0"), fixed("8")],
            None,
            (
                Answer::NotCompared,
                "`no version: of all` is no version of this ecosystem",
            ),
        ),
    ] {
        let (answer, text) = compared(version, &entry(events, stance), order);
        assert_eq!((answer, text.as_str()), expected, "{version}");
    }
}

#[test]
fn ranges_are_told_in_words() {
    for (events, expected) in [
        (&[from("0"), fixed("2")][..], "from the beginning, before 2"),
        (
            &[from("1"), Event::LastAffected("3".into())],
            "from 1, up to 3",
        ),
        (
            &[from("1"), fixed("2"), from("4"), fixed("5")],
            "from 1, before 2, from 4, before 5",
        ),
    ] {
        assert_eq!(affected_versions(&entry(events, None)), [expected]);
    }
}
