//! Which address a request counts for.
//!
//! Invariant: what a client says about itself is believed only where a proxy says it that the
//! settings name; anybody can write any `X-Forwarded-For`. A network of IPv6 that one customer
//! has (64 bits) is one address, or a single machine would be as many as it likes.

use crate::door::Peer;
use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, StatusCode, request::Parts},
};
use std::net::{IpAddr, Ipv6Addr};

const FORWARDED: &str = "x-forwarded-for";

/// Who is asked for at the door, for limits, bans and the history alone; it is not logged, and stored
/// in the journal only: where it is banned, and with what a visitor begins ([`Origin`]).
///
/// [`Origin`]: bellhop_model::people::Origin
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Address(IpAddr);

impl Address {
    /// The address behind a connection.
    pub(crate) fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V6(ip) => {
                let network = u128::from(ip) & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
            ip @ IpAddr::V4(_) => Self(ip),
        }
    }

    /// The address that somebody wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Self::of)
    }

    /// The address; of a network of IPv6 its first one.
    pub(crate) fn ip(self) -> IpAddr {
        self.0
    }

    /// This machine itself.
    pub(crate) fn is_local(self) -> bool {
        self.0.is_loopback() || self == Self::of(Ipv6Addr::LOCALHOST.into())
    }

    /// The last address in the list of forwarders that is not one of our proxies: each proxy adds
    /// the one that spoke to it, so what stands before that is anybody's word.
    fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Self {
        let is_ours = |ip: IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == ip);
        let mut address = peer.to_canonical();
        let lists = headers.get_all(FORWARDED).iter().rev();
        let said = lists.filter_map(|list| list.to_str().ok()).flat_map(|list| list.rsplit(','));
        for said in said {
            if !is_ours(address) {
                break;
            }
            let Ok(ip) = said.trim().parse::<IpAddr>() else { break };
            address = ip.to_canonical();
        }
        Self::of(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The proxies whose word is taken, as an extension of every request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(pub(crate) std::sync::Arc<[IpAddr]>);

impl Proxies {
    pub(crate) fn has(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|proxy| proxy.to_canonical() == ip.to_canonical())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        // The door puts both into every request.
        let peer = parts.extensions.get::<Peer>().ok_or(StatusCode::INTERNAL_SERVER_ERROR)?;
        let proxies: &[IpAddr] = match parts.extensions.get::<Proxies>() {
            Some(proxies) => &proxies.0,
            None => &[],
        };
        Ok(Self::behind(peer.0.ip(), &parts.headers, proxies))
    }
}

/// Notes on a request who sent it.
pub(crate) fn note<B>(request: &mut Request<B>, peer: Peer, proxies: &Proxies) {
    request.extensions_mut().insert(peer);
    request.extensions_mut().insert(proxies.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(peer: &str, lists: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED, list.parse().unwrap());
        }
        let proxies = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        Address::behind(peer.parse().unwrap(), &headers, &proxies).0.to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_says_for_whom_it_speaks() {
        assert_eq!(behind("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(behind("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn bad_input_what_a_client_put_into_the_list_itself_is_not_believed() {
        assert_eq!(behind("10.0.0.1", &["127.0.0.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(behind("10.0.0.1", &["198.51.100.1, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        assert_eq!(behind("2001:db8:1:2:aaaa::1", &[]), "2001:db8:1:2::");
        assert_eq!(
            Address::of("2001:db8:1:2::7".parse().unwrap()),
            Address::of("2001:db8:1:2:ffff::9".parse().unwrap())
        );
    }
}
