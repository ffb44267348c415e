//! What a scan is asked for: the `IMAGE` argument of the command line.

use std::path::{Path, PathBuf};

use crate::error::WorkbenchError;

/// Where an image is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanTarget {
    /// A name or an identifier (short too) in an engine.
    Engine {
        /// As typed.
        name: String,
        /// Engine to ask; `None` for all.
        engine: Option<String>,
    },
    /// An archive written by `docker save` or a tool of the OCI; the reader tells which.
    Archive {
        /// Path of the file.
        path: PathBuf,
        /// The one image of several that is meant.
        reference: Option<String>,
    },
    /// A folder in OCI layout.
    Folder {
        /// Path of the folder.
        path: PathBuf,
        /// The one image of several that is meant.
        reference: Option<String>,
    },
    /// An archive on standard input.
    StandardInput,
}

impl ScanTarget {
    /// Reads an `IMAGE` argument (design, "Command line").
    ///
    /// A path prefix may be followed by `:REFERENCE` where an archive holds several images.
    pub fn parse(text: &str, engine: Option<&str>) -> Result<Self, WorkbenchError> {
        if text == "-" {
            return Ok(Self::StandardInput);
        }
        if let Some(reference) = text.strip_prefix("registry:") {
            return Err(WorkbenchError::RegistryNotRead {
                reference: reference.to_owned(),
            });
        }
        for prefix in ["docker-archive:", "oci-archive:", "oci-dir:"] {
            if let Some(rest) = text.strip_prefix(prefix) {
                let (path, reference) = split_reference(rest);
                return Ok(if prefix == "oci-dir:" {
                    Self::Folder { path, reference }
                } else {
                    Self::Archive { path, reference }
                });
            }
        }
        let path = Path::new(text);
        // A name such as `debian` must not be shadowed by a folder of that name here, unless the
        // folder is an OCI layout.
        if path.is_file() {
            return Ok(Self::Archive {
                path: path.to_owned(),
                reference: None,
            });
        }
        if path.is_dir()
            && (path.join("oci-layout").is_file()
                || path.join("index.json").is_file()
                || text.contains(std::path::MAIN_SEPARATOR))
        {
            return Ok(Self::Folder {
                path: path.to_owned(),
                reference: None,
            });
        }
        Ok(Self::Engine {
            name: text.to_owned(),
            engine: engine.map(ToOwned::to_owned),
        })
    }
}

/// Splits `PATH[:REFERENCE]`; a path that exists as it stands is never split.
fn split_reference(text: &str) -> (PathBuf, Option<String>) {
    if !Path::new(text).exists() {
        for (colon, _) in text.match_indices(':') {
            let (path, reference) = (&text[..colon], &text[colon + 1..]);
            if !reference.is_empty() && Path::new(path).exists() {
                return (path.into(), Some(reference.to_owned()));
            }
        }
    }
    (text.into(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_paths_and_names_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.tar");
        std::fs::write(&archive, b"").unwrap();
        let archive = archive.to_str().unwrap();
        for (text, expected) in [
            ("-".to_owned(), ScanTarget::StandardInput),
            (
                format!("docker-archive:{archive}:team/app:1"),
                ScanTarget::Archive {
                    path: archive.into(),
                    reference: Some("team/app:1".into()),
                },
            ),
            (
                archive.to_owned(),
                ScanTarget::Archive {
                    path: archive.into(),
                    reference: None,
                },
            ),
            (
                "debian:12".to_owned(),
                ScanTarget::Engine {
                    name: "debian:12".into(),
                    engine: None,
                },
            ),
        ] {
            assert_eq!(ScanTarget::parse(&text, None).unwrap(), expected, "{text}");
        }
    }
}
