//! The one place of the workbench that asks what time it is.

use jiff::Timestamp;

/// Now, RFC 3339 in UTC, whole seconds.
pub(crate) fn now() -> String {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second())
        .unwrap_or(now)
        .to_string()
}
