//! The Alpine order against the apk of Alpine 3.10, in its own root.

use std::path::{Path, PathBuf};
use std::process::Command;

use outcrop_model::version::alpine::Alpine;

use crate::oracle::{Grammar, Lacking, Oracle, Xorshift, agrees, is_a_total_order};

/// One run of apk tells which are no versions, since it compares those as well.
const APK: &str = r#"
pairs=$(cat)
refused=" $(printf '%s\n' "$pairs" | xargs apk version --check -- | tr '\n' ' ') "
printf '%s\n' "$pairs" | while read -r left right; do
    case $refused in
        *" $left "* | *" $right "*) echo '!' ;;
        *) apk version --test -- "$left" "$right" ;;
    esac
done
"#;

const GRAMMAR: Grammar = Grammar {
    version,
    pieces: PIECES,
    respelled,
};

/// Without what newer releases of apk-tools read in another way: commit hashes, and numbers beyond
/// 32 bits.
const PIECES: &[&str] = &[
    "0", "1", "2", "9", "007", ".", ".0", ".05", ".1", "_", "_p", "_alpha", "_rc1", "_git", "-r",
    "-r1", "a", "b", "z", "A", "-", "_foo", "_p1",
];

fn version(random: &mut Xorshift) -> String {
    let mut version = random
        .pick(&["0", "1", "2", "3", "12", "01", "a"])
        .to_owned();
    for _ in 0..random.below(4) {
        version.push_str(random.pick(&[".0", ".1", ".2", ".10", ".05", ".00", ".010", ".9"]));
    }
    if random.below(4) == 0 {
        version.push_str(random.pick(&["a", "b", "k", "z", "a1"]));
    }
    for _ in 0..random.below(3) {
        version.push_str(random.pick(&[
            "_alpha", "_beta", "_pre", "_rc", "_cvs", "_svn", "_git", "_hg", "_p",
        ]));
        version.push_str(random.pick(&["", "", "1", "2", "0", "01", "2024"]));
    }
    match random.below(16) {
        0 => version.push_str(random.pick(PIECES)),
        1..10 => version.push_str(random.pick(&["-r0", "-r1", "-r2", "-r10", "-r01"])),
        _ => {}
    }
    version
}

fn respelled(version: &str, random: &mut Xorshift) -> String {
    match random.below(4) {
        0 => format!("{version}-r0"),
        1 => format!("0{version}"),
        2 => version.replace("-r", "-r0"),
        _ => version.replace(".1", ".01"),
    }
}

/// Alpine's root, unpacked for this test.
struct Root(PathBuf);

impl Drop for Root {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn unpacked() -> Result<Root, Lacking> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let named = std::env::var_os("OUTCROP_TEST_DATA").unwrap_or_else(|| "../shared".into());
    let archive = repository.join(named).join("images/alpine-3.10.tar.gz");
    if !archive.is_file() {
        return Err(Lacking::Data);
    }
    let folder = format!("alpine-{}", std::process::id());
    let root = Root(Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder));
    std::fs::create_dir_all(&root.0).expect("the folder is made");
    let unpack = "tar -xzOf \"$1\" --wildcards '*/layer.tar' | tar -x -C \"$2\" --no-same-owner";
    let status = Command::new("sh")
        .args(["-c", unpack, "sh"])
        .args([&archive, &root.0])
        .status();
    assert!(
        status.expect("sh starts").success(),
        "the layer is unpacked"
    );
    Ok(root)
}

#[test]
fn alpine_versions_stand_as_apk_says() {
    let test = "alpine_versions_stand_as_apk_says";
    let kinds = &["<", "=", ">", "!"];
    let root = match unpacked() {
        Ok(root) => root,
        Err(lacking) => return agrees(test, &Alpine, &GRAMMAR, Err(lacking), kinds),
    };
    let path = root.0.to_str().expect("UTF-8");
    let oracle = Oracle::new("chroot", &[path, "/bin/sh", "-c", APK]).if_succeeds(
        &["chroot", path, "/sbin/apk", "--version"],
        "right to change the root",
    );
    agrees(test, &Alpine, &GRAMMAR, oracle, kinds);
}

#[test]
fn alpine_versions_stand_in_a_total_order() {
    is_a_total_order(&Alpine, &GRAMMAR);
}
