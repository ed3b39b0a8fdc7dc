//! Platform endpoints: an app on one telephone, by the token that the platform knows it by.

use bytes::Bytes;

use super::kept::KeptAttributes;
use super::parameters::{invalid, required};
use super::platform_application::{PlatformApplication, parts_of_arn};
use crate::codec::TextMap;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

pub(super) const ENABLED: &str = "Enabled";
pub(super) const TOKEN: &str = "Token";
pub(super) const CUSTOM_USER_DATA: &str = "CustomUserData";

/// Longest token.
const TOKEN_BYTES_MAX: usize = 2048;
/// Longest custom user data.
const CUSTOM_USER_DATA_BYTES_MAX: usize = 2048;

/// How its ARN names an endpoint behind the account.
const KIND: &str = "endpoint";

/// An endpoint of an application of the caller's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlatformEndpoint {
    pub(super) application: PlatformApplication,
    /// A UUID.
    pub(super) id: String,
}

impl PlatformEndpoint {
    /// The endpoint that a request names by the ARN in this parameter.
    pub(super) fn of_arn(
        arn: Option<&str>,
        parameter: &str,
        path: &str,
        cx: &Context<'_>,
    ) -> Result<PlatformEndpoint, ApiError> {
        let arn = required(arn, path)?;
        let (account, [platform, name, id]) = parts_of_arn(arn, KIND, parameter, &cx.config.region)?;
        cx.check_owner(account, arn)?;
        let application = PlatformApplication::of_words(format!("{platform}/{name}"));
        Ok(PlatformEndpoint { application, id: id.to_owned() })
    }

    pub(super) fn arn(&self, cx: &Context<'_>) -> Result<String, ApiError> {
        let words = self.application.words();
        Ok(format!("arn:aws:sns:{}:{}:{KIND}/{words}/{}", cx.config.region, cx.account()?, self.id))
    }

    pub(super) fn path(&self, cx: &Context<'_>) -> Box<str> {
        format!("{}/{}", self.application.endpoints_path(cx), self.id).into()
    }

    /// What is kept of it.
    pub(super) async fn value(&self, cx: &Context<'_>) -> Result<Bytes, ApiError> {
        let does_not_exist = || ApiError::new(ErrorKind::NotFoundException, "Endpoint does not exist");
        cx.kept(&self.path(cx)).await?.ok_or_else(does_not_exist)
    }

    /// The refusal of another endpoint with the same token.
    pub(super) fn has_the_token(&self, cx: &Context<'_>) -> ApiError {
        let refusal = |arn: String| {
            let reason = format!("Endpoint {arn} already exists with the same Token, but different attributes.");
            invalid(&format!("Token Reason: {reason}"))
        };
        self.arn(cx).map_or_else(|error| error, refusal)
    }
}

/// The endpoint that an entry under a token names.
pub(super) fn with_token(application: &PlatformApplication, id: &[u8]) -> Result<PlatformEndpoint, ApiError> {
    let id = String::from_utf8(id.to_vec()).map_err(|_| ApiError::internal_failure())?;
    Ok(PlatformEndpoint { application: application.clone(), id })
}

/// Checks attributes that are to be set.
pub(super) fn read_attributes(given: TextMap<'_>) -> Result<KeptAttributes, ApiError> {
    let mut given = given.into_strings();
    for (name, value) in &mut given {
        match name.as_str() {
            ENABLED => {
                *value = value.to_ascii_lowercase();
                if !["true", "false"].contains(&value.as_str()) {
                    return Err(invalid(&format!(
                        "Attributes Reason: Invalid value for attribute: {ENABLED}: must be true or false"
                    )));
                }
            }
            TOKEN => check_token(value)?,
            CUSTOM_USER_DATA if value.len() > CUSTOM_USER_DATA_BYTES_MAX => {
                let reason = "must be at most 2048 bytes long in UTF-8 encoding";
                return Err(invalid(&format!(
                    "Attributes Reason: Invalid value for attribute: {CUSTOM_USER_DATA}: {reason}"
                )));
            }
            CUSTOM_USER_DATA => {}
            _ => return Err(invalid(&format!("Attributes Reason: Invalid attribute name: {name}"))),
        }
    }
    Ok(given)
}

pub(super) fn check_token(token: &str) -> Result<(), ApiError> {
    let is_valid = (1..=TOKEN_BYTES_MAX).contains(&token.len());
    if is_valid { Ok(()) } else { Err(invalid("Token Reason: must be 1 to 2048 bytes long")) }
}
