//! What a service is started with.
//!
//! Every value has a default that is right for a workspace on one machine; nothing here is read
//! from the environment, so two services in one process do not disturb each other.

use crate::{tickets::Sink, tls::TlsFiles};
use bellhop_model::limits;
use serde::Deserialize;
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// What a service is started with.
#[derive(Clone)]
pub struct Config {
    /// Where the journal and the files lie. Made when it is not there, for its owner alone.
    pub data_dir: PathBuf,
    /// The address to listen on; port 0 takes a free one. Loopback unless told otherwise.
    pub listen: SocketAddr,
    /// The journal's key. `None`: a key file beside the data directory, made at the first start
    /// and readable by its owner alone (the stand-alone program's way).
    pub key: Option<[u8; 32]>,
    /// The workspace's name as agents and visitors see it.
    pub workspace_name: String,
    /// Serve the demonstration site too.
    pub demo_site: bool,
    /// Tell numbers about the service under `/metrics`, to whoever asks.
    pub metrics: bool,
    /// Proxies whose word is taken about who is behind them (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpAddr>,
    /// Speak TLS. `None`: plain HTTP, for loopback and for a proxy that ends TLS.
    pub tls: Option<TlsFiles>,
    /// A database of addresses in the MaxMind format, from which the place of visitors is read.
    /// `None`: their time zone and language tell the country.
    pub geoip: Option<PathBuf>,
    /// Where tickets are kept, in an account of chat and support.
    pub tickets: Sink,
    /// Times and sizes.
    pub tuning: Tuning,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("bellhop-service-data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            key: None,
            workspace_name: "Bellhop".to_owned(),
            demo_site: false,
            metrics: false,
            trusted_proxies: Vec::new(),
            tls: None,
            geoip: None,
            tickets: Sink::Local,
            tuning: Tuning::default(),
        }
    }
}

/// Prints no key.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("data_dir", &self.data_dir)
            .field("listen", &self.listen)
            .field("workspace_name", &self.workspace_name)
            .field("demo_site", &self.demo_site)
            .finish_non_exhaustive()
    }
}

/// So many at once, and so many more in a second.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub at_once: f64,
    pub per_second: f64,
}

/// Times and sizes. The defaults are the product's; tests shorten them.
#[derive(Debug, Clone)]
pub struct Tuning {
    /// How long a request stays unserved before the stock trigger "First Reply" speaks
    /// (domain.md 11).
    pub first_reply_after: Duration,
    /// How long a visitor may be away from the site before their chat ends (domain.md 9: 20 s to
    /// 2 min).
    pub visitor_timeout: Duration,
    /// How long a visitor may do nothing on the site, with nobody saying anything, before their
    /// session ends (domain.md 9: 20 min). Never before `idle_after`, and at most a day.
    pub session_idle: Duration,
    /// How long a visitor without a page counts as still there, so that a change of page does not
    /// flicker in the visitor list.
    pub gone_grace: Duration,
    /// How long a visitor may do nothing before they count as idle (domain.md 7: 10 min).
    pub idle_after: Duration,
    /// How long a new socket may stay silent.
    pub hello_timeout: Duration,
    /// How long a client may take to greet with TLS, and to say what it asks for.
    pub request_timeout: Duration,
    /// How often the service gives a sign of life unasked.
    pub heartbeat: Duration,
    /// How long a socket may say nothing at all, not even a pong, before it counts as dead.
    pub silence_limit: Duration,
    /// How long one write may take before the reader counts as too slow.
    pub write_timeout: Duration,
    /// Shortest time between two flushes of the live lane.
    pub live_flush: Duration,
    /// Frames kept for agents' sockets that lag; one that lags further is cut off and resumes.
    pub lag_frames: usize,
    /// Frames that wait for a visitor's page; one with more is cut off and comes back with its
    /// cursor.
    pub visitor_lag_frames: usize,
    /// Frames an agent's program may send. A faster one is read more slowly, so that the order of
    /// its commands stays.
    pub agent_frames: Rate,
    /// Frames a visitor's page may send; likewise.
    pub visitor_frames: Rate,
    /// New chats one visitor may ask for.
    pub new_chats: Rate,
    /// Messages in one chat, however often it comes back.
    pub messages_per_chat: usize,
    /// Bytes of their texts.
    pub text_bytes_per_chat: usize,
    /// Bytes in one message towards the service.
    pub inbound_bytes: usize,
    /// Sockets of both kinds at one time.
    pub sockets: usize,
    /// Pages one visitor may have open.
    pub sockets_per_visitor: usize,
    /// Connections from one address at one time.
    pub connections_per_address: usize,
    /// Connections one address may begin.
    pub new_connections_per_address: Rate,
    /// Visitors' pages from one address at one time.
    pub pages_per_address: usize,
    /// Questions over HTTP from one address, those for a socket and for the widget excepted.
    pub requests_per_address: Rate,
    /// Visitors' pages one address may open.
    pub new_pages_per_address: Rate,
    /// Visitors from one address who were not on the site before.
    pub new_visitors_per_address: Rate,
    /// Offline messages from one address.
    pub offline_messages_per_address: Rate,
    /// Frames that all visitors' pages of one address may send together.
    pub frames_per_address: Rate,
    /// Count this machine itself as an address, too. A proxy on it that is not named among
    /// [`Config::trusted_proxies`] is then one address for everybody behind it.
    pub loopback_is_limited: bool,
    /// How long a token is good that somebody signed in for.
    pub token_lifetime: Duration,
    /// Tries to sign in from one address.
    pub sign_ins_per_address: Rate,
    /// Tries to sign in with one e-mail address.
    pub sign_ins_per_email: Rate,
    /// Events between two snapshots of the folded state.
    pub snapshot_every: u64,
    /// Bytes in a file that is sent in a chat.
    pub file_bytes: u64,
    /// Bytes in all of them together, where no other is taken any more.
    pub files_bytes: u64,
    /// Uploads of visitors at one time, and as many of agents.
    pub uploads: usize,
    /// Uploads of visitors from one address at one time.
    pub uploads_per_address: usize,
    /// Uploads of visitors that one address may begin.
    pub new_uploads_per_address: Rate,
    /// Bytes that visitors of one address may upload.
    pub upload_bytes_per_address: Rate,
    /// Files that one visitor or agent may send.
    pub files_per_sender: Rate,
    /// How long one upload may take.
    pub upload_timeout: Duration,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            first_reply_after: Duration::from_secs(5),
            visitor_timeout: Duration::from_mins(2),
            session_idle: Duration::from_mins(20),
            gone_grace: Duration::from_secs(5),
            idle_after: Duration::from_mins(10),
            hello_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(20),
            silence_limit: Duration::from_mins(1),
            write_timeout: Duration::from_secs(15),
            live_flush: Duration::from_millis(50),
            lag_frames: 2048,
            visitor_lag_frames: 256,
            agent_frames: Rate { at_once: 400.0, per_second: 100.0 },
            visitor_frames: Rate { at_once: 40.0, per_second: 10.0 },
            new_chats: Rate { at_once: 5.0, per_second: 0.1 },
            messages_per_chat: 5_000,
            text_bytes_per_chat: 4 * 1024 * 1024,
            inbound_bytes: limits::INBOUND_MESSAGE_BYTES,
            sockets: 20_000,
            sockets_per_visitor: 32,
            connections_per_address: 512,
            new_connections_per_address: Rate { at_once: 600.0, per_second: 60.0 },
            pages_per_address: 256,
            requests_per_address: Rate { at_once: 300.0, per_second: 20.0 },
            new_pages_per_address: Rate { at_once: 300.0, per_second: 20.0 },
            new_visitors_per_address: Rate { at_once: 60.0, per_second: 1.0 },
            offline_messages_per_address: Rate { at_once: 5.0, per_second: 0.01 },
            frames_per_address: Rate { at_once: 400.0, per_second: 100.0 },
            loopback_is_limited: false,
            token_lifetime: Duration::from_hours(30 * 24),
            sign_ins_per_address: Rate { at_once: 20.0, per_second: 0.2 },
            sign_ins_per_email: Rate { at_once: 5.0, per_second: 0.02 },
            snapshot_every: 20_000,
            file_bytes: limits::FILE_BYTES,
            files_bytes: 10 * 1024 * 1024 * 1024,
            uploads: 16,
            uploads_per_address: 4,
            new_uploads_per_address: Rate { at_once: 40.0, per_second: 0.2 },
            upload_bytes_per_address: Rate {
                at_once: 200.0 * 1024.0 * 1024.0,
                per_second: 128.0 * 1024.0,
            },
            files_per_sender: Rate { at_once: 20.0, per_second: 0.1 },
            upload_timeout: Duration::from_mins(10),
        }
    }
}
