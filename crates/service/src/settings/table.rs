//! The settings as they stand in the file, and where each goes.

use super::{LogForm, Settings, span::Span};
use crate::{
    account::{FOLD_KEEPS_MS, MESSAGE_BYTES},
    config::{Config, Rate, Tuning},
    tickets::{Sink, Zendesk, zendesk},
    tls::TlsFiles,
};
use serde::Deserialize;
use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    name: Option<String>,
    demo_site: Option<bool>,
    trusted_proxies: Option<Vec<IpAddr>>,
    tls: Tls,
    sign_in: SignIn,
    chats: Chats,
    visitors: Visitors,
    files: Files,
    limits: Limits,
    storage: Storage,
    metrics: Metrics,
    log: Log,
    tickets: Tickets,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SinkName {
    #[default]
    Local,
    Zendesk,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tickets {
    sink: Option<SinkName>,
    zendesk_subdomain: Option<String>,
    zendesk_email: Option<String>,
    zendesk_token_file: Option<PathBuf>,
    zendesk_agents_every: Option<Span>,
}

impl Tickets {
    /// The sink, and the file that its token is in. What is not named is empty, and told as wrong
    /// ([`wrong`]).
    fn sink(self, base: &Path) -> (Sink, Option<PathBuf>) {
        if self.sink.unwrap_or_default() == SinkName::Local {
            return (Sink::Local, None);
        }
        let subdomain = self.zendesk_subdomain.unwrap_or_default();
        let is_one = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let url = if !subdomain.is_empty() && subdomain.chars().all(is_one) {
            format!("https://{subdomain}.zendesk.com")
        } else {
            String::new()
        };
        let email = self.zendesk_email.unwrap_or_default();
        let file = self.zendesk_token_file.map(|file| base.join(file)).unwrap_or_default();
        let mut account = Zendesk {
            url,
            email,
            token: String::new(),
            first_wait: zendesk::FIRST_WAIT,
            agents_every: zendesk::AGENTS_EVERY,
        };
        set(&mut account.agents_every, self.zendesk_agents_every);
        (Sink::Zendesk(account), Some(file))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Tls {
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SignIn {
    token_lifetime: Option<Span>,
    per_address: Option<Rate>,
    per_email: Option<Rate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Chats {
    first_reply_after: Option<Span>,
    visitor_timeout: Option<Span>,
    session_idle: Option<Span>,
    gone_grace: Option<Span>,
    messages: Option<usize>,
    text_bytes: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Visitors {
    idle_after: Option<Span>,
    geoip: Option<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Files {
    bytes: Option<u64>,
    bytes_together: Option<u64>,
    per_sender: Option<Rate>,
    at_once: Option<usize>,
    at_once_per_address: Option<usize>,
    new_per_address: Option<Rate>,
    bytes_per_address: Option<Rate>,
    longest: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Limits {
    sockets: Option<usize>,
    pages_per_visitor: Option<usize>,
    frame_bytes: Option<usize>,
    agent_frames: Option<Rate>,
    visitor_frames: Option<Rate>,
    new_chats: Option<Rate>,
    connections_per_address: Option<usize>,
    new_connections_per_address: Option<Rate>,
    pages_per_address: Option<usize>,
    requests_per_address: Option<Rate>,
    new_pages_per_address: Option<Rate>,
    new_visitors_per_address: Option<Rate>,
    offline_messages_per_address: Option<Rate>,
    frames_per_address: Option<Rate>,
    loopback: Option<bool>,
    agent_lag_frames: Option<usize>,
    visitor_lag_frames: Option<usize>,
    request_timeout: Option<Span>,
    hello_timeout: Option<Span>,
    heartbeat: Option<Span>,
    silence: Option<Span>,
    write_timeout: Option<Span>,
    live_flush: Option<Span>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Storage {
    snapshot_every: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Metrics {
    enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Log {
    filter: Option<String>,
    form: Option<LogForm>,
}

fn set<T>(place: &mut T, value: Option<impl Into<T>>) {
    if let Some(value) = value {
        *place = value.into();
    }
}

impl From<Span> for std::time::Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl File {
    pub(super) fn apply(self, base: &Path, to: &mut Settings) {
        let Self { data, listen, name, demo_site, trusted_proxies, tls, .. } = self;
        let Self {
            sign_in, chats, visitors, files, limits, storage, metrics, log, tickets, ..
        } = self;
        let config = &mut to.config;
        to.data_dir = data.map(|data| base.join(data));
        set(&mut config.listen, listen);
        set(&mut config.workspace_name, name);
        set(&mut config.demo_site, demo_site);
        set(&mut config.trusted_proxies, trusted_proxies);
        set(&mut config.metrics, metrics.enabled);
        set(&mut to.log.filter, log.filter);
        set(&mut to.log.form, log.form);
        if tls.certificate.is_some() || tls.key.is_some() {
            // One without the other is an empty path, which `wrong` names.
            let path = |path: Option<PathBuf>| path.map(|path| base.join(path)).unwrap_or_default();
            config.tls = Some(TlsFiles { certificate: path(tls.certificate), key: path(tls.key) });
        }
        config.geoip = visitors.geoip.map(|path| base.join(path));
        (config.tickets, to.zendesk_token_file) = tickets.sink(base);
        let tuning = &mut config.tuning;
        set(&mut tuning.idle_after, visitors.idle_after);
        set(&mut tuning.first_reply_after, chats.first_reply_after);
        set(&mut tuning.visitor_timeout, chats.visitor_timeout);
        set(&mut tuning.session_idle, chats.session_idle);
        set(&mut tuning.gone_grace, chats.gone_grace);
        set(&mut tuning.messages_per_chat, chats.messages);
        set(&mut tuning.text_bytes_per_chat, chats.text_bytes);
        set(&mut tuning.token_lifetime, sign_in.token_lifetime);
        set(&mut tuning.sign_ins_per_address, sign_in.per_address);
        set(&mut tuning.sign_ins_per_email, sign_in.per_email);
        set(&mut tuning.snapshot_every, storage.snapshot_every);
        files.apply(tuning);
        limits.apply(tuning);
    }
}

impl Files {
    fn apply(self, tuning: &mut Tuning) {
        set(&mut tuning.file_bytes, self.bytes);
        set(&mut tuning.files_bytes, self.bytes_together);
        set(&mut tuning.files_per_sender, self.per_sender);
        set(&mut tuning.uploads, self.at_once);
        set(&mut tuning.uploads_per_address, self.at_once_per_address);
        set(&mut tuning.new_uploads_per_address, self.new_per_address);
        set(&mut tuning.upload_bytes_per_address, self.bytes_per_address);
        set(&mut tuning.upload_timeout, self.longest);
    }
}

impl Limits {
    fn apply(self, tuning: &mut Tuning) {
        set(&mut tuning.sockets, self.sockets);
        set(&mut tuning.sockets_per_visitor, self.pages_per_visitor);
        set(&mut tuning.inbound_bytes, self.frame_bytes);
        set(&mut tuning.agent_frames, self.agent_frames);
        set(&mut tuning.visitor_frames, self.visitor_frames);
        set(&mut tuning.new_chats, self.new_chats);
        set(&mut tuning.connections_per_address, self.connections_per_address);
        set(&mut tuning.new_connections_per_address, self.new_connections_per_address);
        set(&mut tuning.pages_per_address, self.pages_per_address);
        set(&mut tuning.requests_per_address, self.requests_per_address);
        set(&mut tuning.new_pages_per_address, self.new_pages_per_address);
        set(&mut tuning.new_visitors_per_address, self.new_visitors_per_address);
        set(&mut tuning.offline_messages_per_address, self.offline_messages_per_address);
        set(&mut tuning.frames_per_address, self.frames_per_address);
        set(&mut tuning.loopback_is_limited, self.loopback);
        set(&mut tuning.lag_frames, self.agent_lag_frames);
        set(&mut tuning.visitor_lag_frames, self.visitor_lag_frames);
        set(&mut tuning.request_timeout, self.request_timeout);
        set(&mut tuning.hello_timeout, self.hello_timeout);
        set(&mut tuning.heartbeat, self.heartbeat);
        set(&mut tuning.silence_limit, self.silence);
        set(&mut tuning.write_timeout, self.write_timeout);
        set(&mut tuning.live_flush, self.live_flush);
    }
}

/// A session may be idle for so long.
fn is_session(idle: Duration) -> bool {
    !idle.is_zero() && idle <= Duration::from_millis(FOLD_KEEPS_MS.unsigned_abs())
}

/// A setting, whether it can be worked with, and what it must be.
type Check = (&'static str, bool, &'static str);

const SOME: &str = "at least 1 and at most 1000000";
const BYTES: &str = "at least 1 and at most 2^50";
const TIME: &str = "longer than nothing";
const DAY: &str = "longer than nothing and at most a day";
const RATE: &str = "at_once of at least 1 and per_second above 0, at most 1e12 both";

fn some(count: usize) -> bool {
    (1..=1_000_000).contains(&count)
}

fn bytes(bytes: u64) -> bool {
    (1..=1 << 50).contains(&bytes)
}

fn rate(rate: Rate) -> bool {
    (1.0..=1e12).contains(&rate.at_once) && (1e-9..=1e12).contains(&rate.per_second)
}

/// The first setting that cannot be worked with, and what it must be.
pub(super) fn wrong(config: &Config) -> Option<(&'static str, &'static str)> {
    let tuning = &config.tuning;
    let mut checks = of_others(config).into_iter().chain(of_chats(tuning)).chain(of_limits(tuning));
    checks.find(|(_, is_right, _)| !is_right).map(|(name, _, must)| (name, must))
}

/// Where tickets are kept, and TLS.
fn of_others(config: &Config) -> [Check; 5] {
    let tls = config.tls.as_ref();
    let named = |path: fn(&TlsFiles) -> &PathBuf| {
        tls.is_none_or(|files| !path(files).as_os_str().is_empty())
    };
    let desk = |is_right: fn(&Zendesk) -> bool| match &config.tickets {
        Sink::Local | Sink::AsBefore => true,
        Sink::Zendesk(desk) => is_right(desk),
    };
    [
        (
            "tickets.zendesk_subdomain",
            desk(|desk| !desk.url.is_empty()),
            "the first part of its address",
        ),
        ("tickets.zendesk_email", desk(|desk| !desk.email.is_empty()), "the address of an agent"),
        ("tickets.zendesk_agents_every", desk(|desk| !desk.agents_every.is_zero()), TIME),
        ("tls.certificate", named(|tls| &tls.certificate), "named where tls.key is"),
        ("tls.key", named(|tls| &tls.key), "named where tls.certificate is"),
    ]
}

/// Chats, files, visitors, signing in and storage.
fn of_chats(tuning: &Tuning) -> [Check; 17] {
    let text = MESSAGE_BYTES..=1 << 30;
    [
        ("chats.messages", some(tuning.messages_per_chat), SOME),
        (
            "chats.text_bytes",
            text.contains(&tuning.text_bytes_per_chat),
            "at least 16000, for the longest message, and at most 2^30",
        ),
        (
            "chats.visitor_timeout",
            tuning.visitor_timeout >= tuning.gone_grace,
            "at least as long as chats.gone_grace",
        ),
        ("chats.session_idle", is_session(tuning.session_idle), DAY),
        ("visitors.idle_after", !tuning.idle_after.is_zero(), TIME),
        ("sign_in.per_address", rate(tuning.sign_ins_per_address), RATE),
        ("sign_in.per_email", rate(tuning.sign_ins_per_email), RATE),
        ("sign_in.token_lifetime", !tuning.token_lifetime.is_zero(), TIME),
        ("files.bytes", bytes(tuning.file_bytes), BYTES),
        ("files.bytes_together", bytes(tuning.files_bytes), BYTES),
        ("files.per_sender", rate(tuning.files_per_sender), RATE),
        ("files.at_once", some(tuning.uploads), SOME),
        ("files.at_once_per_address", some(tuning.uploads_per_address), SOME),
        ("files.new_per_address", rate(tuning.new_uploads_per_address), RATE),
        ("files.bytes_per_address", rate(tuning.upload_bytes_per_address), RATE),
        ("files.longest", !tuning.upload_timeout.is_zero(), TIME),
        ("storage.snapshot_every", tuning.snapshot_every > 0, "at least 1"),
    ]
}

fn of_limits(tuning: &Tuning) -> [Check; 22] {
    let frame = 1024..=16 * 1024 * 1024;
    [
        ("limits.sockets", some(tuning.sockets), SOME),
        ("limits.pages_per_visitor", some(tuning.sockets_per_visitor), SOME),
        (
            "limits.frame_bytes",
            frame.contains(&tuning.inbound_bytes),
            "at least 1024 and at most 16777216",
        ),
        ("limits.agent_lag_frames", some(tuning.lag_frames), SOME),
        ("limits.visitor_lag_frames", some(tuning.visitor_lag_frames), SOME),
        ("limits.agent_frames", rate(tuning.agent_frames), RATE),
        ("limits.visitor_frames", rate(tuning.visitor_frames), RATE),
        ("limits.new_chats", rate(tuning.new_chats), RATE),
        ("limits.connections_per_address", some(tuning.connections_per_address), SOME),
        ("limits.pages_per_address", some(tuning.pages_per_address), SOME),
        ("limits.requests_per_address", rate(tuning.requests_per_address), RATE),
        ("limits.new_connections_per_address", rate(tuning.new_connections_per_address), RATE),
        ("limits.new_pages_per_address", rate(tuning.new_pages_per_address), RATE),
        ("limits.new_visitors_per_address", rate(tuning.new_visitors_per_address), RATE),
        ("limits.offline_messages_per_address", rate(tuning.offline_messages_per_address), RATE),
        ("limits.frames_per_address", rate(tuning.frames_per_address), RATE),
        ("limits.request_timeout", !tuning.request_timeout.is_zero(), TIME),
        ("limits.hello_timeout", !tuning.hello_timeout.is_zero(), TIME),
        ("limits.heartbeat", !tuning.heartbeat.is_zero(), TIME),
        ("limits.silence", !tuning.silence_limit.is_zero(), TIME),
        ("limits.write_timeout", !tuning.write_timeout.is_zero(), TIME),
        ("limits.live_flush", tuning.live_flush <= Duration::from_secs(10), "at most 10s"),
    ]
}
