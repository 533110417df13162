//! What a file is, told by its bytes as they come.
//!
//! Invariants: it keeps the first few and counts the rest; a file is what its name says, its type
//! says and its bytes say, and where these three do not agree it is refused (domain.md 15).

use bellhop_model::{FileKind, file::FileRefusal, rules::FileName};

/// Bytes that are kept of the beginning: enough for every mark there is, and for the size of a
/// picture even behind a long preface.
const HEAD: usize = 256 * 1024;

/// What the content says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    Gif,
    Kind(FileKind),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Look {
    head: Vec<u8>,
    bytes: u64,
    text: TextLook,
}

impl Look {
    /// The next bytes.
    pub(super) fn take(&mut self, bytes: &[u8]) {
        let room = HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.bytes += bytes.len() as u64;
        self.text.take(bytes);
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// What it is, where name, declared type and content agree. `declared` is the type that whoever
    /// sent it says, such as `image/png`; empty where nothing was said.
    pub(super) fn agreed(&self, name: &FileName, declared: &str) -> Result<Seen, FileRefusal> {
        if self.bytes == 0 {
            return Err(FileRefusal::Empty);
        }
        let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let (is, types): (bool, &[&str]) = match name.extension() {
            "png" => (self.head.starts_with(b"\x89PNG\r\n\x1a\n"), &["image/png"]),
            "jpg" | "jpeg" => (
                self.head.starts_with(b"\xff\xd8\xff"),
                &["image/jpeg", "image/jpg", "image/pjpeg"],
            ),
            "gif" => {
                let is = self.head.starts_with(b"GIF87a") || self.head.starts_with(b"GIF89a");
                (is, &["image/gif"])
            }
            "pdf" => (self.head.starts_with(b"%PDF-"), &["application/pdf"]),
            "txt" => (self.text.is_text(), &["text/plain"]),
            added => return self.agreed_on_added(added, &declared),
        };
        if !is || !types.contains(&declared.as_str()) {
            return Err(FileRefusal::ContentDiffers);
        }
        Ok(match name.extension() {
            "gif" => Seen::Gif,
            "png" => Seen::Kind(FileKind::Png),
            "pdf" => Seen::Kind(FileKind::Pdf),
            "txt" => Seen::Kind(FileKind::Text),
            _ => Seen::Kind(FileKind::Jpeg),
        })
    }

    /// Of an extension that an administrator added there is no rule what its content is: what is
    /// known to be something else is refused, programs and pages above all.
    fn agreed_on_added(&self, extension: &str, declared: &str) -> Result<Seen, FileRefusal> {
        let stock = ["image/png", "image/jpeg", "image/gif", "application/pdf"];
        let no_text = declared == "text/plain" && !self.text.is_text();
        let known = infer::get(&self.head).map(|kind| kind.extension());
        let other = known.is_some_and(|known| !goes_by(known, extension));
        if other || no_text || stock.contains(&declared) {
            return Err(FileRefusal::ContentDiffers);
        }
        Ok(Seen::Kind(FileKind::Other))
    }
}

/// Extensions of one and the same kind of file.
const SAME: &[&[&str]] = &[
    &["aif", "aifc", "aiff"],
    &["bz", "bz2"],
    &["gz", "tgz"],
    &["eps", "ps"],
    &["heic", "heif"],
    &["mid", "midi"],
    &["mov", "m4v", "mp4"],
    &["mpeg", "mpg"],
    &["oga", "ogg", "ogv", "opus"],
    &["tif", "tiff"],
];
/// Kinds that contain files of many others, or whose mark is too short to go by.
const ANYTHING: &[&str] =
    &["zip", "gz", "tar", "msi", "doc", "xls", "ppt", "der", "pem", "obj", "bc"];

/// Whether content that is known by one extension may go by another.
fn goes_by(known: &str, extension: &str) -> bool {
    let same = |list: &&[&str]| list.contains(&known) && list.contains(&extension);
    known == extension || ANYTHING.contains(&known) || SAME.iter().any(same)
}

/// Whether bytes that come in parts are text: UTF-8, with no control characters but those that
/// part lines, columns and pages.
#[derive(Debug, Default)]
struct TextLook {
    is_other: bool,
    /// The beginning of a character whose end has not come.
    cut: Vec<u8>,
}

impl TextLook {
    fn is_text(&self) -> bool {
        !self.is_other && self.cut.is_empty()
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !self.is_other && !self.cut.is_empty() {
            let Some((first, rest)) = bytes.split_first() else { return };
            let mut cut = std::mem::take(&mut self.cut);
            cut.push(*first);
            bytes = rest;
            self.read(&cut);
        }
        if !self.is_other {
            self.read(bytes);
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        let (text, cut) = match str::from_utf8(bytes) {
            Ok(text) => (text, &[][..]),
            Err(error) => {
                self.is_other |= error.error_len().is_some();
                let (good, cut) = bytes.split_at(error.valid_up_to());
                (str::from_utf8(good).unwrap_or_default(), cut)
            }
        };
        let is_wrong = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}');
        self.is_other |= text.contains(is_wrong);
        self.cut = cut.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn look(content: &[u8], part: usize) -> Look {
        let mut look = Look::default();
        for bytes in content.chunks(part) {
            look.take(bytes);
        }
        look
    }

    fn agreed(name: &str, declared: &str, content: &[u8]) -> Result<Seen, FileRefusal> {
        look(content, 7).agreed(&FileName::read(name).unwrap(), declared)
    }

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";
    const PDF: &[u8] = b"%PDF-1.7 and so on";
    const PROGRAM: &[u8] = &[
        0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 62, 0, 1, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
    ];

    #[rstest]
    #[case("a.png", "image/png", PNG, Seen::Kind(FileKind::Png))]
    #[case("a.jpg", "image/jpeg", b"\xff\xd8\xff\xe0", Seen::Kind(FileKind::Jpeg))]
    #[case("a.JPEG", "IMAGE/JPEG", b"\xff\xd8\xff\xdb", Seen::Kind(FileKind::Jpeg))]
    #[case("a.gif", "image/gif", b"GIF89a", Seen::Gif)]
    #[case("a.pdf", "application/pdf", PDF, Seen::Kind(FileKind::Pdf))]
    #[case("a.txt", "text/plain; charset=utf-8", "한글\r\n\tx".as_bytes(), Seen::Kind(FileKind::Text))]
    #[case("a.txt", "text/plain", b"<script>alert(1)</script>", Seen::Kind(FileKind::Text))]
    fn domain_15_each_kind_is_told_by_its_content(
        #[case] name: &str,
        #[case] declared: &str,
        #[case] content: &[u8],
        #[case] seen: Seen,
    ) {
        assert_eq!(agreed(name, declared, content), Ok(seen));
    }

    #[rstest]
    #[case("a.png", "image/png", PDF)]
    #[case("a.png", "image/jpeg", PNG)]
    #[case("a.png", "application/octet-stream", PNG)]
    #[case("a.png", "", PNG)]
    #[case("a.jpg", "image/png", PNG)]
    #[case("a.pdf", "text/html", PDF)]
    #[case("a.pdf", "application/pdf", b"<html>%PDF-")]
    #[case("a.png", "image/png", b"<html><script>alert(1)</script>")]
    #[case("a.txt", "text/html", b"<p>Hello</p>")]
    #[case("a.txt", "text/plain", b"a\0b")]
    #[case("a.txt", "text/plain", b"a\x1b[2Jb")]
    #[case("a.txt", "text/plain", "a\u{85}b".as_bytes())]
    #[case("a.txt", "text/plain", b"\xff\xfea\0")]
    #[case("a.txt", "text/plain", b"caf\xe9")]
    #[case("a.txt", "text/plain", b"cut off \xea\xb0")]
    fn domain_15_what_does_not_agree_is_refused(
        #[case] name: &str,
        #[case] declared: &str,
        #[case] content: &[u8],
    ) {
        assert_eq!(agreed(name, declared, content), Err(FileRefusal::ContentDiffers));
    }

    #[rstest]
    #[case("a.docx", "", b"PK\x03\x04", true)]
    #[case("a.hwp", "application/haansofthwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", true)]
    #[case("a.csv", "text/csv", b"a,b\n1,2", true)]
    #[case("a.csv", "text/plain", b"a,b\n1,2", true)]
    #[case("a.mp4", "video/mp4", b"\0\0\0\x18ftypmp42", true)]
    #[case("a.docx", "", PROGRAM, false)]
    #[case("a.docx", "", b"<html><body>", false)]
    #[case("a.csv", "", b"#!/bin/sh\n", false)]
    #[case("a.docx", "image/png", b"PK\x03\x04", false)]
    #[case("a.csv", "text/plain", b"a\0b", false)]
    #[case("a.mp4", "", PNG, false)]
    fn domain_15_of_an_added_extension_what_is_known_to_be_something_else_is_refused(
        #[case] name: &str,
        #[case] declared: &str,
        #[case] content: &[u8],
        #[case] taken: bool,
    ) {
        let expected =
            if taken { Ok(Seen::Kind(FileKind::Other)) } else { Err(FileRefusal::ContentDiffers) };
        assert_eq!(agreed(name, declared, content), expected);
    }

    #[test]
    fn text_is_text_however_it_is_cut_into_parts() {
        let text = "달항아리 moon jar 🫖 é\n".repeat(50);
        for part in [1, 2, 3, 5, 64] {
            assert!(look(text.as_bytes(), part).text.is_text(), "{part}");
            let spoilt = [text.as_bytes(), b"\xf0\x9f"].concat();
            assert!(!look(&spoilt, part).text.is_text(), "{part}");
        }
    }

    #[test]
    fn an_empty_file_is_none_and_a_long_one_is_not_kept() {
        assert_eq!(agreed("a.txt", "text/plain", b""), Err(FileRefusal::Empty));
        let long = look(&vec![b'a'; 3 * HEAD], 10_000);
        assert_eq!((long.bytes(), long.head().len()), (3 * HEAD as u64, HEAD));
    }
}
