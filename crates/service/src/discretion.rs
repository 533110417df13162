//! What a log may have in it (law 11).

use tracing::{Level, Metadata};

/// Whether a line of this kind may stand in a log, whatever detail was asked for.
///
/// Below `info`, libraries write down what passes through them: frames with visitors' words, headers
/// with tokens. Our own lines never hold any of it, at no level.
#[must_use]
pub fn may_be_logged(line: &Metadata<'_>) -> bool {
    *line.level() <= Level::INFO || line.target().starts_with("bellhop")
}
