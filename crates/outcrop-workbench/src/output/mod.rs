//! Renderings that need no terminal: JSON, its schemas, CycloneDX, SPDX, SARIF, Markdown, HTML.
//!
//! All of them are functions of their values: the same report gives the same bytes.

pub mod cyclonedx;
pub mod document;
pub mod html;
pub mod listing;
pub mod markdown;
pub mod risks;
pub mod sarif;
pub mod schema;
pub mod spdx;
pub mod text;

use serde::Serialize;

/// A value as indented JSON with a line feed at its end.
pub fn json<T: Serialize>(value: &T) -> String {
    // Reports are trees of text and numbers; nothing in them can fail to serialise.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
