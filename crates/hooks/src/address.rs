//! Where a webhook may go: which addresses are public, and which URLs may be registered at all.
//!
//! A name is judged by all the addresses it has at the moment of connecting ([`crate::sender`]); a URL is judged when
//! it is registered and again before each attempt. Whatever is not plainly on the public internet is refused: an
//! endpoint's owner must not make us knock at our own house, at a cloud's metadata service or at a neighbour's network.
//!
//! Sources: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates); RFC 6052 and 8215 (NAT64),
//! RFC 3056 (6to4), RFC 4380 (Teredo), RFC 9602 (segment routing).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// The longest URL that is registered, in bytes.
pub const URL_MAX_BYTES: usize = 2_000;

/// IPv4 networks that are not the public internet: first address and bits.
const SPECIAL_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// IPv6 networks that are not the public internet, or that carry an IPv4 address which a machine on the way may unpack.
const SPECIAL_V6: [(Ipv6Addr, u32); 16] = [
    // The unspecified address, loopback, and IPv4-compatible ones.
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96),
    // IPv4-mapped.
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    // IPv4-translated (RFC 2765).
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96),
    // NAT64, the well-known prefix and the local one.
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    // Discard-only, with the dummy prefix beside it.
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 63),
    // IETF protocol assignments, Teredo and ORCHID among them.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    // Segment routing.
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16),
    // Direct delegation of AS112.
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    // Unique local, link-local, the old site-local, multicast.
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// Whether an address belongs to a machine on the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|(network, bits)| u32::from(v4) >> (32 - bits) == u32::from(Ipv4Addr::from(*network)) >> (32 - bits)),
        IpAddr::V6(v6) => !SPECIAL_V6.iter().any(|(network, bits)| u128::from(v6) >> (128 - bits) == u128::from(*network) >> (128 - bits)),
    }
}

/// Where a sender of ours may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The public internet over TLS.
    Public,
    /// That, and this machine itself, in the clear and on any port: for demos, sandboxes and tests.
    Loopback,
}

impl Reach {
    /// Whether a connection may be made to this address.
    pub fn allows(self, address: IpAddr) -> bool {
        is_public(address) || (self == Reach::Loopback && (address == IpAddr::V4(Ipv4Addr::LOCALHOST) || address == IpAddr::V6(Ipv6Addr::LOCALHOST)))
    }
}

/// Why a URL may not be an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("not a URL, or a longer one than is kept")]
    NotAUrl,
    #[error("the URL must begin with https://")]
    NotHttps,
    #[error("the URL must not hold a user or a password")]
    Credentials,
    #[error("the URL must not hold a fragment")]
    Fragment,
    #[error("only port 443 is called")]
    Port,
    #[error("the host must be a name, not an address")]
    Literal,
    #[error("the host is a name of a private network")]
    PrivateName,
}

/// A URL that may be an endpoint. Its addresses are judged when it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

/// Last labels of names that are never on the public internet (RFC 6761, 6762, 7686, 8375, 9476, ICANN's `internal`).
const PRIVATE_ENDINGS: [&str; 13] = ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "test", "invalid", "onion", "alt", "arpa"];

impl Target {
    /// Reads a URL as browsers do, so that every written form of an address (decimal, octal, hex, full-width digits)
    /// is seen as the address it is.
    pub fn parse(text: &str, reach: Reach) -> Result<Self, TargetError> {
        if text.len() > URL_MAX_BYTES || text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(TargetError::NotAUrl);
        }
        let url = Url::parse(text).map_err(|_| TargetError::NotAUrl)?;
        let secure = url.scheme() == "https";
        if !secure && url.scheme() != "http" {
            return Err(TargetError::NotHttps);
        }
        // In the text too: empty ones are gone from what was read.
        let authority = text.split_once("//").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
        if !url.username().is_empty() || url.password().is_some() || authority.contains('@') {
            return Err(TargetError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(TargetError::Fragment);
        }
        let here = match url.host().ok_or(TargetError::NotAUrl)? {
            Host::Ipv4(v4) => reach == Reach::Loopback && reach.allows(v4.into()) && !is_public(v4.into()),
            Host::Ipv6(v6) => reach == Reach::Loopback && reach.allows(v6.into()) && !is_public(v6.into()),
            Host::Domain(name) => reach == Reach::Loopback && name.trim_end_matches('.') == "localhost",
        };
        if here {
            return Ok(Self(url));
        }
        if !secure {
            return Err(TargetError::NotHttps);
        }
        let Some(Host::Domain(name)) = url.host() else { return Err(TargetError::Literal) };
        if url.port_or_known_default() != Some(443) {
            return Err(TargetError::Port);
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        let last = name.rsplit('.').next().unwrap_or_default();
        if !name.contains('.') || name.split('.').any(str::is_empty) || PRIVATE_ENDINGS.contains(&last) {
            return Err(TargetError::PrivateName);
        }
        Ok(Self(url))
    }

    pub fn url(&self) -> &Url {
        &self.0
    }
}
