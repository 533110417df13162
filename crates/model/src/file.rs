//! Files in visitors' chats (domain.md 15): what a message says of the file it is, what may be
//! sent, and why a file is not taken.

use crate::{ChatId, FileId, Permission, rules::FileName};
use serde::{Deserialize, Serialize};

/// What a file is, told by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    Pdf,
    Png,
    Jpeg,
    Text,
    /// Of an extension that an administrator added; also a kind this version does not know.
    #[serde(other)]
    Other,
}

impl FileKind {
    /// Its name, as on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Text => "text",
            Self::Other => "other",
        }
    }

    /// The media type it is served as. What was not looked into is bytes and nothing else.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Text => "text/plain; charset=utf-8",
            Self::Other => "application/octet-stream",
        }
    }

    /// A page may show it.
    #[must_use]
    pub fn is_picture(self) -> bool {
        matches!(self, Self::Png | Self::Jpeg)
    }
}

/// The file that a message is. Its name is the message's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    pub id: FileId,
    pub kind: FileKind,
    pub bytes: u64,
    /// Width and height of a picture, where its first bytes tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<(u32, u32)>,
}

impl SentFile {
    /// How large it is, for people: `640 B`, `12 KB`, `3.4 MB`.
    #[must_use]
    pub fn size(&self) -> String {
        const KB: u64 = 1024;
        match self.bytes {
            bytes @ 0..KB => format!("{bytes} B"),
            bytes if bytes <= 999 * KB => format!("{} KB", bytes.div_ceil(KB)),
            bytes => {
                let tenths = bytes.saturating_mul(10).div_ceil(KB * KB);
                format!("{}.{} MB", tenths / 10, tenths % 10)
            }
        }
    }
}

/// What may be sent besides pictures, which always may (R-027; section 10, point 5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRules {
    /// Documents may be sent.
    pub sending: bool,
    /// Extensions that administrators added, in order, each once.
    pub extensions: Vec<String>,
}

impl Default for FileRules {
    fn default() -> Self {
        Self { sending: true, extensions: Vec::new() }
    }
}

impl FileRules {
    /// Pictures, by their extensions. A GIF file becomes a PNG file.
    pub const PICTURES: &'static [&'static str] = &["gif", "jpeg", "jpg", "png"];
    /// Documents that may be sent without anybody having added them.
    pub const DOCUMENTS: &'static [&'static str] = &["pdf", "txt"];

    /// Of an extension that every account has.
    #[must_use]
    pub fn is_stock(extension: &str) -> bool {
        Self::PICTURES.contains(&extension) || Self::DOCUMENTS.contains(&extension)
    }

    /// The extensions that may be sent now, in order.
    #[must_use]
    pub fn allowed(&self) -> Vec<String> {
        let documents = Self::DOCUMENTS.iter().copied();
        let documents = documents.chain(self.extensions.iter().map(String::as_str));
        let documents = documents.filter(|_| self.sending);
        let mut all: Vec<String> =
            Self::PICTURES.iter().copied().chain(documents).map(ToOwned::to_owned).collect();
        all.sort_unstable();
        all
    }

    /// A file of this name may be sent.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, name: &FileName) -> Result<(), FileRefusal> {
        let extension = name.extension();
        if Self::PICTURES.contains(&extension) {
            return Ok(());
        }
        let added = self.extensions.iter().any(|added| added == extension);
        if !added && !Self::DOCUMENTS.contains(&extension) {
            return Err(FileRefusal::KindNotAllowed { allowed: self.allowed() });
        }
        if self.sending { Ok(()) } else { Err(FileRefusal::SendingOff) }
    }
}

/// What somebody who may send and see files is told: the welcome of a visitor, and the answer to
/// `POST /file-pass`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileTerms {
    /// What may be sent, in order.
    pub extensions: Vec<String>,
    /// The most bytes a file may have.
    pub bytes: u64,
    /// What opens files under their addresses where no header can be sent, for a while.
    pub pass: String,
    pub expires_at: crate::Timestamp,
}

/// What is asked of `PUT /file/<id>` beside the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileQuery {
    pub name: String,
    /// For agents: the chat it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<ChatId>,
}

/// Why a file is not taken, or not given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum FileRefusal {
    #[error("the token, key or pass is not known, has expired or was revoked")]
    BadToken,
    #[error("the request could not be read")]
    BadRequest,
    /// All that a banned visitor is told (domain.md 12).
    #[error("chat is not available")]
    NotAvailable,
    #[error("there is no chat {chat_id}")]
    NoSuchChat { chat_id: ChatId },
    #[error("you are not in this chat")]
    NotInChat,
    #[error("there is no chat that a file could be sent in")]
    ChatEnded,
    #[error("only pictures are sent here")]
    SendingOff,
    #[error("files of this kind are not sent here")]
    KindNotAllowed { allowed: Vec<String> },
    #[error("the content is not what the name and the type say")]
    ContentDiffers,
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the picture has more than {limit} pixels")]
    PictureTooLarge { limit: u64 },
    #[error("more than {limit} {what} are not allowed")]
    LimitReached { what: String, limit: u64 },
    #[error("too many files; try again in {retry_for_ms} ms")]
    TooFast { retry_for_ms: u64 },
    #[error("the file came too slowly")]
    TooSlow,
    #[error("there is no such file, or no more")]
    NoSuchFile,
    #[error("your role does not allow it ({permission})")]
    NotPermitted { permission: String },
    #[error("the service cannot store or read anything now")]
    StorageUnavailable,
    #[error("refused for a reason this version does not know")]
    #[serde(other)]
    Unknown,
}

crate::tagged!(FileRefusal: "code");

impl FileRefusal {
    /// The agent's role does not allow it.
    #[must_use]
    pub fn not_permitted(permission: Permission) -> Self {
        Self::NotPermitted { permission: permission.name().to_owned() }
    }

    /// The same file may be taken later, unchanged (law 10).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::TooFast { .. } | Self::TooSlow | Self::StorageUnavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rules: &FileRules, name: &str) -> Result<(), FileRefusal> {
        rules.check(&FileName::read(name).unwrap())
    }

    #[test]
    fn a_size_is_told_in_the_unit_that_people_use() {
        let sizes = [0, 1023, 1024, 1025, 999 * 1024, 999 * 1024 + 1, 20 * 1024 * 1024];
        let told = sizes.map(|bytes| {
            let id = FileId("0".repeat(FileId::CHARS));
            SentFile { id, kind: FileKind::Pdf, bytes, pixels: None }.size()
        });
        assert_eq!(told, ["0 B", "1023 B", "1 KB", "2 KB", "999 KB", "1.0 MB", "20.0 MB"]);
    }

    #[test]
    fn domain_15_five_kinds_may_be_sent_and_what_administrators_added() {
        let mut rules = FileRules::default();
        assert_eq!(rules.allowed(), ["gif", "jpeg", "jpg", "pdf", "png", "txt"]);
        for name in ["a.PDF", "a.png", "a.jpeg", "a.jpg", "a.gif", "a.txt"] {
            assert_eq!(check(&rules, name), Ok(()), "{name}");
        }
        let allowed = rules.allowed();
        assert_eq!(check(&rules, "a.docx"), Err(FileRefusal::KindNotAllowed { allowed }));
        rules.extensions.push("docx".to_owned());
        assert_eq!(check(&rules, "a.docx"), Ok(()));
        assert_eq!(rules.allowed(), ["docx", "gif", "jpeg", "jpg", "pdf", "png", "txt"]);
    }

    #[test]
    fn section_10_point_5_switched_off_documents_go_and_pictures_stay() {
        let rules = FileRules { sending: false, extensions: vec!["docx".to_owned()] };
        assert_eq!(rules.allowed(), FileRules::PICTURES);
        for name in ["a.pdf", "a.txt", "a.docx"] {
            assert_eq!(check(&rules, name), Err(FileRefusal::SendingOff), "{name}");
        }
        for name in ["a.png", "a.jpg", "a.gif"] {
            assert_eq!(check(&rules, name), Ok(()), "{name}");
        }
    }
}
