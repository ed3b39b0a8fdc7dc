//! How a request names a function: by name, by partial ARN or by ARN, each with or without a qualifier.

/// The qualifier of the one version there is.
pub(crate) const LATEST: &str = "$LATEST";

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
        is_valid.then_some(FunctionName { region, account, name, qualifier })
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
        for text in
            ["", "a b", "work:1:2", "arn:aws:sqs:r:0:work", "arn:aws:lambda:r:0:function:", "한", &"x".repeat(65)]
        {
            assert_eq!(FunctionName::parse(text), None, "{text}");
        }
    }
}
