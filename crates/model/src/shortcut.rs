//! Shortcuts: replies written once and used often (domain.md 4).

use crate::{AgentId, DepartmentId, Refusal, Setup, limits, refusal::FieldProblem, rules};
use serde::{Deserialize, Serialize};

/// A shortcut. Its name is its id: unique in the account, whatever its scope; upper and lower case
/// do not matter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortcut {
    pub name: String,
    /// What it says; at most [`limits::MESSAGE_CHARS`] characters.
    pub message: String,
    /// What the visitor may answer by a click; none of them contains `/`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Added to the chat in which it is used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    pub scope: Scope,
}

/// Whose shortcut it is. Nobody else sees or uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Scope {
    All,
    Agent {
        agent_id: AgentId,
    },
    /// Of the agents in any of these, in the order of their ids.
    Departments {
        department_ids: Vec<DepartmentId>,
    },
    /// A kind this version does not know: nobody's.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Scope: "kind");

impl Scope {
    /// Whether it is also this agent's.
    #[must_use]
    pub fn includes(&self, agent: AgentId, setup: &Setup) -> bool {
        match self {
            Self::All => true,
            Self::Agent { agent_id } => *agent_id == agent,
            Self::Departments { department_ids } => {
                department_ids.iter().any(|id| setup.is_member(agent, *id))
            }
            Self::Unknown => false,
        }
    }
}

impl Shortcut {
    /// The name as it is compared.
    #[must_use]
    pub fn key(name: &str) -> String {
        name.to_lowercase()
    }

    /// The shortcut as it is kept: tags and departments once each.
    ///
    /// # Errors
    /// Which of its fields is not right.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        check_name(&self.name)?;
        rules::check_text(&self.message)?;
        if self.options.len() > limits::SHORTCUT_OPTIONS {
            return Err(Refusal::field("options", FieldProblem::TooMany));
        }
        for option in &self.options {
            check_option(option)?;
        }
        self.tags = rules::check_tags(&self.tags)?;
        if let Scope::Departments { department_ids } = &mut self.scope {
            department_ids.sort_unstable();
            department_ids.dedup();
            if department_ids.is_empty() {
                return Err(Refusal::field("scope", FieldProblem::Empty));
            }
        }
        if self.scope == Scope::Unknown {
            return Err(Refusal::field("scope", FieldProblem::NotAllowed));
        }
        Ok(self)
    }
}

/// One plain line without `/`, `\` and `$` (domain.md 4).
fn check_name(name: &str) -> Result<(), Refusal> {
    let problem = if name.is_empty() {
        FieldProblem::Empty
    } else if name.chars().count() > limits::SHORTCUT_NAME_CHARS {
        FieldProblem::TooLong
    } else if name.contains(['/', '\\', '$']) || !is_line(name) {
        FieldProblem::NotAllowed
    } else {
        return Ok(());
    };
    Err(Refusal::field("name", problem))
}

fn check_option(option: &str) -> Result<(), Refusal> {
    let problem = if option.is_empty() {
        FieldProblem::Empty
    } else if option.chars().count() > limits::SHORTCUT_OPTION_CHARS {
        FieldProblem::TooLong
    } else if option.contains('/') || !is_line(option) {
        FieldProblem::NotAllowed
    } else {
        return Ok(());
    };
    Err(Refusal::field("options", problem))
}

fn is_line(text: &str) -> bool {
    rules::clean_line(text, usize::MAX) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortcut() -> Shortcut {
        Shortcut {
            name: "한국어 hi".to_owned(),
            message: "Hello! Can I help?".to_owned(),
            options: vec!["Yes".to_owned(), "No".to_owned()],
            tags: vec!["greeted".to_owned(), "greeted".to_owned()],
            scope: Scope::Departments {
                department_ids: vec![DepartmentId(2), DepartmentId(1), DepartmentId(2)],
            },
        }
    }

    #[test]
    fn domain_4_a_shortcut_is_kept_with_its_tags_and_departments_once_each() {
        let kept = shortcut().checked().unwrap();
        assert_eq!(kept.tags, ["greeted"]);
        let department_ids = vec![DepartmentId(1), DepartmentId(2)];
        assert_eq!(kept.scope, Scope::Departments { department_ids });
        assert_eq!(kept.clone().checked(), Ok(kept));
    }

    #[rstest::rstest]
    #[case("", FieldProblem::Empty)]
    #[case("a/b", FieldProblem::NotAllowed)]
    #[case("a\\b", FieldProblem::NotAllowed)]
    #[case("$price", FieldProblem::NotAllowed)]
    #[case("two\nlines", FieldProblem::NotAllowed)]
    #[case(" blank before", FieldProblem::NotAllowed)]
    #[case("turned\u{202E}", FieldProblem::NotAllowed)]
    fn domain_4_a_name_is_one_line_without_the_three_characters(
        #[case] name: &str,
        #[case] problem: FieldProblem,
    ) {
        let named = Shortcut { name: name.to_owned(), ..shortcut() };
        assert_eq!(named.checked(), Err(Refusal::field("name", problem)));
    }

    #[test]
    fn domain_4_names_options_and_texts_have_limits() {
        let longest = Shortcut { name: "가".repeat(limits::SHORTCUT_NAME_CHARS), ..shortcut() };
        assert!(longest.checked().is_ok());
        let named = Shortcut { name: "가".repeat(limits::SHORTCUT_NAME_CHARS + 1), ..shortcut() };
        assert_eq!(named.checked(), Err(Refusal::field("name", FieldProblem::TooLong)));
        let options = |options: Vec<String>| Shortcut { options, ..shortcut() }.checked();
        let many = options(vec!["Yes".to_owned(); limits::SHORTCUT_OPTIONS + 1]);
        assert_eq!(many, Err(Refusal::field("options", FieldProblem::TooMany)));
        let parted = options(vec!["Yes/No".to_owned()]);
        assert_eq!(parted, Err(Refusal::field("options", FieldProblem::NotAllowed)));
        let silent = Shortcut { message: " ".to_owned(), ..shortcut() };
        assert_eq!(silent.checked(), Err(Refusal::TextEmpty));
        let scope = Scope::Departments { department_ids: Vec::new() };
        let nobodys = Shortcut { scope, ..shortcut() };
        assert_eq!(nobodys.checked(), Err(Refusal::field("scope", FieldProblem::Empty)));
    }
}
