//! Platform applications: apps on telephones, by the service that reaches them. Kept and told; nothing is sent.

use bongsu_broker::Account;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::kept::KeptAttributes;
use super::parameters::{elements, invalid, required};
use crate::codec::TextMap;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

const PLATFORMS: [&str; 12] = [
    "ADM",
    "APNS",
    "APNS_MACOS",
    "APNS_SANDBOX",
    "APNS_VOIP",
    "APNS_VOIP_SANDBOX",
    "BAIDU",
    "GCM",
    "MACOS",
    "MACOS_SANDBOX",
    "MPNS",
    "WNS",
];

/// Longest name, in characters.
const NAME_LENGTH_MAX: usize = 256;

/// Secrets: never kept, because nothing here needs them, and so never told.
const CREDENTIAL: &str = "PlatformCredential";
const PRINCIPAL: &str = "PlatformPrincipal";

const SAMPLE_RATE: &str = "SuccessFeedbackSampleRate";
const PERCENT_MAX: u8 = 100;

/// What else can be set.
const NAMES: [&str; 9] = [
    "ApplePlatformBundleID",
    "ApplePlatformTeamID",
    "EventDeliveryFailure",
    "EventEndpointCreated",
    "EventEndpointDeleted",
    "EventEndpointUpdated",
    "FailureFeedbackRoleArn",
    "SuccessFeedbackRoleArn",
    SAMPLE_RATE,
];

/// How its ARN names an application behind the account, and the first word of its path.
const KIND: &str = "app";

/// An application of the caller's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlatformApplication {
    /// Platform and name with a slash between them.
    of: String,
}

impl PlatformApplication {
    /// The application of this platform and name, if that is how they look.
    pub(super) fn new(platform: &str, name: &str) -> Result<PlatformApplication, ApiError> {
        if !PLATFORMS.contains(&platform) {
            return Err(invalid(&format!("Platform Reason: {platform} is not supported")));
        }
        if !(1..=NAME_LENGTH_MAX).contains(&name.chars().count()) {
            return Err(invalid("Name Reason: must be 1 to 256 characters long"));
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte)) {
            let characters = "'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'";
            return Err(invalid(&format!("Name Reason: must contain only characters {characters}")));
        }
        Ok(PlatformApplication { of: format!("{platform}/{name}") })
    }

    /// The application that a request names.
    pub(super) fn of_arn(arn: Option<&str>, cx: &Context<'_>) -> Result<PlatformApplication, ApiError> {
        const PARAMETER: &str = "PlatformApplicationArn";
        let arn = required(arn, "platformApplicationArn")?;
        let (account, [platform, name]) = parts_of_arn(arn, KIND, PARAMETER, &cx.config.region)?;
        cx.check_owner(account, arn)?;
        Ok(PlatformApplication::of_words(format!("{platform}/{name}")))
    }

    /// The application of platform and name as ARNs and paths have them.
    pub(super) fn of_words(of: String) -> PlatformApplication {
        PlatformApplication { of }
    }

    /// The service that reaches its endpoints.
    pub(super) fn platform(&self) -> &str {
        self.of.split('/').next().unwrap_or_default()
    }

    /// Platform and name, as ARNs and paths have them.
    pub(super) fn words(&self) -> &str {
        &self.of
    }

    pub(super) fn arn(&self, cx: &Context<'_>) -> Result<String, ApiError> {
        Ok(format!("arn:aws:sns:{}:{}:{KIND}/{}", cx.config.region, cx.account()?, self.of))
    }

    /// What the paths of all applications begin with.
    pub(super) fn prefix(cx: &Context<'_>) -> Box<str> {
        cx.path(&format!("{KIND}/"))
    }

    pub(super) fn path(&self, cx: &Context<'_>) -> Box<str> {
        cx.path(&format!("{KIND}/{}", self.of))
    }

    /// Below which its endpoints are kept, by their identities.
    pub(super) fn endpoints_path(&self, cx: &Context<'_>) -> Box<str> {
        cx.path(&format!("endpoint/{}", self.of))
    }

    /// Below which the identities of its endpoints are kept, by their tokens.
    pub(super) fn tokens_path(&self, cx: &Context<'_>) -> Box<str> {
        cx.path(&format!("token/{}", self.of))
    }

    /// Where the identity of the endpoint with this token is kept.
    pub(super) fn token_path(&self, token: &str, cx: &Context<'_>) -> Box<str> {
        // Tokens may be longer than paths, and may have slashes.
        format!("{}/{}", self.tokens_path(cx), hex::encode(Sha256::digest(token))).into()
    }

    /// What is kept of it.
    pub(super) async fn value(&self, cx: &Context<'_>) -> Result<Bytes, ApiError> {
        let does_not_exist = || ApiError::new(ErrorKind::NotFoundException, "PlatformApplication does not exist");
        cx.kept(&self.path(cx)).await?.ok_or_else(does_not_exist)
    }
}

/// The account of an ARN of this region, and the words behind the kind of thing that it names.
pub(super) fn parts_of_arn<'a, const WORDS: usize>(
    arn: &'a str,
    kind: &str,
    parameter: &str,
    region: &str,
) -> Result<(Account, [&'a str; WORDS]), ApiError> {
    let ["arn", "aws", "sns", of, account, name] = elements(arn, parameter)?[..] else {
        return Err(invalid(parameter));
    };
    let account: Account = account.parse().map_err(|()| invalid(parameter))?;
    let words = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
    if of != region {
        return Err(invalid(parameter));
    }
    let words: Vec<&str> = words.into_iter().flat_map(|words| words.split('/')).collect();
    let wrong = |_| invalid(&format!("{parameter} Reason: Wrong number of slashes in relative portion of the ARN."));
    Ok((account, words.try_into().map_err(wrong)?))
}

/// Checks attributes that are to be set, and leaves the secrets out.
pub(super) fn read_attributes(given: TextMap<'_>) -> Result<KeptAttributes, ApiError> {
    let mut given = given.into_strings();
    let (credential, principal) = (given.remove(CREDENTIAL), given.remove(PRINCIPAL));
    if principal.is_some() && credential.is_none() {
        return Err(invalid("Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential"));
    }
    if let Some(name) = given.keys().find(|name| !NAMES.contains(&name.as_str())) {
        return Err(invalid(&format!("Attributes Reason: Invalid attribute name: {name}")));
    }
    let rate = given.get(SAMPLE_RATE).filter(|rate| !rate.is_empty());
    if rate.is_some_and(|rate| rate.parse::<u8>().map_or(true, |rate| rate > PERCENT_MAX)) {
        return Err(invalid(&format!(
            "Attributes Reason: Invalid value for attribute: {SAMPLE_RATE}: must be 0 to 100"
        )));
    }
    Ok(given)
}

/// Attributes as clients get them.
pub(super) fn told(mut attributes: KeptAttributes) -> KeptAttributes {
    attributes.insert("Enabled".to_owned(), "true".to_owned());
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Text;

    fn read(given: &[(&'static str, &'static str)]) -> Result<KeptAttributes, String> {
        let given = given.iter().map(|(name, value)| (Text::from(*name), Text::from(*value)));
        read_attributes(TextMap(given.collect())).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn secrets_are_looked_at_and_forgotten() {
        let kept = read(&[(CREDENTIAL, "hush"), (PRINCIPAL, "hush"), ("ApplePlatformTeamID", "T")]);
        assert_eq!(kept, Ok([("ApplePlatformTeamID".to_owned(), "T".to_owned())].into()));
        let text =
            "Invalid parameter: Attributes Reason: PlatformPrincipal attribute provided without PlatformCredential";
        assert_eq!(read(&[(PRINCIPAL, "hush")]), Err(text.to_owned()));
    }

    #[test]
    fn attributes_that_nobody_knows_are_refused() {
        let text = "Invalid parameter: Attributes Reason: Invalid attribute name: Other";
        assert_eq!(read(&[("Other", "x")]), Err(text.to_owned()));
        let text = "Invalid parameter: Attributes Reason: Invalid value for attribute: SuccessFeedbackSampleRate: must be 0 to 100";
        for rate in ["101", "x", "-1"] {
            assert_eq!(read(&[(SAMPLE_RATE, rate)]), Err(text.to_owned()));
        }
        assert_eq!(read(&[(SAMPLE_RATE, "")]).map(|kept| kept.len()), Ok(1));
    }

    #[test]
    fn names_and_platforms_keep_to_the_rules() {
        let refused = |platform, name: &str| PlatformApplication::new(platform, name).unwrap_err().message().to_owned();
        assert!(PlatformApplication::new("GCM", "My_app-1.0").is_ok());
        assert_eq!(refused("AAA", "a"), "Invalid parameter: Platform Reason: AAA is not supported");
        let text =
            "Invalid parameter: Name Reason: must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'";
        for name in ["a b", "a/b", "é"] {
            assert_eq!(refused("GCM", name), text);
        }
        for name in ["", &"x".repeat(257)] {
            assert_eq!(refused("GCM", name), "Invalid parameter: Name Reason: must be 1 to 256 characters long");
        }
    }

    #[test]
    fn an_arn_has_the_right_number_of_words() {
        let parts = |arn| parts_of_arn::<2>(arn, KIND, "A", "us-east-1").map_err(|error| error.message().to_owned());
        assert_eq!(parts("arn:aws:sns:us-east-1:000000000007:app/GCM/a"), Ok((Account(7), ["GCM", "a"])));
        let slashes = "Invalid parameter: A Reason: Wrong number of slashes in relative portion of the ARN.";
        for (arn, text) in [
            ("arn:aws:sns:us-east-1:000000000007:app/GCM", slashes),
            ("arn:aws:sns:us-east-1:000000000007:app/GCM/a/b", slashes),
            ("arn:aws:sns:us-east-1:000000000007:topic", slashes),
            ("arn:aws:sns:eu-west-1:000000000007:app/GCM/a", "Invalid parameter: A"),
            ("arn:aws:sns:us-east-1:seven:app/GCM/a", "Invalid parameter: A"),
            ("a:b", "Invalid parameter: A Reason: An ARN must have at least 6 elements, not 2"),
        ] {
            assert_eq!(parts(arn), Err(text.to_owned()), "{arn}");
        }
    }
}
