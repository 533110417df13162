//! Offline messages: what visitors leave when nobody is there (domain.md 16).

use crate::{
    AgentId, OfflineMessageId, Refusal, Timestamp, VisitorProfile, limits, refusal::FieldProblem,
    route::DepartmentRef, rules,
};
use serde::{Deserialize, Serialize};

/// An offline message, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineMessage {
    pub id: OfflineMessageId,
    /// Who left it, as they were then.
    pub visitor: VisitorProfile,
    /// Where they can be written to; empty where they did not say.
    #[serde(default)]
    pub email: String,
    pub text: String,
    /// Whom it is for; everybody where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<DepartmentRef>,
    pub left_at: Timestamp,
    pub unread: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<OfflineAnswer>,
}

/// What an agent answered. The visitor sees it when they are on the site again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineAnswer {
    pub agent_id: AgentId,
    pub text: String,
    pub at: Timestamp,
}

/// An e-mail address as a visitor typed it; empty where they typed none.
///
/// # Errors
/// It cannot be one.
pub fn checked_email(email: &str) -> Result<String, Refusal> {
    let email = email.trim();
    if email.chars().count() > limits::EMAIL_CHARS {
        return Err(Refusal::field("email", FieldProblem::TooLong));
    }
    let halves = email.rsplit_once('@');
    let is_one = halves.is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    let is_plain = email.chars().all(|c| rules::is_plain(c) && !c.is_whitespace());
    if email.is_empty() || (is_one && is_plain) {
        return Ok(email.to_owned());
    }
    Err(Refusal::field("email", FieldProblem::NotAllowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case(" jun@example.com ", Ok("jun@example.com"))]
    #[case("", Ok(""))]
    #[case("준@예시.한국", Ok("준@예시.한국"))]
    #[case("jun", Err(FieldProblem::NotAllowed))]
    #[case("@example.com", Err(FieldProblem::NotAllowed))]
    #[case("jun@localhost", Err(FieldProblem::NotAllowed))]
    #[case("two words@example.com", Err(FieldProblem::NotAllowed))]
    #[case("jun\u{202E}@example.com", Err(FieldProblem::NotAllowed))]
    fn domain_16_an_address_is_one_or_none(
        #[case] typed: &str,
        #[case] expected: Result<&str, FieldProblem>,
    ) {
        let expected = expected.map(ToOwned::to_owned);
        assert_eq!(checked_email(typed), expected.map_err(|p| Refusal::field("email", p)));
    }

    #[test]
    fn domain_16_an_address_has_a_limit() {
        let long = format!("{}@example.com", "a".repeat(limits::EMAIL_CHARS));
        assert_eq!(checked_email(&long), Err(Refusal::field("email", FieldProblem::TooLong)));
    }
}
