//! Products of endoflife.date.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::Deserialize;

use super::{MAX_NAME_BYTES, MAX_RELEASES, ReleaseSupport, SupportEnd};
use crate::feeds::json_items::JsonItems;
use crate::feeds::{FeedFault, FeedProblem, Text, null_as_default};

/// Largest part that is read at once, in bytes: all products are near 4 MB.
const MAX_PRODUCTS_BYTES: usize = 64 * 1024 * 1024;

/// What `/products/full` or `/products/{product}` say, and the day on which they were made.
#[derive(Debug, Default)]
pub struct Products {
    /// `generated_at` or `last_modified`, as it stands there.
    pub dated: Option<String>,
    /// Every release of every product.
    pub releases: Vec<ReleaseSupport>,
    /// What could not be read.
    pub problems: Vec<FeedProblem>,
}

/// Reads the answer of endoflife.date's API v1 for all products, or for one.
///
/// `eolFrom` is taken for the last day of support, as in distro-info. Distributions get their `ID`
/// of `os-release(5)` for a name. Debian's extended support there is its free LTS.
pub fn products(bytes: &[u8]) -> Products {
    let mut read = Products::default();
    let mut items = JsonItems::new(bytes, 1, MAX_PRODUCTS_BYTES);
    while let Some(item) = items.next() {
        match item {
            Ok(item) => match item.key(0) {
                "generated_at" | "last_modified" => {
                    let date = serde_json::from_slice::<Text<'_>>(item.json).ok();
                    read.dated = date.map(|Text(date)| date.into_owned());
                }
                "result" => read.result(item.json),
                _ => {}
            },
            Err(problem) => read.problems.push(problem),
        }
    }
    read
}

impl Products {
    /// A list of products, or one.
    fn result(&mut self, json: &[u8]) {
        let outer = usize::from(json.first() == Some(&b'['));
        let (mut product, mut index) = (String::new(), 0);
        let mut items = JsonItems::new(json, 2 + outer, MAX_PRODUCTS_BYTES);
        while let Some(item) = items.next() {
            let item = match item {
                Ok(item) => item,
                Err(problem) => {
                    self.problems.push(problem);
                    continue;
                }
            };
            if outer == 1 && item.index(0) != index {
                index = item.index(0);
                product.clear();
            }
            match (item.key(outer), item.level().saturating_sub(outer)) {
                // It stands before the releases.
                ("name", 1) => {
                    let name = serde_json::from_slice::<Text<'_>>(item.json);
                    product = name
                        .map(|Text(name)| system_id(&name).to_owned())
                        .unwrap_or_default();
                }
                ("releases", 2) if self.releases.len() >= MAX_RELEASES => {
                    let fault = FeedFault::too_many("releases", MAX_RELEASES);
                    self.problems.push(FeedProblem::new(&product, fault));
                    return;
                }
                ("releases", 2) => {
                    let release = serde_json::from_slice::<Release<'_>>(item.json);
                    let place = match &release {
                        Ok(release) => format!("{product} {}", release.name),
                        Err(_) => format!("{product} {}", item.place()),
                    };
                    let release = release.map_err(FeedFault::from);
                    match release.and_then(|release| release_support(&product, release)) {
                        Ok(release) => self.releases.push(release),
                        Err(fault) => self.problems.push(FeedProblem::new(place, fault)),
                    }
                }
                _ => {}
            }
        }
    }
}

/// The `ID` of the distribution behind a product; other products keep their name.
fn system_id(product: &str) -> &str {
    match product {
        "alpine-linux" => "alpine",
        "rocky-linux" => "rocky",
        "oracle-linux" => "ol",
        "amazon-linux" => "amzn",
        "opensuse" => "opensuse-leap",
        other => other,
    }
}

fn release_support(product: &str, wire: Release<'_>) -> Result<ReleaseSupport, FeedFault> {
    if product.is_empty() || product.len() > MAX_NAME_BYTES {
        return Err(FeedFault::value("product", product));
    }
    if wire.name.is_empty() || wire.name.len() > MAX_NAME_BYTES {
        return Err(FeedFault::value("release", &wire.name));
    }
    let regular = match (day(wire.eol_from.as_deref())?, wire.is_eol) {
        (Some(date), _) => SupportEnd::On(date),
        (None, true) => SupportEnd::Past,
        (None, false) => SupportEnd::NotAnnounced,
    };
    let extended = day(wire.eoes_from.as_deref())?;
    let (long_term, subscription) = match product {
        "debian" => (extended, None),
        _ => (None, extended),
    };
    let codename = wire.codename.map(|name| match product {
        "ubuntu" => name.split(' ').next().unwrap_or("").to_lowercase(),
        _ => name.to_lowercase(),
    });
    Ok(ReleaseSupport {
        product: product.to_owned(),
        release: wire.name.into_owned(),
        codename: codename.filter(|name| !name.is_empty() && name.len() <= MAX_NAME_BYTES),
        regular,
        long_term,
        subscription,
    })
}

fn day(text: Option<&str>) -> Result<Option<Date>, FeedFault> {
    text.map(|text| text.parse().map_err(|_| FeedFault::value("date", text)))
        .transpose()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    codename: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "null_as_default")]
    is_eol: bool,
    #[serde(borrow, default)]
    eol_from: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    eoes_from: Option<Cow<'a, str>>,
}
