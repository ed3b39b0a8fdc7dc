//! Signature Version 4 with everything that stays the same computed once.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SECONDS_PER_DAY: u64 = 86_400;

/// Signs requests of one caller to one service at one moment; servers accept that moment for some minutes.
#[derive(Clone)]
pub struct Signer {
    access_key: String,
    date: String,
    scope: String,
    key: Hmac<Sha256>,
}

impl Signer {
    /// Derives the signing key. `now` counts seconds since 1970.
    pub fn new(access_key: &str, secret: &str, region: &str, service: &str, now: u64) -> Self {
        let date = amz_date(now);
        let day = &date[..8];
        let first = format!("AWS4{secret}");
        let key = [day, region, service, "aws4_request"]
            .into_iter()
            .fold(keyed(first.as_bytes()), |key, part| keyed(&key.chain_update(part).finalize().into_bytes()));
        let scope = format!("{day}/{region}/{service}/aws4_request");
        Self { access_key: access_key.to_owned(), scope, date, key }
    }

    /// The value of `X-Amz-Date`.
    pub fn date(&self) -> &str {
        &self.date
    }

    /// The `Credential` part of the `Authorization` header.
    pub fn credential(&self) -> String {
        format!("{}/{}", self.access_key, self.scope)
    }

    /// Signs a canonical request, given without its last line, which is the hash of `body`. Returns hex digits.
    pub fn sign(&self, canonical: &str, body: &[u8]) -> [u8; 64] {
        let request = Sha256::new().chain_update(canonical).chain_update(hex_digits(&Sha256::digest(body).into()));
        let mac = [ALGORITHM, "\n", &self.date, "\n", &self.scope, "\n"]
            .into_iter()
            .fold(self.key.clone(), |mac, part| mac.chain_update(part))
            .chain_update(hex_digits(&request.finalize().into()));
        hex_digits(&mac.finalize().into_bytes().into())
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn hex_digits(bytes: &[u8; 32]) -> [u8; 64] {
    let mut digits = [0; 64];
    hex::encode_to_slice(bytes, &mut digits).expect("each byte has two digits");
    digits
}

/// ISO 8601 basic format, as in `20150830T123600Z`.
fn amz_date(now: u64) -> String {
    let (mut day, second) = (now / SECONDS_PER_DAY, now % SECONDS_PER_DAY);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 0;
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{:02}{:02}T{hour:02}{minute:02}{second:02}Z", month + 1, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_440_938_160;
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    #[test]
    fn the_documented_example_gets_the_documented_signature() {
        let signer = Signer::new("AKIDEXAMPLE", SECRET, "us-east-1", "iam", NOW);
        assert_eq!(signer.credential(), "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request");
        let canonical = "GET\n/\nAction=ListUsers&Version=2010-05-08\n\
                         content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\n\
                         x-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n";
        assert_eq!(&signer.sign(canonical, b""), b"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    }

    #[test]
    fn a_post_gets_the_signature_of_the_published_test_suite() {
        let signer = Signer::new("AKIDEXAMPLE", SECRET, "us-east-1", "service", NOW);
        let canonical = "POST\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n";
        assert_eq!(&signer.sign(canonical, b""), b"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    }

    #[test]
    fn dates_follow_the_calendar() {
        for (now, date) in [
            (0, "19700101T000000Z"),
            (NOW, "20150830T123600Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_709_164_800, "20240229T000000Z"),
            (1_735_689_599, "20241231T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(amz_date(now), date);
        }
    }
}
