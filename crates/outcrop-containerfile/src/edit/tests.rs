use super::{Breach, Edit, EditError, apply, apply_verified, insert_lines};
use crate::syntax::{Span, parse};

fn replaced(
    text: &str,
    start: usize,
    end: usize,
    replacement: &str,
    added: usize,
) -> Result<String, EditError> {
    let edit = Edit {
        span: Span::new(start, end),
        replacement: replacement.into(),
        added_instructions: added,
    };
    let parsed = apply_verified(&parse(text.as_bytes()).file, &[edit])?;
    Ok(String::from_utf8(parsed.file.bytes().to_vec()).unwrap())
}

#[test]
fn no_edit_changes_nothing() {
    let file = parse(b"FROM a\r\nRUN b").file;
    assert_eq!(apply(&file, &[]).unwrap(), file.bytes());
}

#[test]
fn edits_apply_in_the_order_of_the_file() {
    let file = parse(b"FROM a\nRUN b\n").file;
    let edit = |start, end, text: &str| Edit {
        span: Span::new(start, end),
        replacement: text.into(),
        added_instructions: 0,
    };
    assert_eq!(
        apply(&file, &[edit(11, 12, "c"), edit(5, 6, "xyz")]).unwrap(),
        b"FROM xyz\nRUN c\n"
    );
    assert_eq!(
        apply(&file, &[edit(4, 6, ""), edit(5, 7, "")]),
        Err(EditError::Overlap { offset: 5 })
    );
    assert_eq!(
        apply(&file, &[edit(5, 99, "")]),
        Err(EditError::OutOfBounds {
            start: 5,
            end: 99,
            size: 13
        })
    );
}

#[test]
fn inserted_lines_take_the_line_end_before_them() {
    for (text, offset, expected) in [
        ("FROM a\nRUN b\n", 7, "FROM a\nX\nY\nRUN b\n"),
        ("FROM a\r\nRUN b\r\n", 8, "FROM a\r\nX\r\nY\r\nRUN b\r\n"),
        ("FROM a\r\nRUN b\n", 8, "FROM a\r\nX\r\nY\r\nRUN b\n"),
        ("FROM a\nRUN b\r\n", 7, "FROM a\nX\nY\nRUN b\r\n"),
        ("FROM a", 6, "FROM a\nX\nY"),
        ("ARG a\r\nFROM a", 13, "ARG a\r\nFROM a\r\nX\r\nY"),
    ] {
        let file = parse(text.as_bytes()).file;
        let edit = insert_lines(&file, offset, &["X".into(), "Y".into()], 2);
        assert_eq!(
            String::from_utf8(apply(&file, &[edit]).unwrap()).unwrap(),
            expected,
            "{text:?}"
        );
    }
}

#[test]
fn a_verified_edit_does_what_it_says_and_nothing_else() {
    let text = "FROM a\nRUN b\n";
    let breach = |result: Result<String, EditError>| match result {
        Err(EditError::Unverified(breach)) => breach,
        other => panic!("{other:?}"),
    };
    assert_eq!(replaced(text, 5, 6, "c", 0).unwrap(), "FROM c\nRUN b\n");
    assert_eq!(
        replaced(text, 7, 7, "USER x\n", 1).unwrap(),
        "FROM a\nUSER x\nRUN b\n"
    );
    assert_eq!(
        breach(replaced(text, 7, 7, "USER x\n", 0)),
        Breach::InstructionCount
    );
    assert_eq!(
        breach(replaced(text, 7, 7, "USER x \\\n", 1)),
        Breach::InstructionCount
    );
    assert_eq!(breach(replaced(text, 7, 10, "CMD", 0)), Breach::Keyword);
    assert_eq!(
        breach(replaced(text, 7, 7, "USER x\r\n", 1)),
        Breach::LineEnd
    );
    assert_eq!(
        breach(replaced(text, 0, 0, "# escape=`\n", 0)),
        Breach::Frame
    );
    assert_eq!(breach(replaced(text, 12, 13, "", 0)), Breach::Frame);
    assert_eq!(
        breach(replaced(text, 7, 7, "USER\n", 1)),
        Breach::NewProblem
    );
}

#[test]
fn an_insertion_cannot_leak_into_an_open_continuation() {
    let text = "FROM a \\";
    let file = parse(text.as_bytes()).file;
    let edit = insert_lines(&file, text.len(), &["RUN x".into()], 1);
    assert_eq!(
        apply_verified(&file, &[edit]).unwrap_err(),
        EditError::Unverified(Breach::InstructionCount)
    );
}

#[test]
fn a_file_that_does_not_build_is_not_edited() {
    let error = replaced("FROM a\nBOGUS\n", 5, 6, "b", 0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file has a problem that stops a build, at line 2: no builder knows this instruction: `BOGUS`"
    );
}
