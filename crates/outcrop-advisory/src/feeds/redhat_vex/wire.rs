//! The members of a CSAF document that are read.

use std::borrow::Cow;

use serde::Deserialize;

use crate::feeds::null_as_default;

#[derive(Deserialize)]
pub(super) struct Document<'a> {
    #[serde(borrow, rename = "document")]
    pub(super) head: Head<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) product_tree: ProductTree<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) publisher: Publisher<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) title: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) aggregate_severity: AggregateSeverity<'a>,
    #[serde(borrow, default, deserialize_with = "null_as_default")]
    pub(super) tracking: Tracking<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Publisher<'a> {
    #[serde(borrow, default)]
    pub(super) namespace: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
pub(super) struct AggregateSeverity<'a> {
    #[serde(borrow, default)]
    pub(super) text: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
pub(super) struct Tracking<'a> {
    #[serde(borrow, default)]
    pub(super) current_release_date: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) status: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
pub(super) struct ProductTree<'a> {
    #[serde(borrow, default)]
    pub(super) branches: Vec<Branch<'a>>,
    #[serde(borrow, default)]
    pub(super) relationships: Vec<Relationship<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Branch<'a> {
    #[serde(borrow, default)]
    pub(super) branches: Vec<Branch<'a>>,
    #[serde(borrow, default)]
    pub(super) product: Option<FullProductName<'a>>,
}

#[derive(Deserialize)]
pub(super) struct FullProductName<'a> {
    #[serde(borrow)]
    pub(super) product_id: Cow<'a, str>,
    #[serde(borrow, default, rename = "product_identification_helper")]
    pub(super) helper: Helper<'a>,
}

#[derive(Default, Deserialize)]
pub(super) struct Helper<'a> {
    #[serde(borrow, default)]
    pub(super) cpe: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) purl: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Relationship<'a> {
    #[serde(borrow)]
    pub(super) full_product_name: FullProductName<'a>,
    #[serde(borrow)]
    pub(super) product_reference: Cow<'a, str>,
    #[serde(borrow, rename = "relates_to_product_reference")]
    pub(super) relates_to: Cow<'a, str>,
}

#[derive(Deserialize)]
pub(super) struct Vulnerability<'a> {
    #[serde(borrow, default)]
    pub(super) cve: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) title: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) release_date: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) notes: Vec<Note<'a>>,
    #[serde(borrow, default)]
    pub(super) product_status: ProductStatus<'a>,
    #[serde(borrow, default)]
    pub(super) remediations: Vec<Remediation<'a>>,
    #[serde(borrow, default)]
    pub(super) flags: Vec<Flag<'a>>,
    #[serde(borrow, default)]
    pub(super) threats: Vec<Threat<'a>>,
    #[serde(borrow, default)]
    pub(super) scores: Vec<Score<'a>>,
    #[serde(borrow, default)]
    pub(super) references: Vec<Reference<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Note<'a> {
    #[serde(borrow, default)]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) title: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) text: Cow<'a, str>,
}

#[derive(Default, Deserialize)]
pub(super) struct ProductStatus<'a> {
    #[serde(borrow, default)]
    pub(super) fixed: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) known_affected: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) known_not_affected: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) under_investigation: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Remediation<'a> {
    #[serde(borrow, default)]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) details: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pub(super) product_ids: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Flag<'a> {
    #[serde(borrow, default)]
    pub(super) label: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) product_ids: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Threat<'a> {
    #[serde(borrow, default)]
    pub(super) category: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) details: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) product_ids: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
pub(super) struct Score<'a> {
    #[serde(borrow, default, rename = "cvss_v4")]
    v4: Option<Cvss<'a>>,
    #[serde(borrow, default, rename = "cvss_v3")]
    v3: Option<Cvss<'a>>,
    #[serde(borrow, default, rename = "cvss_v2")]
    v2: Option<Cvss<'a>>,
}

#[derive(Deserialize)]
struct Cvss<'a> {
    #[serde(borrow, default, rename = "vectorString")]
    vector: Cow<'a, str>,
}

impl Score<'_> {
    /// Scheme and vector of each.
    pub(super) fn vectors(&self) -> impl Iterator<Item = (&str, &str)> {
        [
            ("CVSS_V4", &self.v4),
            ("CVSS_V3", &self.v3),
            ("CVSS_V2", &self.v2),
        ]
        .into_iter()
        .filter_map(|(scheme, cvss)| Some((scheme, cvss.as_ref()?.vector.as_ref())))
        .filter(|(_, vector)| !vector.is_empty())
    }
}

#[derive(Deserialize)]
pub(super) struct Reference<'a> {
    #[serde(borrow, default)]
    pub(super) url: Cow<'a, str>,
}
