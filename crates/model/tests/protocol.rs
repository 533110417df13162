//! docs/protocol.md is the contract, so it must be true: every frame shown there is one that the
//! code reads and writes, every kind there is is shown, and every limit has the value that the
//! code has. A new kind or limit that nobody described fails here.

use bellhop_model::{
    Command, Event, Fact, Refusal,
    file::{FileRefusal, FileTerms},
    frame::{ClientFrame, Rejection, ServerFrame},
    listing::{Listing, Page},
    live::Live,
    manage::Management,
    record::{Figures, RecordPage, RecordRefusal, WholeRecord},
    sign_in::{SignIn, SignInRefusal, SignedIn},
    visitor_frame::{VisitorClientFrame, VisitorLine, VisitorServerFrame},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const PAGE: &str = include_str!("../../../docs/protocol.md");
const LIMITS: &str = include_str!("../src/limits.rs");

/// One fenced block: what stands behind ```` ```json ````, its text, and its line in the page.
struct Block {
    kind: String,
    text: String,
    line: usize,
}

fn blocks() -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (line, text) in PAGE.lines().enumerate() {
        match (text.strip_prefix("```"), open.as_mut()) {
            (Some(""), Some(_)) => found.extend(open.take()),
            (Some(info), None) => {
                let kind = info.strip_prefix("json ").unwrap_or_else(|| {
                    panic!("line {}: a block of the kind {info:?}; say whose frame it is", line + 1)
                });
                let (kind, text) = (kind.to_owned(), String::new());
                open = Some(Block { kind, text, line: line + 1 });
            }
            (Some(info), Some(block)) => {
                panic!("line {}: {info:?} within the block of line {}", line + 1, block.line)
            }
            (None, Some(block)) => block.text += text,
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "the last block is not closed");
    found
}

/// Reads a block and writes it again: the same JSON value must come out.
fn read<T: Serialize + DeserializeOwned>(block: &Block) -> T {
    let shown: Value = serde_json::from_str(&block.text)
        .unwrap_or_else(|error| panic!("line {}: not JSON: {error}", block.line));
    let read: T = serde_json::from_str(&block.text)
        .unwrap_or_else(|error| panic!("line {}: not a {}: {error}", block.line, block.kind));
    let written = serde_json::to_value(&read).expect("a frame has a JSON form");
    assert_eq!(written, shown, "line {}: the code writes it in another way", block.line);
    read
}

/// The names of an enum's variants, and which one a value is. The match has no other arm, so a
/// new variant does not compile before it stands here, and does not pass before it is described.
macro_rules! variants {
    ($module:ident, $enum:ident: $($variant:ident)+ $(; not shown: $hidden:ident)?) => {
        mod $module {
            pub(super) const NAMES: &[&str] = &[$(stringify!($variant)),+];
            pub(super) fn name(value: &super::$enum) -> &'static str {
                match value {
                    $(super::$enum::$variant { .. } => stringify!($variant),)+
                    $(super::$enum::$hidden { .. } => {
                        panic!("shows a {} of an unknown kind", stringify!($enum))
                    })?
                }
            }
        }
    };
}

variants!(client_frame, ClientFrame: Hello Command Manage List Typing Ping);
variants!(server_frame, ServerFrame:
    Welcome Rejected Setup Permissions Lists Listed Event CaughtUp Answer Live Digest; not shown: Unknown);
variants!(visitor_client_frame, VisitorClientFrame:
    Hello Page Say Active Widget Typing Name Department Skills Leave Rate End Ping);
variants!(visitor_server_frame, VisitorServerFrame:
    Welcome Rejected Line Taken Refused State Greeting Typing Pong; not shown: Unknown);
variants!(fact, Fact:
    AgentSaved AgentSwitched AvailabilitySet ChatRequested ChatStarted MessagePosted AgentJoined AgentLeft ChatEnded
    ChatContinued ChatCameBack TagsSet VisitorNamed DepartmentSaved HoursSaved RoleSaved RoleGiven DepartmentChosen
    ChatTransferred AgentInvited ChatReleased ShortcutSaved ShortcutRemoved ShortcutsChanged
    OptionsOffered TagListChanged TagCreationSet RatingSwitched FileRulesSaved FileDeleted SupportSaved TicketAssigneeSet RatingRequested ChatRated
    TriggerSaved TriggerRemoved TriggerFired TriggerWaits VisitorGreeted TagsAdded OfflineMessageLeft
    OfflineMessageMarked OfflineMessageAnswered OfflineMessageDeleted OfflineMessagesChanged ChatDeleted
    RetentionSaved
    TaglineSet AvatarSet AvatarChanged ContactSaved Banned BanLifted BansChanged TeamSaid TeamRead
    ChatAssigned ChatUnassigned SkillsAsked RoutingSaved AgentRoutingSaved; not shown: Unknown);
variants!(command, Command:
    ServeNext Serve StartChat Say SayShortcut RequestRating SetTags EndChat ContinueChat TransferToDepartment
    TransferToAgent Invite LeaveChat SetAvailability SetChatLimit; not shown: Unknown);
variants!(management, Management:
    SetDepartmentMembers SetAgentChatLimit PutShortcut RemoveShortcut ReassignShortcuts MarkOfflineMessage
    SetTicketAssignee AnswerOfflineMessage SetProfile RemoveAvatar SetContact SetVisitorNote BanVisitor
    BanAddress LiftBan SayToTeam ReadTeamChat SendFileToTeam DeleteFile DeleteRecord; not shown: Unknown);
variants!(listing, Listing: Shortcuts Tags OfflineMessages Bans Path Monitor; not shown: Unknown);
variants!(page, Page: Shortcuts Tags OfflineMessages Bans Path Monitor Refused; not shown: Unknown);
variants!(refusal, Refusal:
    NobodyWaiting AlreadyServed NoSuchChat NotInChat ChatEnded ChatNotEnded TextEmpty TextTooLong
    TagInvalid TooManyTags OtherDepartment HeldForAnother NotAssigned AtLimit LimitNotYours
    LimitTooHigh Excluded NoSuchDepartment
    DepartmentDisabled DepartmentEmpty NobodyElseOnline NotAlone NoSuchAgent AgentNotThere
    AlreadyInChat ToOneself LastInChat OutsideHours NoSuchShortcut ShortcutNameTaken TagUnknown RatingDisabled
    NothingToRate NotASupportAgent SomebodyIsThere NoSuchMessage FieldInvalid LimitReached NotPermitted NoSuchVisitor
    VisitorNotHere
    VisitorInChat NoSuchTeamChat NoFilesInTeamChats NoSuchFile
    AddressUnknown NotAvailable TooFast UnknownCommand StorageUnavailable; not shown: Unknown);
variants!(rejection, Rejection:
    BadToken ProtocolUnknown BadFrame FrameTooLarge TooSlow TooFast CursorAhead RightsChanged
    NotAvailable Stopping StorageUnavailable; not shown: Unknown);
variants!(sign_in_refusal, SignInRefusal:
    WrongEmailOrPassword TooFast BadRequest StorageUnavailable; not shown: Unknown);
variants!(record_refusal, RecordRefusal:
    BadToken NotPermitted NoSuchRecord BadRequest TooMany StorageUnavailable; not shown: Unknown);
variants!(file_refusal, FileRefusal:
    BadToken BadRequest NotAvailable NoSuchChat NotInChat ChatEnded SendingOff KindNotAllowed
    ContentDiffers Empty TooLarge PictureTooLarge LimitReached TooFast TooSlow NoSuchFile NotPermitted
    StorageUnavailable; not shown: Unknown);
variants!(live, Live: VisitorHere VisitorGone Typing AgentPresence; not shown: Unknown);
variants!(visitor_line, VisitorLine:
    Mine Theirs FileDeleted Options RatingRequested Rated Joined LeftChat Ended Continued);

/// Which variants the page shows, for each enum.
#[derive(Default)]
struct Shown(BTreeMap<&'static str, BTreeSet<&'static str>>);

impl Shown {
    fn add(&mut self, of: &'static str, name: &'static str) {
        self.0.entry(of).or_default().insert(name);
    }

    fn expect(&self, of: &str, names: &[&'static str]) {
        let wanted: BTreeSet<&str> = names.iter().copied().collect();
        let shown = self.0.get(of).cloned().unwrap_or_default();
        let missing: Vec<_> = wanted.difference(&shown).collect();
        assert!(missing.is_empty(), "docs/protocol.md shows no {of}::{missing:?}");
    }

    fn see(&mut self, block: &Block) {
        match block.kind.as_str() {
            "agent->service" => {
                let frame: ClientFrame = read(block);
                self.add("ClientFrame", client_frame::name(&frame));
                match &frame {
                    ClientFrame::Manage(named) => {
                        self.add("Management", management::name(&named.wish));
                    }
                    ClientFrame::List(asked) => self.add("Listing", listing::name(&asked.of)),
                    _ => {}
                }
            }
            "service->agent" => {
                let frame: ServerFrame = read(block);
                self.add("ServerFrame", server_frame::name(&frame));
                match &frame {
                    ServerFrame::Rejected(why) => self.add("Rejection", rejection::name(why)),
                    ServerFrame::Listed(listed) => self.add("Page", page::name(&listed.page)),
                    ServerFrame::Live { values, .. } => {
                        for value in values {
                            self.add("Live", live::name(value));
                        }
                    }
                    _ => {}
                }
            }
            "visitor->service" => {
                let frame: VisitorClientFrame = read(block);
                self.add("VisitorClientFrame", visitor_client_frame::name(&frame));
            }
            "service->visitor" => {
                let frame: VisitorServerFrame = read(block);
                self.add("VisitorServerFrame", visitor_server_frame::name(&frame));
                if let VisitorServerFrame::Rejected(why) = &frame {
                    self.add("Rejection", rejection::name(why));
                }
                if let VisitorServerFrame::Line { line, .. } = &frame {
                    self.add("VisitorLine", visitor_line::name(line));
                }
            }
            "event" => {
                let event: Event = read(block);
                self.add("Fact", fact::name(&event.fact));
            }
            "command" => self.add("Command", command::name(&read(block))),
            "wish" => self.add("Management", management::name(&read(block))),
            "refusal" => self.add("Refusal", refusal::name(&read(block))),
            "live" => self.add("Live", live::name(&read(block))),
            "line" => self.add("VisitorLine", visitor_line::name(&read(block))),
            _ => self.see_over_http(block),
        }
    }

    fn see_over_http(&mut self, block: &Block) {
        match block.kind.as_str() {
            "sign_in" => drop(read::<SignIn>(block)),
            "signed_in" => drop(read::<SignedIn>(block)),
            "sign_in_refusal" => {
                self.add("SignInRefusal", sign_in_refusal::name(&read(block)));
            }
            "record_page" => drop(read::<RecordPage>(block)),
            "whole_record" => drop(read::<WholeRecord>(block)),
            "figures" => drop(read::<Figures>(block)),
            "record_refusal" => self.add("RecordRefusal", record_refusal::name(&read(block))),
            "file_terms" => drop(read::<FileTerms>(block)),
            "file_refusal" => self.add("FileRefusal", file_refusal::name(&read(block))),
            other => panic!("line {}: no frames of the kind {other:?} are known", block.line),
        }
    }
}

#[test]
fn law_6_every_frame_shown_is_one_the_code_reads_and_writes_and_none_is_missing() {
    let mut shown = Shown::default();
    for block in &blocks() {
        shown.see(block);
    }
    shown.expect("ClientFrame", client_frame::NAMES);
    shown.expect("ServerFrame", server_frame::NAMES);
    shown.expect("VisitorClientFrame", visitor_client_frame::NAMES);
    shown.expect("VisitorServerFrame", visitor_server_frame::NAMES);
    shown.expect("Fact", fact::NAMES);
    shown.expect("Command", command::NAMES);
    shown.expect("Listing", listing::NAMES);
    shown.expect("Page", page::NAMES);
    shown.expect("Management", management::NAMES);
    shown.expect("Refusal", refusal::NAMES);
    shown.expect("Rejection", rejection::NAMES);
    shown.expect("SignInRefusal", sign_in_refusal::NAMES);
    shown.expect("RecordRefusal", record_refusal::NAMES);
    shown.expect("FileRefusal", file_refusal::NAMES);
    shown.expect("Live", live::NAMES);
    shown.expect("VisitorLine", visitor_line::NAMES);
}

/// `64 * 1024` and `4_000` as numbers.
fn value_of(written: &str) -> u64 {
    let factors = written.split('*').map(|factor| factor.trim().replace('_', ""));
    factors.map(|factor| factor.parse::<u64>().expect("a limit is a product of numbers")).product()
}

/// Names and values of the constants in limits.rs.
fn limits_in_code() -> BTreeMap<String, u64> {
    let constants = LIMITS.lines().filter_map(|line| line.strip_prefix("pub const "));
    constants
        .map(|constant| {
            let (name, rest) = constant.split_once(':').expect("a constant has a type");
            let (_, value) = rest.split_once('=').expect("a constant has a value on its line");
            (name.to_owned(), value_of(value.trim().trim_end_matches(';')))
        })
        .collect()
}

/// Names and values of the rows of the page's table of limits.
fn limits_in_page() -> BTreeMap<String, u64> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| {
        let (name, rest) = row.split_once("` | ")?;
        let is_constant = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let (value, _) = rest.split_once(" |")?;
        is_constant.then(|| (name.to_owned(), value.parse().expect("a limit is a number")))
    })
    .collect()
}

#[test]
fn every_limit_of_the_code_is_in_the_page_with_its_value_and_no_other() {
    assert!(!limits_in_code().is_empty());
    assert_eq!(limits_in_page(), limits_in_code());
}

#[test]
fn what_a_newer_version_adds_is_read_as_unknown() {
    fn read<T: DeserializeOwned>(text: &str) -> T {
        serde_json::from_str(text).expect("what is not known can still be read")
    }
    let frame: ServerFrame = read(r#"{"frame":"weather","degrees":21}"#);
    assert_eq!(frame, ServerFrame::Unknown);
    let frame: ServerFrame = read(r#"{"frame":"rejected","code":"on_strike","until":5}"#);
    assert_eq!(frame, ServerFrame::Rejected(Rejection::Unknown));
    let event: Event =
        read(r#"{"seq":9,"at":1,"fact":{"kind":"chat_sung","chat_id":7,"good":true}}"#);
    assert_eq!(event.fact, Fact::Unknown);
    assert_eq!(read::<Live>(r#"{"kind":"mood","agent_id":1}"#), Live::Unknown);
}
