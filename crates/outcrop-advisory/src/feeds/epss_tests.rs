use std::io::{BufReader, Cursor, Read};
use std::ops::ControlFlow;

use super::MAX_LINES;
use crate::feeds::FeedContent;
use crate::feeds::fixtures::{EPSS, shown};

#[test]
fn scores_are_read_and_broken_lines_named() {
    assert_eq!(
        shown(|sink| super::read(EPSS, sink)),
        [
            "dated 2026-11-20T12:55:00Z",
            "epss CVE-2026-1000: 0.01151 0.7802",
            "epss CVE-2026-1001: 0.00007 1",
            "problem `line 5`: `1.5` is no share between 0 and 1",
            "problem `line 6`: `GHSA-x` is no CVE",
            "problem `line 7`: `NaN` is no share between 0 and 1",
            "problem `line 8`: `` is no share between 0 and 1",
            "epss CVE-2026-1002: 0.5 0.5",
        ]
    );
}

#[test]
fn headers_of_all_ages_are_known() {
    for (head, dated) in [
        (
            "#model_version:v2023.03.01,score_date:2025-02-20T00:00:00+0000\ncve,epss,percentile\n",
            "dated 2025-02-20T00:00:00Z",
        ),
        (
            "# score_date:2026-01-02, model_version:v5\r\npercentile,cve,new,epss\r\n",
            "dated 2026-01-02T00:00:00Z",
        ),
    ] {
        let row = if head.contains("new") {
            "0.2,CVE-2026-1000,x,0.1\r\n"
        } else {
            "CVE-2026-1000,0.1,0.2"
        };
        assert_eq!(
            shown(|sink| super::read(format!("{head}{row}").as_bytes(), sink)),
            [dated, "epss CVE-2026-1000: 0.1 0.2"]
        );
    }
    assert_eq!(
        shown(|sink| super::read(&b"a,b,c\n1,2,3\n"[..], sink)),
        ["problem `line 1`: `a,b,c` is no header of scores"]
    );
}

/// The same line again and again, without a copy of them all.
struct Again(Cursor<&'static [u8]>, u64);
impl Read for Again {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0.position() == self.0.get_ref().len() as u64 && self.1 > 0 {
            self.1 -= 1;
            self.0.set_position(0);
        }
        self.0.read(buffer)
    }
}

#[test]
fn ten_million_lines_are_read_up_to_the_limit() {
    let row = b"CVE-2026-1000,0.1,0.2\n";
    let reader =
        Cursor::new(&b"cve,epss,percentile\n"[..]).chain(Again(Cursor::new(row), 10_000_000));
    let (mut scores, mut problems) = (0_usize, Vec::new());
    let _ = super::read(BufReader::new(reader), &mut |content| {
        match content {
            FeedContent::Epss { .. } => scores += 1,
            FeedContent::Problem(problem) => problems.push(problem.to_string()),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!(scores, MAX_LINES - 1);
    assert_eq!(
        problems,
        [format!(
            "`line {}`: there are more lines than are read: {MAX_LINES}",
            MAX_LINES + 1
        )]
    );
}
