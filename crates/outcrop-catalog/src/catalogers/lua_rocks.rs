//! Installed rocks of Lua: `lib/luarocks/rocks-5.1/name/version/name-version.rockspec`.
//!
//! Sources: the documentation of `LuaRocks`, "Rockspec format" (the file is Lua that only assigns)
//! and "File locations" (the tree of rocks). A version ends in the rockspec's own revision, as
//! `3.1.0-1`. A rockspec elsewhere is a source, not an installed rock.

use outcrop_image::{Analyser, Analysis, CandidateFile, Conclusion, FileFacts, View};
use outcrop_model::PackageKind;

use super::folder_and_name;
use crate::findings::{Findings, quoted, side_by_side};
use crate::licence::licences;

/// Largest file that is read; the longest lists of modules have 20 kB.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the trees of `LuaRocks`.
pub(super) struct LuaRocks;

impl Analyser for LuaRocks {
    fn id(&self) -> &'static str {
        "lua-rocks"
    }

    fn version(&self) -> u32 {
        1
    }

    fn wants(&self, file: &FileFacts<'_>) -> Option<u64> {
        installed(file.path).map(|_| MAX_BYTES)
    }

    fn analyse(&self, file: &CandidateFile<'_>) -> Analysis {
        let mut findings = Findings::new(self.id(), file.path);
        if let Some((rock, name, version)) = installed(file.path)
            && let Some(package) = findings.add(PackageKind::LuaRocks, name, version)
        {
            package.place = Some(rock.to_owned());
            let content = String::from_utf8_lossy(file.bytes);
            package.licences = assigned(&content, "license").map_or_else(Vec::new, licences);
        }
        findings.finish()
    }

    fn conclude(&self, view: &View<'_>) -> Conclusion {
        side_by_side(view)
    }
}

/// The rock's folder, its name and its version, where a path is that of an installed rock.
fn installed(path: &str) -> Option<(&str, &str, &str)> {
    let (folder, file) = path.rsplit_once('/')?;
    let (rock, version) = folder.rsplit_once('/')?;
    let (tree, name) = rock.rsplit_once('/')?;
    let expected = file
        .strip_suffix(".rockspec")?
        .strip_prefix(name)?
        .strip_prefix('-')?;
    let in_tree = folder_and_name(tree).1.starts_with("rocks");
    (in_tree && expected == version).then_some((rock, name, version))
}

/// The string that is assigned to a name on a line of its own.
fn assigned<'a>(content: &'a str, name: &str) -> Option<&'a str> {
    content.lines().find_map(|line| {
        let value = line
            .trim_start()
            .strip_prefix(name)?
            .trim_start()
            .strip_prefix('=')?
            .trim_start();
        quoted(value)
    })
}

#[cfg(test)]
#[path = "lua_rocks_tests.rs"]
mod tests;
