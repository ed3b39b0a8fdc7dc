//! How a request names a function: by name, by partial ARN or by ARN, each with or without a qualifier.

use bongsu_broker::FunctionRef;

use super::refusal::{invalid, not_found};
use crate::constraints::Constraints;
use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// What names keep to, in AWS's words.
const PATTERN: &str = r"(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\d{1}:)?(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?";

/// A function as a request names it; what is left out is the caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FunctionName<'a> {
    pub(crate) region: Option<&'a str>,
    pub(crate) account: Option<&'a str>,
    /// 1 to 64 of `A-Z a-z 0-9 - _`.
    pub(crate) name: &'a str,
    pub(crate) qualifier: Option<&'a str>,
}

const NAME_CHARACTERS_MAX: usize = 64;

impl<'a> FunctionName<'a> {
    /// `NAME`, `ACCOUNT:function:NAME` or `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, and perhaps `:QUALIFIER`.
    pub(crate) fn parse(text: &'a str) -> Option<FunctionName<'a>> {
        let parts: Vec<&str> = text.split(':').collect();
        let (region, account, rest) = match &parts[..] {
            ["arn", _, "lambda", region, account, "function", rest @ ..] => (Some(*region), Some(*account), rest),
            [account, "function", rest @ ..] => (None, Some(*account), rest),
            rest => (None, None, rest),
        };
        let (name, qualifier) = match rest {
            [name] => (*name, None),
            [name, qualifier] => (*name, Some(*qualifier)),
            _ => return None,
        };
        let in_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_valid = (1..=NAME_CHARACTERS_MAX).contains(&name.len()) && name.bytes().all(in_name);
        let is_qualifier = |text: &str| !text.is_empty() && text.bytes().all(|byte| in_name(byte) || byte == b'$');
        let is_valid = is_valid && qualifier.is_none_or(is_qualifier);
        is_valid.then_some(FunctionName { region, account, name, qualifier })
    }
}

/// A function of this server's, and whether somebody of its own account asks.
pub(super) struct Named {
    pub(super) function: FunctionRef,
    pub(super) is_own: bool,
}

impl Context<'_> {
    /// The ARN of `NAME` or `NAME:QUALIFIER`.
    pub(super) fn function_arn(&self, name: &str) -> String {
        super::function_arn(&self.config.region, self.config.account, name)
    }

    /// The function that a request names, whoever asks.
    pub(super) fn named(&self, function: &str, qualifier: Option<&str>) -> Result<Named, ApiError> {
        let Some(named) = FunctionName::parse(function) else {
            let mut constraints = Constraints::default();
            constraints.pattern("functionName", function, PATTERN, false);
            return Err(constraints.check().err().unwrap_or_else(ApiError::internal_failure));
        };
        let region = &self.config.region;
        if let Some(other) = named.region.filter(|other| other != region) {
            let text = format!("Functions from '{other}' are not reachable in this region ('{region}')");
            return Err(not_found(text));
        }
        let qualifier = match (named.qualifier, qualifier) {
            (Some(named), Some(asked)) if named != asked => {
                return Err(invalid(
                    "The derived qualifier from the function name does not match the specified qualifier.",
                ));
            }
            (named, asked) => named.or(asked),
        };
        let function = FunctionRef { name: named.name.into(), qualifier: qualifier.map(Box::from) };
        let account = named.account.unwrap_or(self.caller.account());
        let own = self.config.account.to_string();
        if account != own {
            let arn = format!("arn:aws:lambda:{region}:{account}:function:{function}");
            // All functions are of the server's account.
            return Err(if account == self.caller.account() {
                not_found(format!("Function not found: {arn}"))
            } else {
                self.denied("InvokeFunction", &arn)
            });
        }
        Ok(Named { function, is_own: self.caller.account() == own })
    }

    /// The same for somebody of the function's account: all others have no business with it but to invoke it.
    pub(super) fn own_function(&self, function: &str, qualifier: Option<&str>) -> Result<FunctionRef, ApiError> {
        let Named { function, is_own } = self.named(function, qualifier)?;
        if !is_own {
            let operation = self.seen.operation.get().copied().unwrap_or_default();
            return Err(self.denied(operation, &self.function_arn(&function.to_string())));
        }
        Ok(function)
    }

    /// The function as a whole: a qualifier is not wanted.
    pub(super) fn whole_function(&self, function: &str) -> Result<Box<str>, ApiError> {
        let function = self.own_function(function, None)?;
        match function.qualifier {
            None => Ok(function.name),
            Some(_) => Err(invalid("This operation does not permit to specify a function with a qualifier.")),
        }
    }

    /// Refuses whoever is not of the account that has the functions.
    pub(super) fn check_account(&self, resource: &str) -> Result<(), ApiError> {
        if self.caller.account() == self.config.account.to_string() {
            return Ok(());
        }
        let operation = self.seen.operation.get().copied().unwrap_or_default();
        let arn = format!("arn:aws:lambda:{}:{}:{resource}", self.config.region, self.config.account);
        Err(self.denied(operation, &arn))
    }

    pub(super) fn denied(&self, action: &str, arn: &str) -> ApiError {
        let text = format!(
            "User: {} is not authorized to perform: lambda:{action} on resource: {arn} because no resource-based policy \
             allows the lambda:{action} action",
            self.caller.arn()
        );
        ApiError::new(ErrorKind::AccessDeniedException, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_names_the_function() {
        for (text, region, account, qualifier) in [
            ("work", None, None, None),
            ("work:$LATEST", None, None, Some("$LATEST")),
            ("000000000000:function:work", None, Some("000000000000"), None),
            ("000000000000:function:work:7", None, Some("000000000000"), Some("7")),
            ("arn:aws:lambda:eu-west-1:000000000000:function:work", Some("eu-west-1"), Some("000000000000"), None),
            ("arn:aws:lambda:r:0:function:work:live", Some("r"), Some("0"), Some("live")),
        ] {
            let expected = FunctionName { region, account, name: "work", qualifier };
            assert_eq!(FunctionName::parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_names_no_function_is_refused() {
        for text in [
            "",
            "a b",
            "work:1:2",
            "arn:aws:sqs:r:0:work",
            "arn:aws:lambda:r:0:function:",
            "한",
            "a:b c",
            "a:",
            &"x".repeat(65),
        ] {
            assert_eq!(FunctionName::parse(text), None, "{text}");
        }
    }
}
