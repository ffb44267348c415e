//! Tests of this kind come with the parts they drive.
fn main() {}
