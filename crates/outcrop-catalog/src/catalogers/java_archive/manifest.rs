//! The main section of a manifest.
//!
//! Source: JAR File Specification, "JAR Manifest", "Name-Value pairs and Sections".

use outcrop_model::Licence;

use crate::licence::licences;

/// Attributes that are kept.
const MAX_ATTRIBUTES: usize = 1_000;
/// Longest value of an attribute that is kept, in bytes.
const MAX_VALUE_BYTES: usize = 1_024;
/// Most licences of one archive.
const MAX_LICENCES: usize = 10;

/// Addresses by which bundles name their licence, without scheme, `www.` and ending.
const ADDRESSES: &[(&str, &str)] = &[
    ("apache.org/licenses/license-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache-2.0", "Apache-2.0"),
    ("opensource.org/licenses/apache2.0", "Apache-2.0"),
    ("opensource.org/licenses/mit", "MIT"),
    ("opensource.org/licenses/mit-license", "MIT"),
    ("opensource.org/licenses/bsd-3-clause", "BSD-3-Clause"),
    ("opensource.org/licenses/bsd-2-clause", "BSD-2-Clause"),
    ("eclipse.org/legal/epl-v10", "EPL-1.0"),
    ("eclipse.org/legal/epl-2.0", "EPL-2.0"),
    ("eclipse.org/legal/epl-v20", "EPL-2.0"),
    ("eclipse.org/org/documents/edl-v10", "BSD-3-Clause"),
    ("gnu.org/licenses/old-licenses/lgpl-2.1", "LGPL-2.1-only"),
];

/// Attributes of an archive, in their order.
#[derive(Default)]
pub(super) struct Manifest {
    attributes: Vec<(String, String)>,
}

impl Manifest {
    /// Reads the main section, which ends at the first empty line.
    pub(super) fn read(bytes: &[u8]) -> Self {
        // Long values go on in lines that begin with a space, split wherever 72 bytes end.
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for line in bytes.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() || lines.len() == MAX_ATTRIBUTES {
                break;
            }
            if let (Some(rest), Some(last)) = (line.strip_prefix(b" "), lines.last_mut()) {
                let room = MAX_VALUE_BYTES.saturating_sub(last.len());
                last.extend_from_slice(&rest[..rest.len().min(room)]);
            } else {
                lines.push(line[..line.len().min(MAX_VALUE_BYTES)].to_vec());
            }
        }
        let attributes = lines
            .iter()
            .filter_map(|line| {
                let line = String::from_utf8_lossy(line);
                let (name, value) = line.split_once(':')?;
                Some((name.trim().to_owned(), value.trim().to_owned()))
            })
            .collect();
        Self { attributes }
    }

    /// The value of an attribute; empty where there is none or the build left its own variables in.
    pub(super) fn get(&self, name: &str) -> &str {
        self.attributes
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.contains("${"))
            .unwrap_or_default()
    }

    /// Whether one of its titles is this name.
    pub(super) fn names(&self, artifact: &str) -> bool {
        ["Bundle-Name", "Implementation-Title"]
            .iter()
            .any(|title| self.get(title).eq_ignore_ascii_case(artifact))
    }

    /// `OSGi` Core, `Bundle-License`: names or addresses, each with attributes behind a semicolon.
    pub(super) fn licences(&self) -> Vec<Licence> {
        self.get("Bundle-License")
            .split(',')
            .map(|licence| {
                let licence = licence.split(';').next().unwrap_or_default();
                licence.trim().trim_matches('"')
            })
            // The rest of a description that held a comma.
            .filter(|licence| !licence.contains('"') && *licence != "<<EXTERNAL>>")
            .take(MAX_LICENCES)
            .flat_map(|licence| licences(named(licence)))
            .collect()
    }
}

/// The name of the licence at an address, where it is known.
pub(super) fn named(licence: &str) -> &str {
    let Some((_, address)) = licence.split_once("://") else {
        return licence;
    };
    let address = address.to_ascii_lowercase();
    let address = address.strip_prefix("www.").unwrap_or(&address);
    let address = [".txt", ".html", ".php", "/"]
        .iter()
        .find_map(|ending| address.strip_suffix(ending))
        .unwrap_or(address);
    ADDRESSES
        .iter()
        .find(|(known, _)| *known == address)
        .map_or(licence, |(_, name)| name)
}
