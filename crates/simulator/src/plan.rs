//! What a simulation is asked to do, and whether it may.
//!
//! Invariant: it does not leave this machine and is not larger than [`VISITORS`] unless whoever
//! starts it says that the service is theirs.

use std::{net::SocketAddr, time::Duration};
use tokio_tungstenite::tungstenite::http::Uri;

/// Visitors at one time that need no permission.
pub const VISITORS: usize = 200;

/// What a simulation is asked to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the service is, such as `ws://127.0.0.1:7410`; the address of the agents' socket
    /// does as well.
    pub url: String,
    /// Visitors at one time.
    pub visitors: usize,
    /// A colleague for each.
    pub tokens: Vec<String>,
    pub seed: u64,
    /// Script seconds in a second.
    pub pace: f64,
    /// For so long new visitors follow those who left. `None`: each comes once.
    pub lasts: Option<Duration>,
    /// Cuts, stalls and repeats.
    pub faults: bool,
    /// Whoever starts it owns the service.
    pub owned: bool,
}

/// Why a simulation does not begin.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    #[error("{0} is no address of a service: it looks like ws://127.0.0.1:7410")]
    NoAddress(String),
    #[error("{0} does not lead anywhere: {1}")]
    NoHost(String, std::io::Error),
    #[error("{0} is not on this machine: say --i-own-this-service if it is yours")]
    NotLoopback(String),
    #[error("{asked} visitors are more than {VISITORS}: say --i-own-this-service if it is yours")]
    TooMany { asked: usize },
    #[error("a pace of {0} is not between 0.01 and 1000")]
    Pace(f64),
    #[error("there is neither a visitor nor a colleague")]
    Nobody,
    #[error("nothing answers at {0}")]
    NoService(String),
}

/// Where the service is.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) addr: SocketAddr,
    /// Host and port as in the address.
    host: String,
    prefix: String,
}

impl Place {
    pub(crate) fn socket(&self, path: &str) -> String {
        format!("ws://{}{}{path}", self.host, self.prefix)
    }

    /// The demonstration shop's, without a slash at its end.
    pub(crate) fn site(&self) -> String {
        format!("http://{}{}", self.host, self.prefix)
    }
}

impl Plan {
    pub(crate) async fn check(&self) -> Result<Place, PlanError> {
        if self.visitors > VISITORS && !self.owned {
            return Err(PlanError::TooMany { asked: self.visitors });
        }
        if !(0.01..=1000.0).contains(&self.pace) {
            return Err(PlanError::Pace(self.pace));
        }
        if self.visitors == 0 && self.tokens.is_empty() {
            return Err(PlanError::Nobody);
        }
        let no_address = || PlanError::NoAddress(self.url.clone());
        let uri: Uri = self.url.parse().map_err(|_| no_address())?;
        if uri.scheme_str() != Some("ws") {
            return Err(no_address());
        }
        let host = uri.host().ok_or_else(no_address)?.trim_matches(['[', ']']).to_owned();
        let found = tokio::net::lookup_host((host, uri.port_u16().unwrap_or(80))).await;
        let found: Vec<SocketAddr> =
            found.map_err(|error| PlanError::NoHost(self.url.clone(), error))?.collect();
        // Every address of the name must be, for any of them may be the one that answers.
        if !self.owned && !found.iter().all(|addr| addr.ip().is_loopback()) {
            return Err(PlanError::NotLoopback(self.url.clone()));
        }
        let addr = *found.first().ok_or_else(no_address)?;
        let path = uri.path().trim_end_matches('/');
        let prefix = path.strip_suffix("/agent").unwrap_or(path).to_owned();
        let host = uri.authority().ok_or_else(no_address)?.to_string();
        Ok(Place { addr, host, prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(url: &str) -> Plan {
        Plan {
            url: url.to_owned(),
            visitors: 3,
            tokens: Vec::new(),
            seed: 1,
            pace: 1.0,
            lasts: None,
            faults: false,
            owned: false,
        }
    }

    #[tokio::test]
    async fn addresses_are_taken_as_the_service_prints_them() {
        for url in ["ws://127.0.0.1:7410", "ws://127.0.0.1:7410/", "ws://127.0.0.1:7410/agent"] {
            let place = plan(url).check().await.unwrap();
            assert_eq!(place.socket("/visitor"), "ws://127.0.0.1:7410/visitor");
            assert_eq!(place.site(), "http://127.0.0.1:7410");
        }
        assert!(plan("ws://[::1]:7410/agent").check().await.unwrap().addr.is_ipv6());
        for url in ["127.0.0.1:7410", "http://127.0.0.1:7410", "wss://127.0.0.1", ""] {
            let refused = plan(url).check().await;
            assert!(matches!(refused, Err(PlanError::NoAddress(_))), "{url}: {refused:?}");
        }
    }

    #[tokio::test]
    async fn it_stays_on_this_machine_and_small_unless_the_service_is_ones_own() {
        let mut away = plan("ws://192.0.2.1:7410");
        assert!(matches!(away.check().await, Err(PlanError::NotLoopback(_))));
        away.owned = true;
        assert!(away.check().await.is_ok());

        let mut crowd = plan("ws://127.0.0.1:7410");
        crowd.visitors = VISITORS + 1;
        assert!(matches!(crowd.check().await, Err(PlanError::TooMany { .. })));
        crowd.visitors = VISITORS;
        assert!(crowd.check().await.is_ok());
        crowd.pace = f64::NAN;
        assert!(matches!(crowd.check().await, Err(PlanError::Pace(_))));
        let nobody = Plan { visitors: 0, ..plan("ws://127.0.0.1:7410") };
        assert!(matches!(nobody.check().await, Err(PlanError::Nobody)));
    }
}
