//! The settings file of the stand-alone program: TOML, every value optional.
//!
//! Invariants: a name that is not known is refused, so a misspelt setting is never a silent
//! default; [`EXAMPLE`] shows every setting there is with its default (a test reads it). Paths are
//! taken from the directory of the file. Left to others: what a setting does.

mod span;
mod table;

use crate::{config::Config, tickets::Sink};
use serde::Deserialize;
use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

/// Every setting with its meaning and its default, to begin a file with.
pub const EXAMPLE: &str = include_str!("settings/example.toml");

/// Where the stand-alone program listens unless told otherwise.
const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 7410);

/// What a settings file says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `None`: the data directory is not named.
    pub data_dir: Option<PathBuf>,
    pub config: Config,
    pub log: LogSettings,
    /// Where the token of [`crate::Zendesk`] lies, where tickets go there.
    zendesk_token_file: Option<PathBuf>,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// A level, or levels of parts of the program, as `tracing` filters are written.
    pub filter: String,
    pub form: LogForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogForm {
    Text,
    /// One object a line.
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".to_owned(), form: LogForm::Text }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let config = Config { listen: LISTEN, ..Config::default() };
        Self { data_dir: None, config, log: LogSettings::default(), zendesk_token_file: None }
    }
}

/// What is wrong with a settings file.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("the settings {path} cannot be read: {source}")]
    Io { path: PathBuf, source: io::Error },
    /// The problem names the line, the setting and what would be right.
    #[error("the settings {path} are not right: {problem}")]
    NotRight { path: PathBuf, problem: toml::de::Error },
    #[error("the settings {path} are not right: {name} must be {must}")]
    Value { path: PathBuf, name: &'static str, must: &'static str },
}

impl Settings {
    /// Reads a settings file.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let read = |path: &Path| {
            let read = fs::read_to_string(path);
            read.map_err(|source| SettingsError::Io { path: path.to_owned(), source })
        };
        let mut settings = Self::parse(&read(path)?, path)?;
        if let (Sink::Zendesk(desk), Some(file)) =
            (&mut settings.config.tickets, &settings.zendesk_token_file)
        {
            read(file)?.trim().clone_into(&mut desk.token);
        }
        Ok(settings)
    }

    /// Reads the text of the settings file at `path`.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let table: table::File = toml::from_str(text)
            .map_err(|problem| SettingsError::NotRight { path: path.to_owned(), problem })?;
        let base = path.parent().unwrap_or_else(|| Path::new(""));
        let mut settings = Self::default();
        table.apply(base, &mut settings);
        match table::wrong(&settings.config) {
            Some((name, must)) => Err(SettingsError::Value { path: path.to_owned(), name, must }),
            None => Ok(settings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Settings, SettingsError> {
        Settings::parse(text, Path::new("/etc/bellhop/service.toml"))
    }

    /// The example with every setting switched on.
    fn all() -> String {
        let on = |line: &str| {
            line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).map(str::to_owned)
        };
        EXAMPLE.lines().map(|line| on(line).unwrap_or_else(|| line.to_owned()) + "\n").collect()
    }

    fn told(settings: &Settings) -> String {
        let Config { listen, workspace_name, demo_site, metrics, tuning, .. } = &settings.config;
        let proxies = &settings.config.trusted_proxies;
        let log = &settings.log;
        format!("{listen} {workspace_name} {demo_site} {metrics} {proxies:?} {log:?} {tuning:#?}")
    }

    #[test]
    fn the_example_shows_every_setting_with_its_default() {
        let plain = parse(EXAMPLE).unwrap();
        let shown = parse(&all()).unwrap();
        let default = Settings::default();
        assert_eq!(plain.data_dir, None);
        assert_eq!(told(&plain), told(&default));
        assert_eq!(told(&shown), told(&default));
        assert_eq!(shown.data_dir.as_deref(), Some(Path::new("/var/lib/bellhop")));
        let table: table::File = toml::from_str(&all()).unwrap();
        let missing = format!("{table:?}").matches("None").count();
        assert_eq!(missing, 0, "a setting is not in the example: {table:#?}");
    }

    /// The protocol's page says of each limit what becomes of more; the numbers are these.
    #[test]
    fn the_limits_in_the_protocols_page_are_settings_with_their_defaults() {
        let page = include_str!("../../../docs/protocol.md");
        let example: toml::Table = toml::from_str(&all()).unwrap();
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split("` | `");
            let (name, rest) = (cells.next()?, cells.next()?);
            let (section, setting) = name.split_once('.')?;
            Some((section, setting, rest.split_once('`')?.0))
        });
        let mut limits = std::collections::BTreeSet::new();
        for (section, setting, default) in rows {
            let known = example[section].get(setting).unwrap_or_else(|| panic!("{setting}?"));
            let said = format!("a = {default}").parse::<toml::Table>();
            let said = said.map_or_else(|_| default.into(), |said| said["a"].clone());
            assert_eq!(&said, known, "{section}.{setting}");
            limits.insert(format!("{section}.{setting}"));
        }
        // No size, count or rate of strangers is without a line there.
        let all_of = |section: &str| example[section].as_table().unwrap().keys().cloned();
        let not_limits = ["loopback", "heartbeat", "live_flush"];
        for setting in all_of("limits").filter(|name| !not_limits.contains(&name.as_str())) {
            assert!(limits.contains(&format!("limits.{setting}")), "{setting} is not in the page");
        }
        for setting in ["chats.messages", "chats.text_bytes"] {
            assert!(limits.contains(setting), "{setting} is not in the page");
        }
        for setting in all_of("files") {
            assert!(limits.contains(&format!("files.{setting}")), "{setting} is not in the page");
        }
    }

    #[test]
    fn bad_input_a_name_that_is_not_known_and_a_value_that_is_not_right_are_named() {
        for (text, told) in [
            ("lisen = \"127.0.0.1:1\"", "lisen"),
            ("[limits]\nsocket = 5", "socket"),
            ("listen = \"here\"", "listen"),
            ("[limits]\nheartbeat = \"20 parsecs\"", "20 parsecs"),
            ("[limits]\nheartbeat = \"0s\"", "limits.heartbeat"),
            ("[limits]\nsockets = 0", "limits.sockets"),
            ("[limits]\nagent_frames = { at_once = 0, per_second = 5 }", "limits.agent_frames"),
            ("[limits]\nagent_lag_frames = 9223372036854775807", "limits.agent_lag_frames"),
            ("[limits]\nsockets = 4611686018427387904", "limits.sockets"),
            ("[limits]\nnew_chats = { at_once = nan, per_second = 5 }", "limits.new_chats"),
            ("[limits]\nnew_chats = { at_once = 1, per_second = inf }", "limits.new_chats"),
            ("[chats]\ntext_bytes = 100", "chats.text_bytes"),
            ("[chats]\nvisitor_timeout = \"1s\"", "chats.visitor_timeout"),
            ("[tls]\ncertificate = \"cert.pem\"", "tls.key"),
            ("[log]\nform = \"xml\"", "xml"),
            ("[tickets]\nsink = \"zendesk\"", "tickets.zendesk_subdomain"),
            (
                "[tickets]\nsink = \"zendesk\"\nzendesk_subdomain = \"a.example/x\"",
                "tickets.zendesk_subdomain",
            ),
            (
                "[tickets]\nsink = \"zendesk\"\nzendesk_subdomain = \"shop\"",
                "tickets.zendesk_email",
            ),
            (
                "[tickets]\nsink = \"zendesk\"\nzendesk_subdomain = \"shop\"\n\
                 zendesk_email = \"a@shop.example\"\nzendesk_agents_every = \"0s\"",
                "tickets.zendesk_agents_every",
            ),
            ("name =", "line 1"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(told) && error.contains("service.toml"), "{error}");
        }
    }

    #[test]
    fn paths_are_taken_from_the_directory_of_the_file() {
        let settings = parse(
            "data = \"data\"\n[limits]\nhello_timeout = \"1500ms\"\n\
             [tls]\ncertificate = \"/etc/cert.pem\"\nkey = \"key.pem\"",
        )
        .unwrap();
        assert_eq!(settings.data_dir.unwrap(), Path::new("/etc/bellhop/data"));
        assert_eq!(settings.config.tls.unwrap().key, Path::new("/etc/bellhop/key.pem"));
        assert_eq!(settings.config.tuning.hello_timeout.as_millis(), 1500);
    }
}
