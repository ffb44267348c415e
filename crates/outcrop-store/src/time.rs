//! Times as the database holds them.

use jiff::Timestamp;

/// Microseconds since 1970-01-01 UTC.
pub(crate) fn to_column(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time of a column; what is out of range is the beginning of 1970.
pub(crate) fn from_column(microseconds: i64) -> Timestamp {
    Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::UNIX_EPOCH)
}
