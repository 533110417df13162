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

fn is_email(text: &str) -> bool {
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
