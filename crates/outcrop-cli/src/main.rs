//! outcrop-cli
fn main() {}
