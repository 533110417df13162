//! Sizes and rates that both ends know. A longer text is refused, never cut.

/// Characters (Unicode scalar values) in one message.
pub const MESSAGE_CHARS: usize = 4_000;
/// Characters in a tag (domain.md 6).
pub const TAG_CHARS: usize = 140;
/// Tags on one chat.
pub const TAGS_PER_CHAT: usize = 50;
/// Characters in the note that goes along with a transfer or an invitation.
pub const NOTE_CHARS: usize = 1_000;
/// Departments of an account.
pub const DEPARTMENTS: usize = 200;
/// The highest limit of chats that an agent gets (domain.md 8).
pub const CHAT_LIMIT: usize = 20;
/// Skills of an agent, and skills that count of those a request asks for (domain.md 8).
pub const SKILLS: usize = 5;
/// Stretches of opening hours in one day.
pub const SPANS_PER_DAY: usize = 8;
/// Tags that an account knows.
pub const KNOWN_TAGS: usize = 10_000;
/// Characters in the comment that goes along with a rating.
pub const RATING_COMMENT_CHARS: usize = 1_000;
/// How often a visitor may rate one chat.
pub const RATINGS_PER_CHAT: usize = 20;
/// Shortcuts of an account (domain.md 4).
pub const SHORTCUTS: usize = 15_000;
/// Shortcuts that are one agent's own, so that nobody uses up the account's.
pub const SHORTCUTS_PER_AGENT: usize = 500;
/// Characters in a shortcut's name.
pub const SHORTCUT_NAME_CHARS: usize = 100;
/// Options of one shortcut.
pub const SHORTCUT_OPTIONS: usize = 20;
/// Characters in one option of a shortcut.
pub const SHORTCUT_OPTION_CHARS: usize = 100;
/// Shortcuts that are reassigned with one wish.
pub const SHORTCUTS_AT_ONCE: usize = 500;
/// Triggers of an account.
pub const TRIGGERS: usize = 200;
/// Conditions of one trigger.
pub const TRIGGER_CONDITIONS: usize = 20;
/// Actions of one trigger.
pub const TRIGGER_ACTIONS: usize = 20;
/// Languages besides the first in which a trigger says something.
pub const TRIGGER_LANGUAGES: usize = 20;
/// Characters in the value of a condition, a regular expression among them.
pub const TRIGGER_VALUE_CHARS: usize = 500;
/// The longest that a trigger waits at one time, in milliseconds.
pub const TRIGGER_WAIT_MS: u64 = 24 * 60 * 60 * 1000;
/// Bytes of one trigger as JSON.
pub const TRIGGER_BYTES: usize = 128 * 1024;
/// Automatic messages that wait for the first words of one visitor.
pub const GREETINGS_PER_VISITOR: usize = 10;
/// Offline messages that are kept; of more, the oldest that was read goes.
pub const OFFLINE_MESSAGES: usize = 10_000;
/// Offline messages of one visitor that nobody has read.
pub const OFFLINE_MESSAGES_PER_VISITOR: usize = 20;
/// Answers to one offline message.
pub const OFFLINE_ANSWERS: usize = 20;
/// Characters in an e-mail address.
pub const EMAIL_CHARS: usize = 254;
/// Characters in the line under an agent's display name.
pub const TAGLINE_CHARS: usize = 120;
/// Bytes in a picture that an agent sends (domain.md 1).
pub const AVATAR_BYTES: usize = 100 * 1024;
/// Pixels on a side of such a picture.
pub const AVATAR_SIDE: u32 = 2_048;
/// Roles of an account, the stock ones among them.
pub const ROLES: usize = 100;
/// Characters in a visitor's name.
pub const NAME_CHARS: usize = 120;
/// Characters in a telephone number.
pub const PHONE_CHARS: usize = 40;
/// Characters in the note on a visitor.
pub const VISITOR_NOTE_CHARS: usize = 4_000;
/// Visitors of an account of whom something is written down.
pub const CONTACTS: usize = 100_000;
/// Characters in the reason of a ban.
pub const BAN_REASON_CHARS: usize = 500;
/// Addresses that are banned at one time; with one more the oldest falls out (domain.md 12).
pub const BANNED_ADDRESSES: usize = 5_000;
/// Characters heeded of what is searched for.
pub const SEARCH_CHARS: usize = 200;
/// Pages kept of the path of a visit, the newest.
pub const PATH_PAGES: usize = 50;
/// Bytes of the addresses and titles of these pages, together; the newest page is always kept.
pub const PATH_BYTES: usize = 8 * 1024;
/// Agents in a team chat, the one who writes included.
pub const TEAM_CHAT_MEMBERS: usize = 50;
/// Team chats of three agents or more that an account has; of two agents there may always be one.
pub const TEAM_CHATS: usize = 10_000;
/// Characters kept of a page's address and of a referrer; the rest is cut, for they are not
/// anybody's words.
pub const URL_CHARS: usize = 2_048;
/// Characters kept of a page's title.
pub const TITLE_CHARS: usize = 300;
/// Bytes in one WebSocket message towards the service.
pub const INBOUND_MESSAGE_BYTES: usize = 64 * 1024;
/// Bytes in one WebSocket message towards a client (reliability.md S11).
pub const OUTBOUND_MESSAGE_BYTES: usize = 1024 * 1024;
/// Silence after which a client asks for a sign of life, in milliseconds (design.md).
pub const PING_AFTER_MS: i64 = 25_000;
/// How long a client waits for that sign, in milliseconds, before it calls the line dead.
pub const DEAD_AFTER_PING_MS: i64 = 10_000;
/// A typing sign that is not renewed is over after this many milliseconds.
pub const TYPING_EXPIRES_MS: i64 = 6_000;
/// How often a client that goes on typing renews the sign, in milliseconds.
pub const TYPING_RENEW_MS: i64 = 3_000;
/// Characters kept of what a visitor's browser calls itself.
pub const USER_AGENT_CHARS: usize = 500;
/// Records on one page of the service's history.
pub const RECORDS_PER_PAGE: u32 = 100;
/// Records in one export of the service's history.
pub const RECORDS_PER_EXPORT: u64 = 10_000;
/// Bytes in a file that is sent in a chat, where the operator says nothing else (domain.md 15).
pub const FILE_BYTES: u64 = 20 * 1024 * 1024;
/// Characters kept of a file's name, its extension included.
pub const FILE_NAME_CHARS: usize = 120;
/// Characters of a file's extension.
pub const FILE_EXTENSION_CHARS: usize = 10;
/// Extensions that administrators add.
pub const FILE_EXTENSIONS: usize = 50;
/// Files sent in one chat.
pub const FILES_PER_CHAT: usize = 200;
/// Pixels of a picture that is sent.
pub const PICTURE_PIXELS: u64 = 100_000_000;
/// Pixels of a GIF file that is sent: it is drawn anew as a PNG file.
pub const GIF_PIXELS: u64 = 4096 * 4096;
/// Support agents of an account of chat and support.
pub const SUPPORT_AGENTS: usize = 2_000;
/// Characters of a conversation in a ticket; the rest stays in the history.
pub const TICKET_CHARS: usize = 60_000;
