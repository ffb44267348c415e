//! Everything that is said of real images, each entry looked at and justified.

use anyhow::ensure;
use outcrop_tests::programs::User;
use outcrop_tests::published::Risk;
use outcrop_tests::suite::Outcome;

use crate::reports;

/// Why an entry is right.
struct Row {
    image: &'static str,
    check: &'static str,
    severity: &'static str,
    /// The path or, where there is none, the message; `*` stands for any text.
    what: &'static str,
    /// What was seen when it was looked at.
    #[expect(dead_code, reason = "for whoever reads the table")]
    reason: &'static str,
}

/// A row.
const fn row(
    image: &'static str,
    check: &'static str,
    severity: &'static str,
    what: &'static str,
    reason: &'static str,
) -> Row {
    Row {
        image,
        check,
        severity,
        what,
        reason,
    }
}

const ROWS: &[Row] = &[];

/// The path, or the message where there is none.
fn what(risk: &Risk) -> &str {
    risk.path.as_deref().unwrap_or(&risk.message)
}

/// Each entry of the image has its row, and each row its entry.
pub(crate) fn justified(name: &str, image: &str) -> Outcome {
    let scan = reports::scan(&User::new()?, image)?;
    let explains = |row: &&Row, risk: &Risk| {
        row.image == name
            && row.check == risk.check
            && row.severity == risk.severity
            && matches(row.what, what(risk))
    };
    for risk in &scan.risks {
        println!(
            "{name}: {} {} {} {}",
            risk.check,
            risk.severity,
            what(risk),
            risk.message
        );
    }
    let unexplained: Vec<_> = scan
        .risks
        .iter()
        .filter(|risk| !ROWS.iter().any(|row| explains(&row, risk)))
        .collect();
    ensure!(unexplained.is_empty(), "{name}: {unexplained:#?}");
    let idle: Vec<_> = ROWS
        .iter()
        .filter(|row| row.image == name)
        .filter(|row| !scan.risks.iter().any(|risk| explains(row, risk)))
        .map(|row| (row.check, row.severity, row.what))
        .collect();
    ensure!(idle.is_empty(), "{name}: nothing is there of {idle:#?}");
    Ok(())
}

/// Whether the text is the pattern, in which one `*` may stand for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, end)) => text
            .strip_prefix(start)
            .is_some_and(|rest| rest.ends_with(end)),
    }
}
