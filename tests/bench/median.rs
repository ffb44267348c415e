//! Medians of what was measured.

use crate::measure::Measured;

/// Median of the times.
pub(crate) fn median_seconds(measured: &[Measured]) -> f64 {
    median(measured.iter().map(|one| one.seconds))
}

/// Median of the peaks.
pub(crate) fn median_bytes(measured: &[Measured]) -> f64 {
    median(measured.iter().map(|one| one.peak_bytes))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
