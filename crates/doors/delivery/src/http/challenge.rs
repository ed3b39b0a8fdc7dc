//! Reads the challenges of a 401: which ways to say who one is an endpoint accepts.
//!
//! <https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1>

/// A challenge that can be answered, the weakest first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Challenge {
    Basic,
    Digest(DigestChallenge),
}

/// What a Digest answer is computed from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DigestChallenge {
    pub(crate) algorithm: Algorithm,
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
}

/// The hash of a Digest answer, the weaker first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
}

impl Challenge {
    /// The strongest of those that an answer's `WWW-Authenticate` lines make.
    pub(crate) fn strongest<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Self> {
        lines.flat_map(parse).filter_map(|offer| offer.challenge()).max()
    }
}

/// One challenge as written; the scheme and the parameters' names in small letters.
#[derive(Debug, Default)]
struct Offer {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Offer {
    fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn challenge(&self) -> Option<Challenge> {
        match self.scheme.as_str() {
            "basic" => Some(Challenge::Basic),
            "digest" => self.digest().map(Challenge::Digest),
            _ => None,
        }
    }

    fn digest(&self) -> Option<DigestChallenge> {
        let algorithm = match self.get("algorithm").unwrap_or("MD5") {
            name if name.eq_ignore_ascii_case("MD5") => Algorithm::Md5,
            name if name.eq_ignore_ascii_case("SHA-256") => Algorithm::Sha256,
            _ => return None,
        };
        // Without `auth` only the body's own digest would do, or the form that RFC 7616 has retired.
        self.get("qop")?.split(',').find(|qop| qop.trim().eq_ignore_ascii_case("auth"))?;
        Some(DigestChallenge {
            algorithm,
            realm: self.get("realm")?.to_owned(),
            nonce: self.get("nonce")?.to_owned(),
            opaque: self.get("opaque").map(str::to_owned),
        })
    }
}

/// The challenges of one header line. Both challenges and their parameters are parted by commas; a challenge begins
/// where a word is not followed by an equals sign.
fn parse(line: &str) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for part in split_outside_quotes(line) {
        let word_ends = part.find([' ', '\t', '=']).unwrap_or(part.len());
        let (word, rest) = part.split_at(word_ends);
        let mut parameter = part;
        if !rest.trim_start().starts_with('=') {
            offers.push(Offer { scheme: word.to_ascii_lowercase(), ..Offer::default() });
            parameter = rest.trim_start();
        }
        if let (Some(offer), Some((name, value))) = (offers.last_mut(), parameter.split_once('=')) {
            offer.parameters.push((name.trim_end().to_ascii_lowercase(), unquote(value.trim_start())));
        }
    }
    offers
}

fn split_outside_quotes(line: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut begin, mut is_quoted, mut is_escaped) = (0, false, false);
    for (place, byte) in line.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => {
                parts.push(line[begin..place].trim());
                begin = place + 1;
            }
            _ => {}
        }
    }
    parts.push(line[begin..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn unquote(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"') else { return value.to_owned() };
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strongest(lines: &[&str]) -> Option<Challenge> {
        Challenge::strongest(lines.iter().copied())
    }

    fn digest(algorithm: Algorithm, realm: &str, nonce: &str, opaque: Option<&str>) -> Option<Challenge> {
        Some(Challenge::Digest(DigestChallenge {
            algorithm,
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque: opaque.map(str::to_owned),
        }))
    }

    #[test]
    fn challenges_are_read_as_endpoints_write_them() {
        use Algorithm::{Md5, Sha256};
        for (line, challenge) in [
            ("Basic", Some(Challenge::Basic)),
            ("basic realm=\"a, b\"", Some(Challenge::Basic)),
            ("Negotiate, Basic realm=x", Some(Challenge::Basic)),
            ("Negotiate YWJj==, Basic realm=x", Some(Challenge::Basic)),
            ("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", digest(Md5, "r", "n", None)),
            (
                "Digest  realm = \"r \\\"q\\\"\" ,nonce=\"n,1\",qop=\"auth-int, auth\", opaque=o, algorithm=md5",
                digest(Md5, "r \"q\"", "n,1", Some("o")),
            ),
            ("DIGEST realm=r, nonce=n, qop=auth, algorithm=SHA-256", digest(Sha256, "r", "n", None)),
            ("Basic realm=x, Digest realm=r, nonce=n, qop=auth", digest(Md5, "r", "n", None)),
            ("Digest realm=r, nonce=n, qop=auth, Basic realm=x", digest(Md5, "r", "n", None)),
        ] {
            assert_eq!(strongest(&[line]), challenge, "{line}");
        }
    }

    #[test]
    fn the_strongest_challenge_is_chosen_wherever_it_stands() {
        let sha256 = "Digest realm=s, nonce=n, qop=auth, algorithm=SHA-256";
        let md5 = "Digest realm=m, nonce=n, qop=auth, algorithm=MD5";
        let expected = digest(Algorithm::Sha256, "s", "n", None);
        assert_eq!(strongest(&[sha256, md5, "Basic realm=b"]), expected);
        assert_eq!(strongest(&["Basic realm=b", md5, sha256]), expected);
    }

    #[test]
    fn a_challenge_that_cannot_be_answered_is_none() {
        for line in [
            "",
            ",,,",
            "=",
            "Bearer realm=x",
            "realm=\"Basic\"",
            "Digest",
            "Digest realm=r, nonce=n",
            "Digest realm=r, nonce=n, qop=\"auth-int\"",
            "Digest realm=r, qop=auth",
            "Digest realm=r, nonce=n, qop=auth, algorithm=MD5-sess",
            "Digest realm=\"r, nonce=n, qop=auth",
        ] {
            assert_eq!(strongest(&[line]), None, "{line}");
        }
    }
}
