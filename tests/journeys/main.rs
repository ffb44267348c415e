//! Placeholder while the harness compiles.
fn main() {}
