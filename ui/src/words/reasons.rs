//! Why something was not done, in the agent's language.

use super::Words;
use crate::state::CallProblem;
use bellhop_model::{
    Refusal,
    frame::Rejection,
    limits,
    refusal::TagProblem,
    view::{AskProblem, LinkProblem},
};

impl Words {
    /// Why a call did not do what was asked: half a sentence, without a full stop.
    #[must_use]
    pub fn reason(&self, problem: &CallProblem) -> String {
        match problem {
            CallProblem::Said(AskProblem::NotReady) => self.say("reason-not-ready"),
            CallProblem::Said(AskProblem::Offline) => self.say("reason-offline"),
            CallProblem::Said(AskProblem::Refused { refusal }) => self.refusal(refusal),
            CallProblem::Said(AskProblem::NotStored { detail }) => {
                self.with("reason-not-stored", &[("detail", detail.into())])
            }
            CallProblem::Broken(detail) => self.with("reason-broken", &[("detail", detail.into())]),
        }
    }

    /// Why the service refused: half a sentence, without a full stop.
    #[must_use]
    pub fn refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::NobodyWaiting => self.say("reason-nobody-waiting"),
            Refusal::AlreadyServed { by } => {
                self.with("reason-already-served", &[("by", by.into())])
            }
            Refusal::NoSuchChat { .. } => self.say("reason-no-such-chat"),
            Refusal::NotInChat => self.say("reason-not-in-chat"),
            Refusal::ChatEnded => self.say("reason-chat-ended"),
            Refusal::ChatNotEnded => self.say("reason-chat-not-ended"),
            Refusal::TextEmpty => self.say("reason-text-empty"),
            Refusal::TextTooLong { chars, limit } => self.with(
                "reason-text-too-long",
                &[("chars", (*chars).into()), ("limit", (*limit).into())],
            ),
            Refusal::TagInvalid { tag, reason } => self.tag_problem(tag, *reason),
            Refusal::TooManyTags { count, limit } => self.with(
                "reason-too-many-tags",
                &[("count", (*count).into()), ("limit", (*limit).into())],
            ),
            Refusal::TooFast { .. } => self.say("reason-too-fast"),
            Refusal::OtherDepartment { .. }
            | Refusal::NotAssigned
            | Refusal::HeldForAnother { .. }
            | Refusal::Excluded
            | Refusal::NoSuchDepartment { .. }
            | Refusal::DepartmentDisabled { .. }
            | Refusal::DepartmentEmpty { .. }
            | Refusal::NobodyElseOnline { .. }
            | Refusal::NotAlone { .. }
            | Refusal::NoSuchAgent { .. }
            | Refusal::AgentNotThere { .. }
            | Refusal::AlreadyInChat { .. }
            | Refusal::ToOneself
            | Refusal::LastInChat => self.handover_refusal(refusal),
            Refusal::OutsideHours { .. } => self.say("reason-outside-hours"),
            Refusal::AtLimit { .. }
            | Refusal::LimitNotYours
            | Refusal::LimitTooHigh { .. }
            | Refusal::NoSuchShortcut { .. }
            | Refusal::ShortcutNameTaken { .. }
            | Refusal::TagUnknown { .. }
            | Refusal::RatingDisabled
            | Refusal::NotASupportAgent { .. }
            | Refusal::NothingToRate
            | Refusal::SomebodyIsThere
            | Refusal::NoSuchMessage { .. }
            | Refusal::NoSuchFile { .. }
            | Refusal::FieldInvalid { .. }
            | Refusal::LimitReached { .. }
            | Refusal::NotPermitted { .. }
            | Refusal::NoSuchVisitor { .. }
            | Refusal::VisitorNotHere
            | Refusal::VisitorInChat { .. }
            | Refusal::NoSuchTeamChat { .. }
            | Refusal::NoFilesInTeamChats
            | Refusal::AddressUnknown => self.desk_refusal(refusal),
            Refusal::UnknownCommand => self.say("reason-unknown-command"),
            Refusal::StorageUnavailable => self.say("reason-storage"),
            // Agents are never told that chat is not available.
            Refusal::NotAvailable | Refusal::Unknown => self.say("reason-unknown"),
        }
    }

    /// Why something about the account, a visitor or colleagues cannot be.
    fn desk_refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::AtLimit { limit } => {
                self.with("reason-at-limit", &[("limit", usize::from(*limit).into())])
            }
            Refusal::LimitNotYours => self.say("reason-limit-not-yours"),
            Refusal::LimitTooHigh { most, .. } => {
                self.with("reason-limit-too-high", &[("most", usize::from(*most).into())])
            }
            Refusal::NoSuchShortcut { name } => {
                self.with("reason-no-such-shortcut", &[("name", name.into())])
            }
            Refusal::ShortcutNameTaken { name } => {
                self.with("reason-shortcut-name-taken", &[("name", name.into())])
            }
            Refusal::TagUnknown { tag } => self.with("reason-tag-unknown", &[("tag", tag.into())]),
            Refusal::RatingDisabled => self.say("reason-rating-disabled"),
            Refusal::NotASupportAgent { .. }
            | Refusal::NothingToRate
            | Refusal::SomebodyIsThere
            | Refusal::NoSuchMessage { .. }
            | Refusal::NoSuchFile { .. }
            | Refusal::FieldInvalid { .. } => self.say("reason-field-invalid"),
            Refusal::LimitReached { what, .. } if what == "messages" || what == "text_bytes" => {
                self.say("reason-chat-full")
            }
            Refusal::LimitReached { limit, .. } => {
                self.with("reason-limit-reached", &[("limit", (*limit).into())])
            }
            Refusal::NotPermitted { permission } => {
                self.with("reason-not-permitted", &[("permission", permission.into())])
            }
            Refusal::NoSuchVisitor { .. } => self.say("reason-no-such-visitor"),
            Refusal::VisitorNotHere => self.say("reason-visitor-not-here"),
            Refusal::VisitorInChat { .. } => self.say("reason-visitor-in-chat"),
            Refusal::NoSuchTeamChat { .. } | Refusal::NoFilesInTeamChats => {
                self.say("reason-team-chat")
            }
            Refusal::AddressUnknown => self.say("reason-no-address"),
            _ => self.say("reason-unknown"),
        }
    }

    /// Why a chat could not be handed over, or is not this agent's to serve.
    fn handover_refusal(&self, refusal: &Refusal) -> String {
        match refusal {
            Refusal::OtherDepartment { department } => {
                self.with("reason-other-department", &[("department", department.into())])
            }
            Refusal::HeldForAnother { name } => {
                self.with("reason-held-for-another", &[("name", name.into())])
            }
            Refusal::NotAssigned => self.say("reason-not-assigned"),
            Refusal::Excluded => self.say("reason-excluded"),
            Refusal::NoSuchDepartment { .. } => self.say("reason-no-such-department"),
            Refusal::DepartmentDisabled { department } => {
                self.with("reason-department-disabled", &[("department", department.into())])
            }
            Refusal::DepartmentEmpty { department } => {
                self.with("reason-department-empty", &[("department", department.into())])
            }
            Refusal::NobodyElseOnline { department } => {
                self.with("reason-nobody-else-online", &[("department", department.into())])
            }
            Refusal::NotAlone { with } => self.with("reason-not-alone", &[("name", with.into())]),
            Refusal::NoSuchAgent { .. } => self.say("reason-no-such-agent"),
            Refusal::AgentNotThere { name } => {
                self.with("reason-agent-not-there", &[("name", name.into())])
            }
            Refusal::AlreadyInChat { name } => {
                self.with("reason-already-in-chat", &[("name", name.into())])
            }
            Refusal::ToOneself => self.say("reason-to-oneself"),
            Refusal::LastInChat => self.say("reason-last-in-chat"),
            _ => self.say("reason-unknown"),
        }
    }

    fn tag_problem(&self, tag: &str, problem: TagProblem) -> String {
        match problem {
            TagProblem::Empty => self.say("reason-tag-empty"),
            TagProblem::TooLong => {
                self.with("reason-tag-too-long", &[("limit", limits::TAG_CHARS.into())])
            }
            TagProblem::Blank => self.with("reason-tag-blank", &[("tag", tag.into())]),
            TagProblem::SpecialCharacter => self.with("reason-tag-special", &[("tag", tag.into())]),
        }
    }

    /// Why there is no connection: half a sentence, without a full stop.
    #[must_use]
    pub fn link_problem(&self, problem: &LinkProblem) -> String {
        match problem {
            LinkProblem::Unreachable { .. } => self.say("link-unreachable"),
            LinkProblem::Silent => self.say("link-silent"),
            LinkProblem::Closed { .. } => self.say("link-closed"),
            LinkProblem::BadFrame { .. } => self.say("link-bad-frame"),
            LinkProblem::OtherWorkspace { found, .. } => {
                self.with("link-other-workspace", &[("found", found.into())])
            }
            LinkProblem::Rejected { rejection } => match rejection {
                Rejection::BadToken => self.say("link-rejected-bad-token"),
                Rejection::ProtocolUnknown { asked, speaks } => self.with(
                    "link-rejected-protocol",
                    &[("asked", (*asked).into()), ("speaks", (*speaks).into())],
                ),
                Rejection::TooSlow => self.say("link-rejected-too-slow"),
                Rejection::Stopping => self.say("link-rejected-stopping"),
                Rejection::StorageUnavailable => self.say("link-rejected-storage"),
                _ => self.say("link-rejected-other"),
            },
        }
    }
}
