use super::*;
use crate::findings::described;
use crate::fuzz::survives;

const PATH: &str = "usr/local/lib/luarocks/rocks-5.3/luasocket/3.1.0-1/luasocket-3.1.0-1.rockspec";
/// Written after the documentation of the format.
const ROCKSPEC: &str = "\
package = \"LuaSocket\"
version = \"3.1.0-1\"
source = {
   url = \"git+https://example.org/luasocket.git\"
}
description = {
   summary = \"Network support\",
   license = \"MIT\"
}
build = { type = \"builtin\", modules = {} }
";

fn check(path: &str, content: &str, packages: &[&str]) {
    let analysis = LuaRocks.analyse(&CandidateFile::whole(path, content.as_bytes()));
    assert_eq!(described(&analysis).0, packages, "{path}");
}

#[test]
fn a_rock_in_a_tree_is_installed() {
    let place = "in usr/local/lib/luarocks/rocks-5.3/luasocket";
    check(
        PATH,
        ROCKSPEC,
        &[&format!("luarocks luasocket 3.1.0-1 {place} (MIT)")],
    );
    check(
        PATH,
        "description = { 1 }\n license = 'Apache 2.0' -- since 3.0",
        &[&format!("luarocks luasocket 3.1.0-1 {place} (Apache-2.0)")],
    );
    check(PATH, "", &[&format!("luarocks luasocket 3.1.0-1 {place}")]);
}

#[test]
fn a_rockspec_elsewhere_is_not() {
    for (path, wanted) in [
        (PATH, true),
        ("opt/rocks/lua-cjson/2.1-1/lua-cjson-2.1-1.rockspec", true),
        ("src/luasocket/luasocket-3.1.0-1.rockspec", false),
        ("lib/luarocks/rocks-5.3/a/1-1/b-1-1.rockspec", false),
        ("lib/luarocks/rocks-5.3/a/1-1/rock_manifest", false),
        ("a.rockspec", false),
    ] {
        let facts = FileFacts::of_path(path);
        assert_eq!(LuaRocks.wants(&facts).is_some(), wanted, "{path}");
    }
}

#[test]
fn whatever_bytes_come_it_goes_on() {
    survives(&LuaRocks, PATH, ROCKSPEC.as_bytes());
}
