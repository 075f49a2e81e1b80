//! Whose request it is, as far as an address tells: the peer's, or what a proxy of ours says about the peer before it.

use std::net::IpAddr;

use anyhow::{Context, Result, ensure};
use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};

/// Entries of X-Forwarded-For that are looked at, from the nearest; a longer chain is nobody's.
const MOST_HOPS: usize = 16;

/// The address a request came from, as the outermost layer found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

/// Proxies whose word about the address before them counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// An address with the number of leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    bits: u8,
}

impl TrustedProxies {
    /// Addresses and networks separated by commas: `10.0.0.0/8, ::1, 192.168.7.4`.
    pub fn parse(text: &str) -> Result<Self> {
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(Network::parse).collect::<Result<_>>().map(Self)
    }

    /// The nearest address that is none of our proxies'. The header is read from its end, because its beginning is
    /// whatever the sender wrote; what cannot be read ends the walk at the proxy that passed it on.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut at = peer.to_canonical();
        if self.0.is_empty() {
            return at;
        }
        let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
        for told in lines.iter().rev().flat_map(|line| line.rsplit(',')).take(MOST_HOPS) {
            if !self.trusts(at) {
                break;
            }
            let Some(before) = read(told) else { break };
            at = before;
        }
        at
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// The client of a request with these extensions and headers; `None` when nobody knows the peer.
    pub fn of_request(&self, extensions: &Extensions, headers: &HeaderMap) -> Option<IpAddr> {
        extensions.get::<ConnectInfo<std::net::SocketAddr>>().map(|info| self.client(info.0.ip(), headers))
    }
}

impl Network {
    fn parse(word: &str) -> Result<Self> {
        let (address, bits) = match word.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().with_context(|| format!("{word} has no number of bits"))?)),
            None => (word, None),
        };
        let base: IpAddr = address.parse().with_context(|| format!("{word} is no address"))?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        ensure!(bits <= most, "{word} has more bits than an address");
        Ok(Self { base, bits })
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(other)) => self.bits == 0 || (base.to_bits() ^ other.to_bits()) >> (32 - u32::from(self.bits)) == 0,
            (IpAddr::V6(base), IpAddr::V6(other)) => self.bits == 0 || (base.to_bits() ^ other.to_bits()) >> (128 - u32::from(self.bits)) == 0,
            _ => false,
        }
    }
}

/// An entry as proxies write it: an address, with or without a port, an IPv6 one perhaps in brackets.
fn read(told: &str) -> Option<IpAddr> {
    let told = told.trim();
    let bare = told.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(told, |(inside, _)| inside);
    let address = bare.parse().ok().or_else(|| told.parse::<std::net::SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let headers: HeaderMap = forwarded.iter().map(|line| (http::HeaderName::from_static("x-forwarded-for"), line.parse().unwrap())).collect();
        TrustedProxies::parse(proxies).unwrap().client(peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn nobody_is_believed_unless_he_is_a_proxy_of_ours() {
        assert_eq!(client("", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[]), "10.1.2.3");
        assert_eq!(client("::1", "::1", &["2001:db8::7"]), "2001:db8::7");
    }

    #[test]
    fn what_the_sender_wrote_himself_is_not_believed() {
        // The proxy added the last entry; the first is the sender's own.
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["1.1.1.1", "198.51.100.1"]), "198.51.100.1");
        // Through two of ours.
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["1.1.1.1, 198.51.100.1, 10.9.9.9"]), "198.51.100.1");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &["198.51.100.1, nonsense"]), "10.1.2.3");
        let chain = vec!["10.0.0.1"; 40].join(",");
        assert_eq!(client("10.0.0.0/8", "10.1.2.3", &[&format!("1.1.1.1,{chain}")]), "10.0.0.1", "a chain without an end");
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (told, read) in
            [("198.51.100.1:4711", "198.51.100.1"), ("[2001:db8::7]:4711", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"), ("::ffff:198.51.100.1", "198.51.100.1")]
        {
            assert_eq!(client("127.0.0.1", "127.0.0.1", &[told]), read, "{told}");
        }
        assert_eq!(client("127.0.0.1", "::ffff:127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn networks_hold_what_they_say() {
        for (network, address, holds) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.168.7.4", "192.168.7.4", true),
            ("192.168.7.4", "192.168.7.5", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("fd00::/8", "fdaa::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::/0", "8.8.8.8", false),
        ] {
            assert_eq!(Network::parse(network).unwrap().holds(address.parse().unwrap()), holds, "{network} {address}");
        }
        for wrong in ["10.0.0.0/33", "::1/129", "example.org", "10.0.0.0/x", "10.0.0.0/-1"] {
            assert!(TrustedProxies::parse(wrong).is_err(), "{wrong}");
        }
    }
}
