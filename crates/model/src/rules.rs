//! Rules that both ends check: the client to say at once what is wrong, the service because it
//! trusts no client.

use crate::{
    Contact, limits,
    refusal::{FieldProblem, Refusal, TagProblem},
};

/// A message's text is neither empty nor too long.
pub fn check_text(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::TextEmpty);
    }
    let chars = text.chars().count();
    if chars > limits::MESSAGE_CHARS {
        return Err(Refusal::TextTooLong { chars, limit: limits::MESSAGE_CHARS });
    }
    Ok(())
}

/// A tag has 1 to 140 characters, no blanks, no special characters (domain.md 6).
pub fn check_tag(tag: &str) -> Result<(), Refusal> {
    let problem = if tag.is_empty() {
        TagProblem::Empty
    } else if tag.chars().count() > limits::TAG_CHARS {
        TagProblem::TooLong
    } else if tag.chars().any(char::is_whitespace) {
        TagProblem::Blank
    } else if tag.chars().any(|c| !(c.is_alphanumeric() || c == '-' || c == '_')) {
        TagProblem::SpecialCharacter
    } else {
        return Ok(());
    };
    Err(Refusal::TagInvalid { tag: tag.chars().take(limits::TAG_CHARS).collect(), reason: problem })
}

/// Each tag is allowed and there are not too many; returns them without repeats, in order.
pub fn check_tags(tags: &[String]) -> Result<Vec<String>, Refusal> {
    let mut unique: Vec<String> = Vec::with_capacity(tags.len().min(limits::TAGS_PER_CHAT));
    for tag in tags {
        check_tag(tag)?;
        if !unique.contains(tag) {
            unique.push(tag.clone());
        }
    }
    if unique.len() > limits::TAGS_PER_CHAT {
        return Err(Refusal::TooManyTags { count: unique.len(), limit: limits::TAGS_PER_CHAT });
    }
    Ok(unique)
}

/// Contact information as an agent typed it, each field made one plain line; the note is left as it
/// is. An e-mail address has something on both sides of its last `@`; a telephone number has a
/// digit, and else nothing but what is written between digits.
pub fn check_contact(contact: &Contact) -> Result<Contact, Refusal> {
    let line = |field: &str, text: &str, limit: usize| {
        let line = clean_line(text, usize::MAX);
        if line.chars().count() > limit {
            return Err(Refusal::field(field, FieldProblem::TooLong));
        }
        Ok(line)
    };
    let name = line("name", &contact.name, limits::NAME_CHARS)?;
    let email = line("email", &contact.email, limits::EMAIL_CHARS)?;
    let phone = line("phone", &contact.phone, limits::PHONE_CHARS)?;
    if !email.is_empty() && !is_email(&email) {
        return Err(Refusal::field("email", FieldProblem::NotAllowed));
    }
    if !phone.is_empty() && !is_phone(&phone) {
        return Err(Refusal::field("phone", FieldProblem::NotAllowed));
    }
    Ok(Contact { name, email, phone, note: contact.note.clone() })
}

/// A mailbox, `@` and a host, with no blanks.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let parts = text.rsplit_once('@');
    parts.is_some_and(|(mailbox, host)| !mailbox.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
}

fn is_phone(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || " +-().,/#*".contains(c))
}

/// The note on a visitor, without the blanks around it. An empty one is none.
pub fn check_visitor_note(note: &str) -> Result<String, Refusal> {
    let note = note.trim();
    let chars = note.chars().count();
    if chars > limits::VISITOR_NOTE_CHARS {
        return Err(Refusal::TextTooLong { chars, limit: limits::VISITOR_NOTE_CHARS });
    }
    Ok(note.to_owned())
}

/// A name as a visitor typed it, made fit to show on one line: control and direction-changing
/// characters removed, blanks collapsed, cut to [`limits::NAME_CHARS`]. `None` where nothing is
/// left.
#[must_use]
pub fn clean_name(name: &str) -> Option<String> {
    let cleaned = clean_line(name, limits::NAME_CHARS);
    (!cleaned.is_empty()).then_some(cleaned)
}

/// Any text as one plain line of at most `limit` characters.
#[must_use]
pub fn clean_line(text: &str, limit: usize) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| is_plain(*c))
        .collect();
    let words: Vec<&str> = visible.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").chars().take(limit).collect::<String>().trim_end().to_owned()
}

/// The name of a file, made fit to show on one line and to be kept under on any system.
///
/// Invariant: it has no part of a path and no character that a file system or a header gives a
/// meaning; its extension is in small letters and says what the file is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileName {
    stem: String,
    extension: String,
}

impl FileName {
    /// The name as somebody else's program says it: what stands behind the last `/` or `\`, as one
    /// plain line, cut to [`limits::FILE_NAME_CHARS`] before its extension. `None` where there is
    /// no extension of letters and digits, or nothing before it.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let line = clean_line(last, usize::MAX);
        let (stem, extension) = line.rsplit_once('.')?;
        let extension = check_extension(extension).ok()?;
        let stem = stem.chars().map(|c| if "<>:\"|?*%".contains(c) { '_' } else { c });
        let room = limits::FILE_NAME_CHARS - extension.len() - 1;
        let stem: String =
            stem.collect::<String>().trim_matches(['.', ' ']).chars().take(room).collect();
        let stem = stem.trim_end_matches(['.', ' ']).to_owned();
        (!stem.is_empty()).then_some(Self { stem, extension })
    }

    /// Without the dot.
    #[must_use]
    pub fn extension(&self) -> &str {
        &self.extension
    }

    /// The same name with another extension.
    #[must_use]
    pub fn with_extension(self, extension: &str) -> Self {
        Self { extension: extension.to_owned(), ..self }
    }
}

impl std::fmt::Display for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.stem, self.extension)
    }
}

/// An extension is letters and digits of ASCII; returns it in small letters.
pub fn check_extension(extension: &str) -> Result<String, Refusal> {
    let problem = if extension.is_empty() {
        FieldProblem::Empty
    } else if extension.len() > limits::FILE_EXTENSION_CHARS {
        FieldProblem::TooLong
    } else if extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(extension.to_ascii_lowercase());
    } else {
        FieldProblem::NotAllowed
    };
    Err(Refusal::field("extension", problem))
}

/// Neither a control character nor one that turns the direction of the text around it.
#[must_use]
pub fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_029_a_message_of_the_limit_is_sent_and_one_more_is_refused() {
        let longest = "가".repeat(limits::MESSAGE_CHARS);
        assert_eq!(check_text(&longest), Ok(()));
        assert_eq!(
            check_text(&format!("{longest}나")),
            Err(Refusal::TextTooLong { chars: 4_001, limit: 4_000 })
        );
        assert_eq!(check_text(" \n\t "), Err(Refusal::TextEmpty));
    }

    #[rstest::rstest]
    #[case("refund", None)]
    #[case("환불-요청_2", None)]
    #[case("", Some(TagProblem::Empty))]
    #[case("two words", Some(TagProblem::Blank))]
    #[case("<b>", Some(TagProblem::SpecialCharacter))]
    fn r_074_tags_have_no_blanks_and_no_special_characters(
        #[case] tag: &str,
        #[case] problem: Option<TagProblem>,
    ) {
        let expected = match problem {
            None => Ok(()),
            Some(reason) => Err(Refusal::TagInvalid { tag: tag.to_owned(), reason }),
        };
        assert_eq!(check_tag(tag), expected);
    }

    #[test]
    fn r_074_repeated_tags_count_once() {
        let tags = ["vip", "refund", "vip"].map(String::from);
        assert_eq!(check_tags(&tags), Ok(vec!["vip".to_owned(), "refund".to_owned()]));
    }

    #[test]
    fn r_043_a_name_of_nothing_visible_is_no_name() {
        assert_eq!(clean_name(" \u{202E}\u{0} \n"), None);
        assert_eq!(clean_name("Jun\u{202E}\n Park "), Some("Jun Park".to_owned()));
    }

    #[rstest::rstest]
    #[case("달항아리.PNG", Some("달항아리.png"))]
    #[case("../../etc/passwd.txt", Some("passwd.txt"))]
    #[case("C:\\Users\\jun\\a.pdf", Some("a.pdf"))]
    #[case("photo\u{202E}gnp.exe", Some("photognp.exe"))]
    #[case("a\u{0}b\r\nSet-Cookie: x.pdf", Some("ab Set-Cookie_ x.pdf"))]
    #[case("\"quoted\" <b>?.txt", Some("_quoted_ _b__.txt"))]
    #[case(" . report . .pdf", Some("report.pdf"))]
    #[case("archive.tar.gz", Some("archive.tar.gz"))]
    #[case("no extension", None)]
    #[case(".txt", None)]
    #[case("... .txt", None)]
    #[case("a.", None)]
    #[case("a.p/df", None)]
    #[case("a.그림", None)]
    #[case("a.muchtoolongone", None)]
    fn bad_input_a_files_name_is_one_plain_line_with_an_extension(
        #[case] name: &str,
        #[case] kept: Option<&str>,
    ) {
        let read = FileName::read(name).map(|name| name.to_string());
        assert_eq!(read.as_deref(), kept);
    }

    #[test]
    fn bad_input_a_files_long_name_is_cut_before_its_extension() {
        let name = FileName::read(&format!("{}.jpeg", "가".repeat(10_000))).unwrap();
        assert_eq!(name.to_string().chars().count(), limits::FILE_NAME_CHARS);
        assert_eq!(name.extension(), "jpeg");
        let at_a_dot = FileName::read(&format!("{}.{}.txt", "a".repeat(115), "b".repeat(50)));
        assert_eq!(at_a_dot.unwrap().to_string(), format!("{}.txt", "a".repeat(115)));
        assert_eq!(name.with_extension("png").extension(), "png");
    }

    #[rstest::rstest]
    #[case("", "", None)]
    #[case(" jun@shop.example\n", "+82 (2) 123-4567", None)]
    #[case("전자우편@예.한국", "", None)]
    #[case("jun", "", Some(("email", FieldProblem::NotAllowed)))]
    #[case("@shop.example", "", Some(("email", FieldProblem::NotAllowed)))]
    #[case("jun park@shop.example", "", Some(("email", FieldProblem::NotAllowed)))]
    #[case("", "call me", Some(("phone", FieldProblem::NotAllowed)))]
    #[case("", "+-", Some(("phone", FieldProblem::NotAllowed)))]
    #[case("", "12345678901234567890123456789012345678901", Some(("phone", FieldProblem::TooLong)))]
    fn r_063_contact_information_is_one_line_each_and_what_it_says_it_is(
        #[case] email: &str,
        #[case] phone: &str,
        #[case] problem: Option<(&str, FieldProblem)>,
    ) {
        let contact = Contact {
            name: "Jun\u{202E}  Park".to_owned(),
            email: email.to_owned(),
            phone: phone.to_owned(),
            note: String::new(),
        };
        let checked = check_contact(&contact);
        match problem {
            None => {
                let checked = checked.unwrap();
                assert_eq!(
                    (checked.name.as_str(), checked.email.as_str()),
                    ("Jun Park", email.trim())
                );
            }
            Some((field, problem)) => assert_eq!(checked, Err(Refusal::field(field, problem))),
        }
    }
}
