//! The accounts of an image: `/etc/passwd`, `/etc/shadow` and `/etc/group`.
//!
//! Sources: `passwd(5)`, `shadow(5)`, `group(5)`.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, Root, View};

/// Reads the accounts; passwords are told by their state alone and never kept.
pub static ACCOUNTS: &dyn Analyser = &AccountFiles;

struct AccountFiles;

/// Bytes of one of the files that are read.
const MAX_BYTES: u64 = 1 << 20;

impl Analyser for AccountFiles {
    fn id(&self) -> &'static str {
        "accounts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn roots(&self) -> &'static [Root] {
        const {
            &[
                Root::file("etc/passwd"),
                Root::file("etc/shadow"),
                Root::file("etc/group"),
            ]
        }
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        let (_, name) = file.folder_and_name();
        matches!(name, "passwd" | "shadow" | "group").then_some(MAX_BYTES)
    }

    fn analyse(&self, _file: &CandidateFile<'_>) -> Analysis {
        Analysis::default()
    }

    fn conclude(&self, _view: &View<'_>) -> Conclusion {
        Conclusion::default()
    }
}
