//! What can go wrong, sorted by who can mend it.
//!
//! Invariant: "damaged" is said only of a file whose bytes are wrong. A file that is locked, full
//! or unreachable is not damaged; mistaking one for the other has cost users their data
//! (reliability.md 1).

use std::path::PathBuf;

/// Why the cache could not be opened. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file was made by a newer version of the program.
    #[error("{path} has format {found}, made by a newer version; this one knows {known}", path = path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    /// The key does not open the file. The file is most likely sound.
    #[error("the key does not open {path}", path = path.display())]
    WrongKey { path: PathBuf },
    /// Another connection holds the file; worth another try.
    #[error("{path} is in use: {detail}", path = path.display())]
    Busy { path: PathBuf, detail: String },
    /// The file or its directory cannot be read or written.
    #[error("{path} cannot be used: {detail}", path = path.display())]
    Io { path: PathBuf, detail: String },
    /// The SQLite in this build would ignore the key and write everything in clear.
    #[error("this build has no SQLCipher; nothing was written")]
    NotEncrypted,
}

/// Why something was not stored or not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another connection holds the file longer than five seconds; worth another try.
    #[error("the cache is in use: {detail}")]
    Busy { detail: String },
    /// The disk is full; worth another try when it is not.
    #[error("the disk is full: {detail}")]
    Full { detail: String },
    /// A file's bytes are wrong. The next [`Store::open`](crate::Store::open) examines the files
    /// and sets a damaged one aside.
    #[error("the cache is damaged: {detail}")]
    Damaged { detail: String },
    /// SQLite could not read on and does not say why. SQLCipher reports a page whose bytes are
    /// wrong in this way, and so is a lack of memory reported. The next open examines the files.
    #[error("the cache may be damaged: {detail}")]
    Suspect { detail: String },
    /// The file cannot be read or written.
    #[error("the cache cannot be used: {detail}")]
    Io { detail: String },
    /// [`Store::close`](crate::Store::close) was called.
    #[error("the cache is closed")]
    Closed,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let detail = error.to_string();
        match &error {
            sqlx::Error::Database(said) => {
                let code =
                    said.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
                // The low byte of an extended result code is the primary one.
                match code & 0xFF {
                    5 | 6 => Self::Busy { detail },
                    13 => Self::Full { detail },
                    11 | 26 => Self::Damaged { detail },
                    // Seen with SQLCipher 4.10: 1 (SQL logic error) where a page fails its check,
                    // 7 (out of memory) from then on.
                    1 if said.message() == "SQL logic error" => Self::Suspect { detail },
                    7 => Self::Suspect { detail },
                    _ => Self::Io { detail },
                }
            }
            sqlx::Error::PoolClosed => Self::Closed,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Damaged { detail },
            _ => Self::Io { detail },
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        let detail = error.to_string();
        match error.kind() {
            std::io::ErrorKind::StorageFull => Self::Full { detail },
            _ => Self::Io { detail },
        }
    }
}

impl StoreError {
    /// A row is there and says nothing that this program can read.
    pub(crate) fn unreadable_row(row: impl std::fmt::Display, error: &serde_json::Error) -> Self {
        // Not the row's text: it may be a visitor's words (law 11).
        Self::Damaged { detail: format!("{row} is unreadable ({:?})", error.classify()) }
    }

    /// It is a reason to examine the files, and not to use the connection again: SQLCipher answers
    /// nothing more on one that has met a bad page.
    pub(crate) fn speaks_of_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. } | Self::Suspect { .. })
    }

    pub(crate) fn on_open(self, path: impl Into<PathBuf>) -> OpenError {
        let path = path.into();
        match self {
            Self::Busy { detail } => OpenError::Busy { path, detail },
            Self::Full { detail }
            | Self::Damaged { detail }
            | Self::Suspect { detail }
            | Self::Io { detail } => OpenError::Io { path, detail },
            Self::Closed => OpenError::Io { path, detail: "closed".to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r9_an_unreadable_row_is_named_without_its_words() {
        let error = serde_json::from_str::<u32>("\"secret words\"").unwrap_err();
        let said = StoreError::unreadable_row("line 3 of chat 7", &error).to_string();
        assert!(said.contains("line 3 of chat 7"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
