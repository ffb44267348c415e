use std::io::{BufReader, Cursor, Read};
use std::ops::ControlFlow;

use crate::feeds::FeedContent;
use crate::feeds::fixtures::{TRACKER, shown};

#[test]
fn every_shade_is_told_apart() {
    assert_eq!(
        shown(|sink| super::read(TRACKER, sink)),
        [
            "problem `openssl/not an id`: `not an id` is no identifier",
            "problem `edk2/CVE-2026-1000/trixie`: `new word` is no status",
            "problem `edk2/CVE-2026-1000/sid`: `` is no fixed version",
            "problem `edk2/CVE-2026-1003`: it cannot be read: invalid type: integer `7`, expected struct Release at line 1 column 22",
            "problem `broken`: `broken` is no identifier",
            "record DEBIAN-TRACKER-CVE-2026-1000 of CVE-2026-1000: \
             Debian:11 openssl all end-of-life (end-of-life) [end-of-life]; \
             Debian:12 openssl <3.0.15-1~deb12u1 [low**] low; \
             Debian:13 openssl all no-fix-yet (no-dsa: Minor issue) [not yet assigned]; \
             Debian:sid openssl not-affected [unimportant] negligible; \
             Debian:12 edk2 all no-fix-yet (postponed: Can be fixed via point release) [not yet assigned] \
             | A fault in PKCS12.",
            "record DEBIAN-TRACKER-CVE-2026-1001 of CVE-2026-1001: \
             Debian:12 openssl all no-fix-yet [unimportant] negligible; \
             Debian:13 openssl all will-not-fix (ignored: Minor issue) [low] low; \
             Debian:14 openssl all under-investigation [not yet assigned]",
            "record DEBIAN-TRACKER-TEMP-0000000-ABCDEF: Debian:sid openssl all no-fix-yet [medium] medium",
        ]
    );
}

#[test]
fn a_sink_that_has_enough_ends_the_reading() {
    let mut given = 0;
    let _ = super::read(TRACKER, &mut |_: FeedContent| {
        given += 1;
        ControlFlow::Break(())
    });
    assert_eq!(given, 1);
}

/// A tracker of so many source packages with the same entry, made while it is read.
struct Generated {
    left: u32,
    piece: Cursor<Vec<u8>>,
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 && self.left > 0 {
            self.left -= 1;
            let left = self.left;
            let description = "x".repeat(20_000);
            self.piece = Cursor::new(
                format!(
                    r#""p{left}": {{"CVE-2026-{}": {{"description": "{description}", "releases": {{"bookworm": {{"status": "open", "urgency": "low"}}}}}}}}, "#,
                    1_000 + left
                )
                .into_bytes(),
            );
        }
        self.piece.read(buffer)
    }
}

#[test]
fn a_feed_too_large_to_hold_is_told_and_what_came_before_arrives() {
    let generated = Generated {
        left: 20_000,
        piece: Cursor::new(b"{".to_vec()),
    };
    let (mut records, mut problems) = (0, Vec::new());
    let _ = super::read(BufReader::new(generated), &mut |content| {
        match content {
            FeedContent::Record(_) => records += 1,
            FeedContent::Problem(problem) => problems.push(problem.to_string()),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    assert_eq!(
        problems,
        [format!(
            "`entries`: it is larger than {} bytes",
            super::MAX_HELD_BYTES
        )]
    );
    assert!((5_000..20_000).contains(&records), "{records}");
}
