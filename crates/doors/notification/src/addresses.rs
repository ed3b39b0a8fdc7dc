//! Where a subscriber finds the certificate, and where it confirms and unsubscribes.

use crate::Certificate;

/// The beginnings of the URLs in what subscribers get: scheme and authority, without a slash at the end.
///
/// They are part of what is rendered: other addresses are other bytes, also for messages that were sent before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses {
    api: String,
    certificates: String,
}

impl Default for Addresses {
    /// Everything at the API's usual port of this machine.
    fn default() -> Addresses {
        Addresses::at("http://127.0.0.1:4566")
    }
}

impl Addresses {
    /// API and certificates at one base, such as `https://sns.us-east-1.amazonaws.com`.
    pub fn at(base: &str) -> Addresses {
        Addresses::new(base, base)
    }

    /// `api` answers `ConfirmSubscription` and `Unsubscribe`, `certificates` serves [`Certificate::path`].
    ///
    /// Verifiers look at the certificate's address alone, so that one may follow AWS's pattern of names while the other
    /// is one that can be called.
    pub fn new(api: &str, certificates: &str) -> Addresses {
        Addresses { api: without_slash(api), certificates: without_slash(certificates) }
    }

    /// `UnsubscribeURL`.
    pub fn unsubscribe_url(&self, subscription_arn: &str) -> String {
        format!("{}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}", self.api)
    }

    /// `SubscribeURL`. The ARN is not percent-encoded, as AWS has it.
    pub fn subscribe_url(&self, topic_arn: &str, token: &str) -> String {
        format!("{}/?Action=ConfirmSubscription&TopicArn={topic_arn}&Token={token}", self.api)
    }

    /// `SigningCertURL`.
    pub fn certificate_url(&self, certificate: &Certificate) -> String {
        format!("{}{}", self.certificates, certificate.path())
    }
}

fn without_slash(base: &str) -> String {
    base.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_of_a_base_is_not_doubled() {
        let addresses = Addresses::at("https://sns.us-east-1.amazonaws.com/");
        assert_eq!(
            addresses.unsubscribe_url("arn:aws:sns:us-east-1:000000000000:demo:1"),
            "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-east-1:000000000000:demo:1"
        );
    }

    #[test]
    fn the_certificate_may_have_a_base_of_its_own() {
        let addresses = Addresses::new("http://127.0.0.1:4566", "https://sns.us-east-1.amazonaws.com");
        let url = addresses.certificate_url(&Certificate::of_der(vec![1, 2, 3]));
        // The first half of the SHA-256 of 01 02 03.
        assert_eq!(
            url,
            "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-039058c6f2c0cb492c533b0a4d14ef77.pem"
        );
        assert_eq!(
            addresses.subscribe_url("arn:t", "abc"),
            "http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn=arn:t&Token=abc"
        );
    }
}
