//! The binary `helixgateway`.
fn main() {}
