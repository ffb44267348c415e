//! Which instruction of a Containerfile wrote which history entry of an image.
//!
//! [`created_by`] reads what the builders write into an entry; [`align`](align()) lays the entries of the
//! image above its base beside the instructions of the target stage.

mod align;
mod alignment;
mod expected;

pub mod created_by;

pub use align::{AlignmentInput, align};
pub use alignment::{Confidence, EntryMatch, HistoryAlignment};
pub use created_by::{Builder, HistoryStep, RecordedStep};
pub use expected::MAX_ALIGNED;
