//! Triggers: automatic messages and what leads to them (domain.md 11).
//!
//! What a condition means is said here; whether it holds is the service's to find out.

use crate::{Refusal, TriggerId, limits, refusal::FieldProblem, rules};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A trigger: on an event and under conditions, things are done in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// Given by the service.
    #[serde(default)]
    pub id: TriggerId,
    pub name: String,
    pub enabled: bool,
    pub on: Occasion,
    #[serde(default)]
    pub needs: Needs,
    #[serde(default)]
    pub conditions: Vec<Condition>,
    pub actions: Vec<Action>,
    /// At most once for each visitor.
    #[serde(default)]
    pub once: bool,
}

/// What a trigger waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// A visitor opened a page of the site.
    WidgetLoaded,
    ChatRequested,
    /// A visitor said something in a chat; the first words are among it.
    ChatMessageSent,
    /// One that this version does not know: it never comes.
    #[serde(other)]
    Unknown,
}

/// How many of the conditions must hold. Without any condition, they do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Needs {
    #[default]
    All,
    Any,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub what: Subject,
    pub is: Operator,
    /// A number, `yes` or `no`, or a text, as [`Subject::kind`] says.
    pub value: String,
}

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// 0 to 23, UTC.
    HourOfDay,
    /// 0 is Monday; UTC.
    DayOfWeek,
    /// Seconds since the event, while the visitor stays on the site.
    StillOnSite,
    /// Seconds since the event, and on the same page.
    StillOnPage,
    PageUrl,
    PageTitle,
    Referrer,
    /// The language the visitor is addressed in, such as `ko`.
    Language,
    Browser,
    Platform,
    VisitorName,
    /// `online`, `away` or `offline`: the most that any agent is.
    AccountStatus,
    /// An agent is or was in the visitor's chat.
    VisitorServed,
    /// The visitor's chat waits.
    VisitorRequesting,
    /// This trigger was marked as fired for the visitor.
    FiredBefore,
    /// What the visitor said.
    Message,
    /// The department the chat is for.
    Department,
    /// One that this version does not know: it never holds.
    #[serde(other)]
    Unknown,
}

/// What the value of a condition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// So many seconds since something; they can only be reached.
    Since,
    Number,
    Flag,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    Equals,
    NotEqual,
    Less,
    Greater,
    LessOrEqual,
    GreaterOrEqual,
    Contains,
    DoesNotContain,
    /// The value is a regular expression, and the whole text is one that it describes.
    Matches,
    /// One that this version does not know: it never holds.
    #[serde(other)]
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
pub enum Action {
    /// Says something to the visitor, in their chat or before there is one.
    Say {
        /// The workspace's name where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        text: String,
        /// The text in other languages, by their primary subtags, such as `ko`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        translations: BTreeMap<String, String>,
    },
    /// Waits so many milliseconds. What comes after is done only if the conditions hold then.
    Wait {
        for_ms: u64,
    },
    /// Remembers for this visitor that the trigger fired.
    MarkFired,
    AddTag {
        tag: String,
    },
    /// One that this version does not know: nothing.
    #[serde(other)]
    Unknown,
}

crate::tagged!(Action: "do");

impl Subject {
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::StillOnSite | Self::StillOnPage => Kind::Since,
            Self::HourOfDay | Self::DayOfWeek => Kind::Number,
            Self::VisitorServed | Self::VisitorRequesting | Self::FiredBefore => Kind::Flag,
            Self::PageUrl
            | Self::PageTitle
            | Self::Referrer
            | Self::Language
            | Self::Browser
            | Self::Platform
            | Self::VisitorName
            | Self::AccountStatus
            | Self::Message
            | Self::Department
            | Self::Unknown => Kind::Text,
        }
    }
}

impl Condition {
    /// The value as a number.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        self.value.parse().ok()
    }

    fn is_right(&self) -> bool {
        use Operator as Is;
        let operator = match self.what.kind() {
            Kind::Since => matches!(self.is, Is::GreaterOrEqual),
            Kind::Flag => matches!(self.is, Is::Equals | Is::NotEqual),
            Kind::Number => {
                !matches!(self.is, Is::Contains | Is::DoesNotContain | Is::Matches | Is::Unknown)
            }
            Kind::Text => matches!(
                self.is,
                Is::Equals | Is::NotEqual | Is::Contains | Is::DoesNotContain | Is::Matches
            ),
        };
        let value = match (self.what, self.what.kind()) {
            (_, Kind::Since) => {
                self.number().is_some_and(|n| u64::from(n) * 1000 <= limits::TRIGGER_WAIT_MS)
            }
            (Subject::HourOfDay, _) => self.number().is_some_and(|hour| hour < 24),
            (Subject::DayOfWeek, _) => self.number().is_some_and(|day| day < 7),
            (_, Kind::Flag) => matches!(self.value.as_str(), "yes" | "no"),
            (Subject::AccountStatus, _) if self.is != Is::Matches => {
                matches!(self.value.as_str(), "online" | "away" | "offline")
            }
            (Subject::Unknown, _) => false,
            _ => true,
        };
        operator && value
    }
}

impl Trigger {
    /// The trigger as it is kept.
    ///
    /// # Errors
    /// Which of its fields is not right. Whether a regular expression is one, is not looked at.
    pub fn checked(mut self) -> Result<Self, Refusal> {
        let field = Refusal::field;
        self.name = rules::clean_line(&self.name, limits::NAME_CHARS);
        if self.name.is_empty() {
            return Err(field("name", FieldProblem::Empty));
        }
        if self.on == Occasion::Unknown {
            return Err(field("on", FieldProblem::NotAllowed));
        }
        if self.conditions.len() > limits::TRIGGER_CONDITIONS {
            return Err(field("conditions", FieldProblem::TooMany));
        }
        for condition in &self.conditions {
            if condition.value.chars().count() > limits::TRIGGER_VALUE_CHARS {
                return Err(field("conditions", FieldProblem::TooLong));
            }
            if !condition.is_right() {
                return Err(field("conditions", FieldProblem::NotAllowed));
            }
        }
        match self.actions.len() {
            0 => return Err(field("actions", FieldProblem::Empty)),
            count if count > limits::TRIGGER_ACTIONS => {
                return Err(field("actions", FieldProblem::TooMany));
            }
            _ => {}
        }
        for action in &mut self.actions {
            check_action(action)?;
        }
        Ok(self)
    }
}

fn check_action(action: &mut Action) -> Result<(), Refusal> {
    match action {
        Action::Say { name, text, translations } => {
            *name = name.as_deref().and_then(rules::clean_name);
            if translations.len() > limits::TRIGGER_LANGUAGES {
                return Err(Refusal::field("actions", FieldProblem::TooMany));
            }
            let mut texts = translations.values().chain([&*text]);
            texts.try_for_each(|text| rules::check_text(text))
        }
        Action::Wait { for_ms } if *for_ms > limits::TRIGGER_WAIT_MS => {
            Err(Refusal::field("actions", FieldProblem::TooLong))
        }
        Action::AddTag { tag } => rules::check_tag(tag),
        Action::Unknown => Err(Refusal::field("actions", FieldProblem::NotAllowed)),
        Action::Wait { .. } | Action::MarkFired => Ok(()),
    }
}
