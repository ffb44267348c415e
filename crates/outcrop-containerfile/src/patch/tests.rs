use std::fs;
use std::process::Command;

use super::{Change, HunkKind, Patch};
use crate::edit::{Edit, insert_lines};
use crate::syntax::{Span, parse};

fn change(edits: Vec<Edit>) -> Change {
    Change {
        kind: HunkKind::Upgrade,
        title: "t".into(),
        note: None,
        clears: vec![1],
        edits,
    }
}

/// A bump in the first `FROM` and an added line after it.
fn patch(bytes: &[u8], path: &str) -> Patch {
    let file = parse(bytes).file;
    let from = file.instruction(0).unwrap();
    let bump = Edit {
        span: from.arguments[0].span,
        replacement: b"new:2".to_vec(),
        added_instructions: 0,
    };
    let lines = ["RUN one \\".to_owned(), " && two".to_owned()];
    let added = insert_lines(&file, from.span.end, &lines, 1);
    Patch::new(&file, path, &[change(vec![added]), change(vec![bump])]).unwrap()
}

#[test]
fn a_patch_names_its_hunks_by_their_new_lines() {
    let patch = patch(b"# c\nFROM old:1\nRUN x\n", "./docker/app/Containerfile");
    insta::assert_snapshot!(patch.diff, @r#"
    --- a/docker/app/Containerfile
    +++ b/docker/app/Containerfile
    @@ -1,3 +1,5 @@
     # c
    -FROM old:1
    +FROM new:2
    +RUN one \
    + && two
     RUN x
    "#);
    assert_eq!(
        patch.hunks.iter().map(|hunk| hunk.line).collect::<Vec<_>>(),
        [2, 3]
    );
    assert_eq!(patch.path, "docker/app/Containerfile");
    let unfinished = super::Patch::new(
        &parse(b"FROM a").file,
        "f",
        &[change(vec![insert_lines(
            &parse(b"FROM a").file,
            6,
            &["RUN x".into()],
            1,
        )])],
    );
    assert_eq!(unfinished.unwrap().hunks[0].line, 2);
}

#[test]
fn paths_that_a_diff_cannot_name_are_refused() {
    let file = parse(b"FROM a\n").file;
    let edit = Edit {
        span: Span::new(5, 6),
        replacement: b"b".to_vec(),
        added_instructions: 0,
    };
    for path in ["", "/etc/x", "../x", "a/../b", "a//b", "a/", "x\ny", "."] {
        let error = Patch::new(&file, path, &[change(vec![edit.clone()])]).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("a diff cannot name this path: `{}`", path.escape_debug())
        );
    }
}

#[test]
fn git_apply_takes_every_diff_from_the_root_of_the_work_tree() {
    if Command::new("git").arg("--version").output().is_err() {
        println!(
            "skipped `git_apply_takes_every_diff_from_the_root_of_the_work_tree`: git is not installed"
        );
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .current_dir(folder.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    git(&["init", "--quiet"]);
    let files: [&[u8]; 8] = [
        b"FROM old:1\nRUN x\n",
        b"FROM old:1\r\nRUN x\r\n",
        b"FROM old:1\nRUN x\r\n",
        b"\xEF\xBB\xBFFROM old:1\nRUN x\n",
        b"FROM old:1",
        b"FROM old:1\nRUN x",
        b"FROM old:1\nRUN caf\xE9\n",
        b"FROM old:1\nRUN a\rb \x0c \xE2\x80\xA8\n",
    ];
    let paths = [
        "Containerfile",
        "a/b/Dockerfile",
        "with blank/Dockerfile dev",
        "ünï/Dockerfile",
        "q\"uote/x",
    ];
    for path in paths {
        for bytes in files {
            let patch = patch(bytes, path);
            let place = folder.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(&place, bytes).unwrap();
            fs::write(folder.path().join("x.patch"), &patch.diff_bytes).unwrap();
            git(&["apply", "x.patch"]);
            assert_eq!(
                fs::read(&place).unwrap(),
                patch.new_bytes,
                "{path} {}",
                bytes.escape_ascii()
            );
        }
    }
}
