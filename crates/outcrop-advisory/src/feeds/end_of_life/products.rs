//! Products of endoflife.date.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::Deserialize;

use super::{MAX_NAME_BYTES, MAX_RELEASES, ReleaseSupport, SupportEnd};
use crate::feeds::{FeedFault, FeedProblem};

/// What `/products/full` or `/products/{product}` say, and the day on which they were made.
#[derive(Debug, Default)]
pub struct Products {
    /// RFC 3339, `generated_at` or `last_modified`.
    pub dated: Option<String>,
    /// Every release of every product.
    pub releases: Vec<ReleaseSupport>,
    /// What could not be read.
    pub problems: Vec<FeedProblem>,
}

/// Reads the answer of endoflife.date's API v1 for all products, or for one.
///
/// `eolFrom` is taken for the last day of support, as in distro-info. Distributions get their `ID` of `os-release(5)` for
/// a name. Debian's extended support there is its free LTS.
pub fn products(bytes: &[u8]) -> Result<Products, FeedFault> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let answer: Answer<'_> = serde_json::from_slice(bytes)?;
    let mut read = Products {
        dated: answer
            .generated_at
            .or(answer.last_modified)
            .map(Cow::into_owned),
        ..Products::default()
    };
    let products = match answer.result {
        OneOrMany::Many(products) => products,
        OneOrMany::One(product) => vec![*product],
    };
    for product in products {
        let name = system_id(&product.name);
        for release in product.releases {
            if read.releases.len() >= MAX_RELEASES {
                let fault = FeedFault::too_many("releases", MAX_RELEASES);
                read.problems.push(FeedProblem::new(name, fault));
                return Ok(read);
            }
            let place = format!("{name} {}", release.name);
            match release_support(name, release) {
                Ok(release) => read.releases.push(release),
                Err(fault) => read.problems.push(FeedProblem::new(&place, fault)),
            }
        }
    }
    Ok(read)
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
    let codename = wire.codename.map(|name| {
        let first = name.split(' ').next().unwrap_or("").to_lowercase();
        if product == "ubuntu" {
            first
        } else {
            name.to_lowercase()
        }
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
struct Answer<'a> {
    #[serde(borrow, default)]
    generated_at: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    last_modified: Option<Cow<'a, str>>,
    #[serde(borrow)]
    result: OneOrMany<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    Many(#[serde(borrow)] Vec<Product<'a>>),
    One(#[serde(borrow)] Box<Product<'a>>),
}

#[derive(Deserialize)]
struct Product<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    releases: Vec<Release<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    codename: Option<Cow<'a, str>>,
    #[serde(default)]
    is_eol: bool,
    #[serde(borrow, default)]
    eol_from: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    eoes_from: Option<Cow<'a, str>>,
}
