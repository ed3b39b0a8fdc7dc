//! Ranges of addresses: `203.0.113.0/24`, `2001:db8::/32`.

use std::net::IpAddr;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cidr {
    network: IpAddr,
    /// How many leading bits count.
    prefix: u32,
}

impl Cidr {
    /// Refuses with AWS's sentence.
    pub(crate) fn parse(text: &str) -> Result<Cidr, String> {
        let (address, bits) = text
            .split_once('/')
            .filter(|(_, bits)| !bits.contains('/'))
            .ok_or_else(|| "Malformed CIDR, one '/' required".to_owned())?;
        let bits: i32 = bits.parse().map_err(|_| "Malformed CIDR, mask bits must be an integer".to_owned())?;
        let prefix = u32::try_from(bits).map_err(|_| "Malformed CIDR, mask bits must not be negative".to_owned())?;
        let network: IpAddr = address.parse().map_err(|_| format!("Nonstandard IP address: {address}"))?;
        match network {
            IpAddr::V4(_) if prefix > u32::BITS => Err("IPv4 mask bits must be <= 32".to_owned()),
            IpAddr::V6(_) if prefix > u128::BITS => Err("IPv6 mask bits must be <= 128".to_owned()),
            _ => Ok(Cidr { network, prefix }),
        }
    }

    /// A text that is no address is in no range.
    pub(crate) fn contains(self, text: &str) -> bool {
        match (self.network, text.parse()) {
            (IpAddr::V4(network), Ok(IpAddr::V4(address))) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= self.prefix
            }
            (IpAddr::V6(network), Ok(IpAddr::V6(address))) => {
                (network.to_bits() ^ address.to_bits()).leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_contains_what_shares_its_leading_bits() {
        let rows = [
            ("203.0.113.0/24", "203.0.113.255", true),
            ("203.0.113.77/24", "203.0.113.1", true),
            ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.5/32", "203.0.113.5", true),
            ("203.0.113.5/32", "203.0.113.4", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("0.0.0.0/0", "localhost", false),
            ("::/0", "203.0.113.5", false),
            ("2001:db8::/32", "2001:DB8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::1/128", "0:0:0:0:0:0:0:1", true),
        ];
        for (range, address, expected) in rows {
            assert_eq!(Cidr::parse(range).unwrap().contains(address), expected, "{range} {address}");
        }
    }
}
