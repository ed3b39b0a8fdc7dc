//! Networks: addresses that begin alike, as a configuration names them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// One or several networks: a CIDR block such as `10.0.0.0/8`, one address, or a word: `loopback`, `private` (RFC 1918
/// and unique-local) or `all`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Net(pub(crate) Vec<Block>);

/// The addresses that share their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    first: IpAddr,
    bits: u8,
}

/// Why a text names no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a network: write one like 10.0.0.0/8 or fd00::/8, an address, loopback, private or all")]
pub struct NetError(pub String);

impl Block {
    pub(crate) const fn v4(first: [u8; 4], bits: u8) -> Self {
        let [a, b, c, d] = first;
        Self { first: IpAddr::V4(Ipv4Addr::new(a, b, c, d)), bits }
    }

    pub(crate) const fn v6(first: [u16; 8], bits: u8) -> Self {
        let [a, b, c, d, e, f, g, h] = first;
        Self { first: IpAddr::V6(Ipv6Addr::new(a, b, c, d, e, f, g, h)), bits }
    }

    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && (number(self.first) ^ number(address)) & self.mask() == 0
    }

    /// True if the block is this one address and no other.
    pub(crate) fn is(&self, address: IpAddr) -> bool {
        self.first == address && self.bits == bits_max(address)
    }

    /// The bits that count, of the low 32 or all 128.
    fn mask(&self) -> u128 {
        !(u128::MAX.checked_shr(128 - u32::from(bits_max(self.first) - self.bits)).unwrap_or(0))
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn bits_max(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

const LOOPBACK: [Block; 2] = [Block::v4([127, 0, 0, 0], 8), Block::v6([0, 0, 0, 0, 0, 0, 0, 1], 128)];
const PRIVATE: [Block; 4] = [
    Block::v4([10, 0, 0, 0], 8),
    Block::v4([172, 16, 0, 0], 12),
    Block::v4([192, 168, 0, 0], 16),
    Block::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
];
const ALL: [Block; 2] = [Block::v4([0; 4], 0), Block::v6([0; 8], 0)];

impl Net {
    /// The addresses of this machine alone.
    pub fn loopback() -> Self {
        Self(LOOPBACK.to_vec())
    }
}

impl FromStr for Net {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Self, NetError> {
        match text {
            "loopback" => Ok(Self(LOOPBACK.to_vec())),
            "private" => Ok(Self(PRIVATE.to_vec())),
            "all" => Ok(Self(ALL.to_vec())),
            _ => parse_block(text).map(|block| Self(vec![block])).ok_or_else(|| NetError(text.to_owned())),
        }
    }
}

fn parse_block(text: &str) -> Option<Block> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let first: IpAddr = address.parse().ok()?;
    let bits = match bits {
        Some(bits) => bits.parse().ok().filter(|bits| *bits <= bits_max(first))?,
        None => bits_max(first),
    };
    let block = Block { first, bits };
    // `10.1.2.3/8` is more likely a slip of the pen than a wish for all of 10.
    (number(first) & !block.mask() == 0).then_some(block)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(net: &str, address: &str) -> bool {
        let net: Net = net.parse().unwrap();
        net.0.iter().any(|block| block.contains(address.parse().unwrap()))
    }

    #[test]
    fn a_block_contains_what_begins_like_it() {
        for (net, inside, outside) in [
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("172.16.0.0/12", "172.31.0.1", "172.32.0.0"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("fd00::/8", "fdff::1", "fc00::1"),
            ("::/0", "2001:db8::1", "1.2.3.4"),
            ("fd00:ec2::254/128", "fd00:ec2::254", "fd00:ec2::255"),
            ("loopback", "127.9.9.9", "126.255.255.255"),
            ("loopback", "::1", "::2"),
            ("private", "192.168.0.1", "169.254.0.1"),
            ("private", "fd12::1", "fe80::1"),
        ] {
            assert!(contains(net, inside), "{net} {inside}");
            assert!(!contains(net, outside), "{net} {outside}");
        }
        assert!(contains("all", "8.8.8.8") && contains("all", "2001:db8::1"));
    }

    #[test]
    fn what_is_no_network_is_refused_by_name() {
        for text in ["", "public", "10.0.0.0/", "10.0.0.0/33", "10.1.0.0/8", "::/129", "10.0.0/8", "fe80::1%eth0", "/8"]
        {
            assert_eq!(text.parse::<Net>(), Err(NetError(text.to_owned())));
        }
    }
}
