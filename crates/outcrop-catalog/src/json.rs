//! Members of a JSON document whose form is not to be trusted: what has another form than
//! expected is passed over, and the rest of the document still arrives. Nothing is held that was
//! not asked for.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Elements of lists and members of objects that are kept of one document; a bill of material with
/// 20,000 packages has about 100,000. In memory each takes some 30 times the bytes that it has at
/// least in the document.
pub(crate) const MAX_ELEMENTS: usize = 500_000;
/// Words of one value that are kept; they are licences, of which no package has as many.
const MAX_WORDS: usize = 32;

thread_local! {
    /// Elements met so far of the document that this thread reads; nothing while none is read.
    static MET: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Reads one document; false where elements beyond [`MAX_ELEMENTS`] were passed over.
///
/// They are counted beside what is read: a list knows nothing of the other lists, and `serde` has
/// no place for what is common to all.
pub(crate) fn document<T>(read: impl FnOnce() -> T) -> (T, bool) {
    let before = MET.replace(Some(0));
    let value = read();
    let met = MET.replace(before);
    (value, met.is_none_or(|met| met <= MAX_ELEMENTS))
}

/// Whether one element more is kept of the document, of which `beside` are in the same list.
fn is_kept(beside: usize) -> bool {
    match MET.get() {
        Some(met) => {
            MET.set(Some(met + 1));
            met < MAX_ELEMENTS
        }
        None => beside < MAX_ELEMENTS,
    }
}

/// A string, else nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Option<String>);

impl Text {
    /// The string; empty where there is none.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Words that are told in one of several ways: a string, an object that has it as `type` or
/// `name`, or a list of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words(pub(crate) Vec<String>);

/// An object of the form `T`, else nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Object<T>(pub(crate) Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// The elements of a list, else none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List<T>(pub(crate) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// The members of an object with their names, in the document's order, else none.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Members<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Visits of values that are passed over.
macro_rules! pass_over {
    (scalars) => {
        pass_over!(@ visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (text) => {
        pass_over!(@ visit_str: &str);
    };
    (list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (object) => {
        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (@ $($visit:ident: $value:ty),+) => {
        $(fn $visit<E>(self, _: $value) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })+
    };
}

struct Expected<T>(PhantomData<T>);

macro_rules! deserialize {
    ($name:ident) => {
        impl<'de, T: Deserialize<'de>> Deserialize<'de> for $name<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Expected::<Self>(PhantomData))
            }
        }
    };
}

deserialize!(Object);
deserialize!(List);
deserialize!(Members);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Expected::<Self>(PhantomData))
    }
}

impl<'de> Visitor<'de> for Expected<Text> {
    type Value = Text;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(Some(text.to_owned())))
    }

    pass_over!(scalars);
    pass_over!(list);
    pass_over!(object);
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Expected::<Self>(PhantomData))
    }
}

impl<'de> Visitor<'de> for Expected<Words> {
    type Value = Words;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Words, E> {
        Ok(Words(vec![text.to_owned()]))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Words, A::Error> {
        let mut words = Words::default();
        while let Some(name) = members.next_key::<String>()? {
            let value: Text = members.next_value()?;
            if words.0.is_empty() && matches!(name.as_str(), "type" | "name") {
                words.0.extend(value.0);
            }
        }
        Ok(words)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
        let mut words = Words::default();
        // Lists in lists go no deeper than the parser of the document lets them.
        while let Some(further) = list.next_element::<Words>()? {
            let room = MAX_WORDS.saturating_sub(words.0.len());
            words.0.extend(further.0.into_iter().take(room));
        }
        Ok(words)
    }

    pass_over!(scalars);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Expected<Object<T>> {
    type Value = Object<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(members)).map(|object| Object(Some(object)))
    }

    pass_over!(scalars);
    pass_over!(text);
    pass_over!(list);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Expected<List<T>> {
    type Value = List<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<List<T>, A::Error> {
        let mut elements = Vec::new();
        while is_kept(elements.len()) {
            match list.next_element()? {
                Some(element) => elements.push(element),
                None => return Ok(List(elements)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(List(elements))
    }

    pass_over!(scalars);
    pass_over!(text);
    pass_over!(object);
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Expected<Members<T>> {
    type Value = Members<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Members<T>, A::Error> {
        let mut members = Vec::new();
        while is_kept(members.len()) {
            match object.next_entry()? {
                Some(member) => members.push(member),
                None => return Ok(Members(members)),
            }
        }
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Members(members))
    }

    pass_over!(scalars);
    pass_over!(text);
    pass_over!(list);
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Eq, Deserialize)]
    struct Named {
        #[serde(default)]
        name: Text,
    }

    fn named(name: &str) -> Object<Named> {
        Object(Some(Named {
            name: Text(Some(name.to_owned())),
        }))
    }

    #[test]
    fn words_are_told_in_several_ways() {
        for (value, expected) in [
            (r#""MIT""#, &["MIT"][..]),
            (r#"{"url": "x", "type": "MIT", "name": "y"}"#, &["MIT"]),
            (
                r#"["MIT", {"name": "ISC"}, 1, ["BSD"]]"#,
                &["MIT", "ISC", "BSD"],
            ),
            ("1", &[]),
            ("null", &[]),
        ] {
            let words: Words = serde_json::from_str(value).unwrap();
            assert_eq!(words.0, expected, "{value}");
        }
        let many = format!("[{}]", ["\"x\""; MAX_WORDS + 1].join(","));
        let words: Words = serde_json::from_str(&many).unwrap();
        assert_eq!(words.0.len(), MAX_WORDS);
    }

    #[test]
    fn elements_count_in_all_lists_of_a_document() {
        let list = format!("[{}1]", "1,".repeat(MAX_ELEMENTS / 2 - 10));
        let read = |lists: &[&str]| {
            let lists = format!("[{}]", lists.join(","));
            let (lists, all) = document(|| serde_json::from_str::<List<List<Text>>>(&lists));
            let kept: usize = lists.unwrap().0.iter().map(|list| list.0.len()).sum();
            (kept, all)
        };
        assert_eq!(read(&[&list, &list]), (MAX_ELEMENTS - 18, true));
        let (kept, all) = read(&[&list, &list, &list]);
        assert!(kept < MAX_ELEMENTS);
        assert!(!all);
        // Each document for itself.
        assert!(read(&[&list]).1);
    }

    #[test]
    fn what_has_another_form_is_passed_over() {
        let list: List<Object<Named>> = serde_json::from_str(
            r#"[1, -1, 1.5, true, null, "a", [1, {}], {"name": "x", "y": {}}, {"name": [1]}]"#,
        )
        .unwrap();
        assert_eq!(list.0.len(), 9);
        assert_eq!(list.0[7], named("x"));
        assert_eq!(list.0[8], Object(Some(Named { name: Text(None) })));
        assert!(list.0[..7].iter().all(|other| *other == Object(None)));

        let members: Members<Text> =
            serde_json::from_str(r#"{"b": "1", "a": {"c": 1}, "b": "2"}"#).unwrap();
        let text = |text: &str| Text(Some(text.to_owned()));
        assert_eq!(
            members.0,
            [
                ("b".to_owned(), text("1")),
                ("a".to_owned(), Text(None)),
                ("b".to_owned(), text("2")),
            ]
        );
        for other in ["1", "null", "\"a\"", "[1]"] {
            let none: Members<Text> = serde_json::from_str(other).unwrap();
            assert_eq!(none, Members::default(), "{other}");
        }
        for other in ["1", "null", "\"a\"", "{\"a\": [1]}"] {
            let none: List<Text> = serde_json::from_str(other).unwrap();
            assert_eq!(none, List::default(), "{other}");
        }
    }
}
