//! The order of Maven versions.
//!
//! Maven 3.8.7, `org.apache.maven.artifact.versioning.ComparableVersion`: a version is a list of
//! numbers, words and one list at its end. A hyphen and each change between digits and letters
//! begin that inner list; a word at the end, or before a number, stands at the head of a list of
//! its own. Zeros and words of a release at the end of a list count for nothing.
//!
//! Where Maven 3.9 and newer differ, by their source: zeros before an inner list count if that
//! begins with a number (`1.0-1` after `1-1`, here equal), and a word with the number behind it is
//! one item (`1-rc0` after `1-rc`, here equal).
//!
//! Maven has no rule against a text, and its answers go in circles where a word stands between
//! dots or a zero stands alone before a list: `1.sp.1 < 1-rc < 1 < 1.sp.1`. These answers are kept.
//! Ours differ from Maven's in two things: ten and more zeros are zero here, while there they are
//! more than `0`; and the empty text, and texts beyond ASCII, whose meaning depends on the Unicode
//! tables of the Java at hand, are no versions.

use std::cmp::Ordering;

use super::{VersionOrder, digits};

/// Numbers, words and separators in any sequence.
pub struct Maven;

impl VersionOrder for Maven {
    fn ecosystem(&self) -> &'static str {
        "Maven"
    }

    fn compare(&self, left: &str, right: &str) -> Option<Ordering> {
        Some(compare(Items::of(left)?, Items::of(right)?))
    }
}

#[derive(Clone, Copy)]
enum Item<'a> {
    Number(&'a [u8]),
    Word(Word<'a>),
    /// What follows stands in an inner list, up to the end: no list goes on after an inner one.
    List,
}

impl Item<'_> {
    fn counts_for_nothing(self) -> bool {
        match self {
            Self::Number(number) => digits::significant(number).is_empty(),
            Self::Word(word) => word.qualifier == Qualifier::Release,
            Self::List => false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Qualifier {
    Alpha,
    Beta,
    Milestone,
    Candidate,
    Snapshot,
    Release,
    ServicePack,
    Other,
}

#[derive(Clone, Copy)]
struct Word<'a> {
    qualifier: Qualifier,
    text: &'a [u8],
}

impl<'a> Word<'a> {
    fn new(text: &'a [u8], before_digit: bool) -> Self {
        const NAMES: [(&str, Qualifier); 10] = [
            ("alpha", Qualifier::Alpha),
            ("beta", Qualifier::Beta),
            ("milestone", Qualifier::Milestone),
            ("rc", Qualifier::Candidate),
            ("cr", Qualifier::Candidate),
            ("snapshot", Qualifier::Snapshot),
            ("ga", Qualifier::Release),
            ("final", Qualifier::Release),
            ("release", Qualifier::Release),
            ("sp", Qualifier::ServicePack),
        ];
        let qualifier = match text {
            [b'a' | b'A'] if before_digit => Qualifier::Alpha,
            [b'b' | b'B'] if before_digit => Qualifier::Beta,
            [b'm' | b'M'] if before_digit => Qualifier::Milestone,
            _ => NAMES
                .iter()
                .find(|(name, _)| text.eq_ignore_ascii_case(name.as_bytes()))
                .map_or(Qualifier::Other, |&(_, qualifier)| qualifier),
        };
        Self { qualifier, text }
    }

    fn compare(self, other: Self) -> Ordering {
        self.qualifier.cmp(&other.qualifier).then_with(|| {
            if self.qualifier == Qualifier::Other {
                let left = self.text.iter().map(u8::to_ascii_lowercase);
                left.cmp(other.text.iter().map(u8::to_ascii_lowercase))
            } else {
                Ordering::Equal
            }
        })
    }
}

fn compare(mut left: Items, mut right: Items) -> Ordering {
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (Some(item), None) => return compare_with_nothing(item, left),
            (None, Some(item)) => return compare_with_nothing(item, right).reverse(),
            (Some(Item::Number(left)), Some(Item::Number(right))) => digits::compare(left, right),
            (Some(Item::Word(left)), Some(Item::Word(right))) => left.compare(right),
            (Some(Item::List), Some(Item::List)) => Ordering::Equal,
            (Some(Item::Number(_)), _) | (Some(Item::List), Some(Item::Word(_))) => {
                Ordering::Greater
            }
            (_, Some(Item::Number(_))) | (Some(Item::Word(_)), Some(Item::List)) => Ordering::Less,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// Compares what is left of a version with a version that has ended.
fn compare_with_nothing<'a>(first: Item<'a>, rest: Items<'a>) -> Ordering {
    std::iter::once(first)
        .chain(rest)
        .find(|item| !matches!(item, Item::List) && !item.counts_for_nothing())
        .map_or(Ordering::Equal, |item| match item {
            Item::Word(word) => word.qualifier.cmp(&Qualifier::Release),
            Item::Number(_) | Item::List => Ordering::Greater,
        })
}

/// The items that count: without those at the end of a list that count for nothing.
struct Items<'a> {
    spelled: Spelled<'a>,
    /// Lists that open next.
    lists: usize,
    /// Items after those lists that are known to count.
    counted: usize,
}

impl<'a> Items<'a> {
    fn of(text: &'a str) -> Option<Self> {
        (!text.is_empty() && text.is_ascii()).then_some(Self {
            spelled: Spelled {
                rest: text.as_bytes(),
                list_is_empty: true,
                word: None,
                list_opens: false,
            },
            lists: 0,
            counted: 0,
        })
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if self.lists == 0 && self.counted == 0 {
            let mut ahead = self.spelled.clone();
            loop {
                match ahead.next()? {
                    Item::List => {
                        self.lists += 1;
                        self.counted = 0;
                        self.spelled = ahead.clone();
                    }
                    item => {
                        self.counted += 1;
                        if !item.counts_for_nothing() {
                            break;
                        }
                    }
                }
            }
        }
        if self.lists > 0 {
            self.lists -= 1;
            return Some(Item::List);
        }
        self.counted -= 1;
        self.spelled.next()
    }
}

/// The items as they are spelled.
#[derive(Clone)]
struct Spelled<'a> {
    rest: &'a [u8],
    list_is_empty: bool,
    /// A word that follows the list that was just opened for it.
    word: Option<Word<'a>>,
    /// A list opens after `word`, or where there is none, next.
    list_opens: bool,
}

impl<'a> Spelled<'a> {
    fn item(&mut self, item: Item<'a>) -> Item<'a> {
        self.list_is_empty = matches!(item, Item::List);
        item
    }
}

impl<'a> Iterator for Spelled<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if let Some(word) = self.word.take() {
            return Some(self.item(Item::Word(word)));
        }
        if std::mem::take(&mut self.list_opens) {
            return Some(self.item(Item::List));
        }
        let first = *self.rest.first()?;
        // Between two separators stands an unspelled zero, which is an empty run of digits.
        let is_number = first.is_ascii_digit() || matches!(first, b'.' | b'-');
        let (run, rest) = digits::split_run(self.rest, |byte| {
            !matches!(byte, b'.' | b'-') && byte.is_ascii_digit() == is_number
        });
        let follower = rest.first().copied();
        self.rest = match follower {
            Some(b'.' | b'-') => &rest[1..],
            _ => rest,
        };
        self.list_opens = !matches!(follower, None | Some(b'.'));
        if is_number {
            return Some(self.item(Item::Number(run)));
        }
        let before_digit = follower.is_some_and(|byte| byte.is_ascii_digit());
        let word = Word::new(run, before_digit);
        if (before_digit || follower.is_none()) && !self.list_is_empty {
            self.word = Some(word);
            return Some(self.item(Item::List));
        }
        Some(self.item(Item::Word(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: &str, right: &str, expected: Ordering) {
        let compare = |left, right| Maven.compare(left, right);
        assert_eq!(compare(left, right), Some(expected), "{left} {right}");
        let reversed = Some(expected.reverse());
        assert_eq!(compare(right, left), reversed, "{right} {left}");
    }

    #[test]
    fn numbers_compare_by_value_at_any_length() {
        check("1.9", "1.10", Ordering::Less);
        check("1.01", "1.1", Ordering::Equal);
        check(
            "1.99999999999999999999",
            "1.100000000000000000000",
            Ordering::Less,
        );
    }

    #[test]
    fn qualifiers_stand_in_their_order_in_any_case() {
        let versions = [
            "1-alpha1",
            "1-a2",
            "1-Beta",
            "1-b1",
            "1-M1",
            "1-RC",
            "1-cr2",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-jre",
            "1-xyz",
            "1-1",
            "1.1",
        ];
        for pair in versions.windows(2) {
            check(pair[0], pair[1], Ordering::Less);
        }
    }

    #[test]
    fn what_says_release_counts_for_nothing() {
        for text in [
            "4.1",
            "4.1.0",
            "4.1.0.Final",
            "4.1-ga",
            "4.1.RELEASE",
            "4.1-0-0",
        ] {
            check("4.1.0.0", text, Ordering::Equal);
        }
        check("1.0-rc-0", "1-rc", Ordering::Equal);
        check("4.0.1", "4.1", Ordering::Less);
    }

    #[test]
    fn a_hyphen_weighs_less_than_a_dot() {
        check("1-1", "1.1", Ordering::Less);
        check("1.0-1", "1-1", Ordering::Equal);
        check("9.4.45.v20220203", "9.4.45", Ordering::Greater);
        check("23.4-android", "23.4-jre", Ordering::Less);
        check("4.1.9.Final-redhat-1", "4.1.9.Final", Ordering::Greater);
    }

    #[test]
    fn words_between_dots_stand_as_maven_has_them() {
        check("1.sp.1", "1-rc", Ordering::Less);
        check("1-rc", "1", Ordering::Less);
        check("1", "1.sp.1", Ordering::Less);
    }

    #[test]
    fn any_ascii_text_but_the_empty_one_is_a_version() {
        check("..", "0", Ordering::Equal);
        check("-x", "x", Ordering::Greater);
        for text in ["", "1.é", "１"] {
            assert_eq!(Maven.compare(text, "1"), None, "{text}");
        }
    }
}
