//! Package names as they are compared: one place for records and for packages.

use std::borrow::Cow;

/// The spelling of `name` that stands for all that its ecosystem takes for the same; `ecosystem`
/// may carry a release.
///
/// - PyPI: lower case, each run of `-`, `_` and `.` one `-` (PEP 503).
/// - Packagist, `NuGet`, Hex and Pub: lower case; their registries take no second name that differs
///   in case alone. Bitnami writes lower case only.
/// - `SwiftURL`: the address without scheme, `.git` and a slash at its end, lower case; hosts of
///   sources do not tell cases apart.
/// - All others as they are: names of npm of before 2017, of Maven, Go, crates.io, `RubyGems`, CRAN
///   and of distributions differ by case.
pub fn normalised<'a>(ecosystem: &str, name: &'a str) -> Cow<'a, str> {
    match ecosystem.split(':').next().unwrap_or_default() {
        "PyPI" => pypi(name),
        "Packagist" | "NuGet" | "Hex" | "Pub" | "Bitnami" => lower_case(name),
        "SwiftURL" => swift(name),
        _ => Cow::Borrowed(name),
    }
}

fn lower_case(name: &str) -> Cow<'_, str> {
    if name.chars().any(char::is_uppercase) {
        Cow::Owned(name.to_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn pypi(name: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    let normal = bytes.iter().enumerate().all(|(at, &byte)| {
        plain(byte)
            || (byte == b'-' && at.checked_sub(1).is_none_or(|before| bytes[before] != b'-'))
    });
    if normal {
        return Cow::Borrowed(name);
    }
    let mut normalised = String::with_capacity(name.len());
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            '-' | '_' | '.' if normalised.ends_with('-') => {}
            '-' | '_' | '.' => normalised.push('-'),
            other => normalised.push(other),
        }
    }
    Cow::Owned(normalised)
}

fn swift(name: &str) -> Cow<'_, str> {
    let address = name.split_once("://").map_or(name, |(_, rest)| rest);
    let address = address.trim_end_matches('/');
    lower_case(address.strip_suffix(".git").unwrap_or(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_ecosystem_takes_for_the_same_is_one_name() {
        let check = |ecosystem: &str, name: &str, expected: &str| {
            assert_eq!(normalised(ecosystem, name), expected, "{ecosystem} {name}");
        };
        check("PyPI", "Zope._.Interface", "zope-interface");
        check("PyPI", "requests", "requests");
        check("PyPI", "a--b", "a-b");
        check("PyPI", "-a", "-a");
        check("Packagist", "Drupal/Core", "drupal/core");
        check("NuGet", "Newtonsoft.Json", "newtonsoft.json");
        check(
            "SwiftURL",
            "https://github.com/Vapor/Vapor.git",
            "github.com/vapor/vapor",
        );
        check(
            "SwiftURL",
            "github.com/vapor/vapor/",
            "github.com/vapor/vapor",
        );
        check("npm", "JSONStream", "JSONStream");
        check("Debian:12", "libX11", "libX11");
        check(
            "Go",
            "github.com/BurntSushi/toml",
            "github.com/BurntSushi/toml",
        );
    }
}
