//! The names in what a package says of its licence.

use std::collections::BTreeSet;

/// The names as they are compared: in lower case, each for itself, without what two correct lists
/// write differently. One joins names by the words of SPDX, the other lists each; one has `MIT`
/// where the other has Debian's `Expat`; and of `GPL-2+` and `with … exception` one makes
/// `-only` or leaves it out.
pub(crate) fn names(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase().replace(['(', ')'], " ");
    let joined = text.replace(" and/or ", "|").replace(" and ", "|");
    joined
        .replace(" or ", "|")
        .split(['|', ',', ';'])
        .map(|name| {
            let name = name.trim();
            let name = name.strip_prefix("and ").unwrap_or(name);
            let name = name.strip_prefix("or ").unwrap_or(name);
            let name = name.split(" with ").next().unwrap_or(name).trim();
            let ending = ["-only", "-or-later", "+"]
                .iter()
                .find_map(|ending| name.strip_suffix(ending));
            let name = ending.unwrap_or(name);
            match name.strip_suffix(".0").unwrap_or(name) {
                "expat" => "mit".to_owned(),
                name => name.to_owned(),
            }
        })
        .filter(|name| !name.is_empty())
        .collect()
}
