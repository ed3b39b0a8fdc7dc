//! The address guard: which addresses a URL from outside may lead to.

use std::net::{IpAddr, SocketAddr};

use super::Net;
use super::addresses::{is_metadata, meant, special_purpose};
use super::net::Block;

/// Decides, address by address, where connections may go. Asked with what a name resolves to, just before connecting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressGuard {
    allowed: Vec<Block>,
}

/// An address that the guard refuses, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is not allowed: it is {purpose}")]
pub struct Forbidden {
    /// As resolved or written.
    pub address: IpAddr,
    /// Such as `loopback`.
    pub purpose: &'static str,
}

/// An address that the guard has let through; only such a one is connected to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admitted(IpAddr);

impl AddressGuard {
    /// Allows public addresses and no others: none that is loopback, private, link-local, a carrier's, multicast,
    /// reserved, or another way to write such a one.
    pub fn public_only() -> Self {
        Self { allowed: Vec::new() }
    }

    /// Allows a network as well. Addresses where clouds keep credentials stay refused unless each is named by itself.
    #[must_use]
    pub fn allow(mut self, net: Net) -> Self {
        self.allowed.extend(net.0);
        self
    }

    /// Says whether connections to an address may be made.
    pub fn check(&self, address: IpAddr) -> Result<(), Forbidden> {
        self.admit(address).map(drop)
    }

    pub(crate) fn admit(&self, address: IpAddr) -> Result<Admitted, Forbidden> {
        let meant = meant(address);
        let refused = if is_metadata(meant) {
            (!self.allowed.iter().any(|block| block.is(meant))).then_some("a cloud's metadata")
        } else {
            special_purpose(meant).filter(|_| !self.allowed.iter().any(|block| block.contains(meant)))
        };
        match refused {
            Some(purpose) => Err(Forbidden { address, purpose }),
            None => Ok(Admitted(address)),
        }
    }
}

impl Admitted {
    pub(crate) fn at(self, port: u16) -> SocketAddr {
        SocketAddr::new(self.0, port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(nets: &[&str]) -> AddressGuard {
        nets.iter().fold(AddressGuard::public_only(), |guard, net| guard.allow(net.parse().unwrap()))
    }

    fn purpose(guard: &AddressGuard, address: &str) -> Option<&'static str> {
        guard.check(address.parse().unwrap()).err().map(|forbidden| forbidden.purpose)
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            // Other ways to write a public IPv4 address.
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert_eq!(purpose(&guard(&[]), address), None, "{address}");
        }
    }

    #[test]
    fn addresses_of_every_special_purpose_are_refused() {
        for (expected, addresses) in [
            ("loopback", &["127.0.0.1", "127.255.255.255", "::1"][..]),
            ("private", &["10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1"]),
            ("private", &["fdff:ffff::1"]),
            ("link-local", &["169.254.0.1", "169.254.255.255", "fe80::1", "febf::1"]),
            ("shared by a carrier's customers", &["100.64.0.0", "100.127.255.255"]),
            ("unspecified", &["0.0.0.0", "0.255.255.255", "::"]),
            ("for documentation", &["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"]),
            ("for benchmarks", &["198.18.0.0", "198.19.255.255"]),
            ("multicast", &["224.0.0.1", "239.255.255.255", "ff02::1"]),
            ("broadcast", &["255.255.255.255"]),
            ("reserved", &["192.0.0.1", "192.88.99.1", "240.0.0.1", "255.255.255.254"]),
            ("reserved", &["fec0::1", "100::1", "64:ff9b:1::1", "2001::1", "2001:2::1", "5f00::1", "4000::1"]),
            ("a cloud's metadata", &["169.254.169.254", "fd00:ec2::254", "169.254.170.2", "100.100.100.200"]),
            ("a cloud's metadata", &["168.63.129.16", "fd20:ce::254", "fd00:ec2::23", "169.254.170.23"]),
        ] {
            for address in addresses {
                assert_eq!(purpose(&guard(&[]), address), Some(expected), "{address}");
            }
        }
    }

    #[test]
    fn another_way_to_write_an_address_does_not_help() {
        for (expected, addresses) in [
            ("loopback", ["::ffff:127.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"]),
            ("private", ["::ffff:10.0.0.1", "::10.0.0.1", "::ffff:0:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1"]),
            (
                "a cloud's metadata",
                [
                    "::ffff:169.254.169.254",
                    "::a9fe:a9fe",
                    "::ffff:0:a9fe:a9fe",
                    "64:ff9b::a9fe:a9fe",
                    "2002:a9fe:a9fe::",
                ],
            ),
        ] {
            for address in addresses {
                assert_eq!(purpose(&guard(&[]), address), Some(expected), "{address}");
            }
        }
    }

    #[test]
    fn a_network_that_is_named_is_allowed_and_no_other() {
        let developer = guard(&["loopback", "private"]);
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "172.20.0.1", "192.168.0.1", "fd00::1"] {
            assert_eq!(purpose(&developer, address), None, "{address}");
        }
        for address in ["169.254.0.1", "0.0.0.0", "100.64.0.1", "fe80::1"] {
            assert!(purpose(&developer, address).is_some(), "{address}");
        }
        assert_eq!(purpose(&guard(&["10.2.0.0/16"]), "10.2.0.1"), None);
        assert_eq!(purpose(&guard(&["10.2.0.0/16"]), "10.3.0.1"), Some("private"));
    }

    #[test]
    fn metadata_is_allowed_only_by_its_own_address() {
        for nets in [&["all"][..], &["169.254.0.0/16", "fd00::/8"], &["169.254.169.254/31"], &["private"]] {
            assert_eq!(purpose(&guard(nets), "169.254.169.254"), Some("a cloud's metadata"), "{nets:?}");
            assert_eq!(purpose(&guard(nets), "fd00:ec2::254"), Some("a cloud's metadata"), "{nets:?}");
        }
        assert_eq!(purpose(&guard(&["169.254.169.254"]), "169.254.169.254"), None);
        assert_eq!(purpose(&guard(&["169.254.169.254"]), "fd00:ec2::254"), Some("a cloud's metadata"));
        assert_eq!(purpose(&guard(&["fd00:ec2::254/128"]), "fd00:ec2::254"), None);
        assert_eq!(purpose(&guard(&["all"]), "240.0.0.1"), None);
    }
}
