//! What Markdown becomes, what hostile Markdown does not become, and that a stream is exact.

mod hostile;
mod rendering;
mod streaming;
