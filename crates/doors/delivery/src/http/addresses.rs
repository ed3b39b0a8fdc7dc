//! Which addresses are not the public Internet's, and the IPv4 address that an IPv6 address may stand for.
//!
//! After IANA's special-purpose registries:
//! <https://www.iana.org/assignments/iana-ipv4-special-registry> and
//! <https://www.iana.org/assignments/iana-ipv6-special-registry>.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::net::Block;

/// Where clouds keep a machine's credentials and settings.
const METADATA: [Block; 8] = [
    Block::v4([169, 254, 169, 254], 32),
    Block::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128),
    // Credentials of AWS's containers and pods.
    Block::v4([169, 254, 170, 2], 32),
    Block::v4([169, 254, 170, 23], 32),
    Block::v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23], 128),
    // Google, Alibaba, and Azure, whose address looks like a public one.
    Block::v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128),
    Block::v4([100, 100, 100, 200], 32),
    Block::v4([168, 63, 129, 16], 32),
];

/// The first row that contains an address says what it is; an address in no row is public.
const SPECIAL: [(Block, &str); 27] = [
    (Block::v4([127, 0, 0, 0], 8), "loopback"),
    (Block::v4([10, 0, 0, 0], 8), "private"),
    (Block::v4([172, 16, 0, 0], 12), "private"),
    (Block::v4([192, 168, 0, 0], 16), "private"),
    (Block::v4([169, 254, 0, 0], 16), "link-local"),
    (Block::v4([100, 64, 0, 0], 10), "shared by a carrier's customers"),
    (Block::v4([0, 0, 0, 0], 8), "unspecified"),
    (Block::v4([192, 0, 0, 0], 24), "reserved"),
    (Block::v4([192, 0, 2, 0], 24), "for documentation"),
    (Block::v4([198, 51, 100, 0], 24), "for documentation"),
    (Block::v4([203, 0, 113, 0], 24), "for documentation"),
    (Block::v4([192, 88, 99, 0], 24), "reserved"),
    (Block::v4([198, 18, 0, 0], 15), "for benchmarks"),
    (Block::v4([224, 0, 0, 0], 4), "multicast"),
    (Block::v4([255, 255, 255, 255], 32), "broadcast"),
    (Block::v4([240, 0, 0, 0], 4), "reserved"),
    (Block::v6([0, 0, 0, 0, 0, 0, 0, 1], 128), "loopback"),
    (Block::v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (Block::v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7), "private"),
    (Block::v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (Block::v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
    (Block::v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), "for documentation"),
    (Block::v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), "for documentation"),
    // Teredo among them, which hides the IPv4 address that it leads to.
    (Block::v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), "reserved"),
    // Nothing outside of 2000::/3 is a public endpoint, whatever it will be called one day.
    (Block::v6([0, 0, 0, 0, 0, 0, 0, 0], 3), "reserved"),
    (Block::v6([0x4000, 0, 0, 0, 0, 0, 0, 0], 2), "reserved"),
    (Block::v6([0x8000, 0, 0, 0, 0, 0, 0, 0], 1), "reserved"),
];

pub(crate) fn is_metadata(address: IpAddr) -> bool {
    METADATA.iter().any(|block| block.contains(address))
}

/// What an address that is not public is for.
pub(crate) fn special_purpose(address: IpAddr) -> Option<&'static str> {
    SPECIAL.iter().find(|(block, _)| block.contains(address)).map(|(_, purpose)| *purpose)
}

/// The IPv4 address that packets end at, if an IPv6 address is only another way to write one.
pub(crate) fn meant(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => embedded(v6).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        // The unspecified address and loopback are themselves.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // IPv4-compatible, IPv4-mapped, IPv4-translated, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0, high, low] => v4(high, low),
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low),
        [0, 0, 0, 0, 0xffff, 0, high, low] => v4(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}
