//! The end dialog with its three choices.
//!
//! Invariant: nothing is asked of the service before "Attach tags" or "End chat"; cancelling
//! changes nothing.

use super::{Effect, State};
use bellhop_model::{ChatId, Command, Refusal, rules};

/// The dialog while it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndDialog {
    pub chat_id: ChatId,
    /// "Add chat tags" was chosen: the dialog has a tag field until they are attached.
    pub tagging: bool,
    pub tags: Vec<String>,
    /// What stands in the tag field.
    pub typed: String,
    pub problem: Option<Refusal>,
}

/// What the agent does in the dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndAction {
    /// The X of a tab. Ends nothing by itself.
    Asked(ChatId),
    AddTags,
    TagTyped(String),
    /// Enter in the tag field.
    TagEntered,
    TagRemoved(String),
    /// The tags are for the session, whether or not the chat is ended then.
    TagsAttached,
    Confirmed,
    Cancelled,
}

impl State {
    pub(super) fn end(&mut self, action: EndAction, effects: &mut Vec<Effect>) {
        match action {
            EndAction::Asked(chat_id) => {
                self.end = self.view.chat(chat_id).filter(|c| c.head.mine).map(|chat| EndDialog {
                    chat_id,
                    tagging: false,
                    tags: chat.head.tags.clone(),
                    typed: String::new(),
                    problem: None,
                });
            }
            EndAction::Cancelled => {
                self.end = None;
                self.place.ask_focus();
            }
            EndAction::TagsAttached => {
                self.attach_tags(effects);
            }
            EndAction::Confirmed => {
                if self.attach_tags(effects)
                    && let Some(dialog) = self.end.take()
                {
                    let chat_id = dialog.chat_id;
                    effects.push(Effect::Command(Command::EndChat { chat_id }));
                }
            }
            EndAction::AddTags
            | EndAction::TagTyped(_)
            | EndAction::TagEntered
            | EndAction::TagRemoved(_) => {
                if let Some(dialog) = &mut self.end {
                    dialog.edit(action);
                }
            }
        }
    }

    /// Leaves the tag field; `false` where what stands in it may not be a tag.
    fn attach_tags(&mut self, effects: &mut Vec<Effect>) -> bool {
        let Some(dialog) = &mut self.end else { return false };
        if !dialog.tagging {
            return true;
        }
        if !dialog.enter() {
            return false;
        }
        dialog.tagging = false;
        let (chat_id, tags) = (dialog.chat_id, dialog.tags.clone());
        if self.view.chat(chat_id).is_some_and(|chat| chat.head.tags != tags) {
            effects.push(Effect::Command(Command::SetTags { chat_id, tags }));
        }
        true
    }
}

impl EndDialog {
    fn edit(&mut self, action: EndAction) {
        match action {
            EndAction::AddTags => self.tagging = true,
            EndAction::TagTyped(text) => {
                self.problem = None;
                // A blank or a comma ends a tag, as Enter does.
                let ends = text.ends_with([' ', ',', '\u{3000}']);
                text.trim_end_matches([' ', ',', '\u{3000}']).clone_into(&mut self.typed);
                if ends {
                    self.enter();
                }
            }
            EndAction::TagEntered => {
                self.enter();
            }
            EndAction::TagRemoved(tag) => {
                self.tags.retain(|t| *t != tag);
                self.problem = None;
            }
            EndAction::Asked(_)
            | EndAction::TagsAttached
            | EndAction::Confirmed
            | EndAction::Cancelled => {}
        }
    }

    /// Makes what is typed a tag; `false` where it may not be one, which then stands beside it.
    fn enter(&mut self) -> bool {
        let typed = self.typed.trim().to_owned();
        if typed.is_empty() {
            return true;
        }
        let mut tags = self.tags.clone();
        tags.push(typed);
        match rules::check_tags(&tags) {
            Ok(tags) => {
                self.tags = tags;
                self.typed.clear();
                self.problem = None;
                true
            }
            Err(refusal) => {
                self.problem = Some(refusal);
                false
            }
        }
    }
}
