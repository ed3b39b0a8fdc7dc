//! What a connection adds to every request: headers, query parameters, members of the body.

use serde::{Deserialize, Serialize};

use super::calls::check_header;
use super::parameters::invalid;
use super::secret::Secret;
use crate::error::ApiError;

/// Of each kind.
const ADDITIONS_MAX: usize = 100;
const KEY_CHARS_MAX: usize = 512;
const VALUE_CHARS_MAX: usize = 512;

/// `ConnectionHttpParameters`: as they are given, kept and, without what is secret, told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Additions {
    #[serde(skip_serializing_if = "Option::is_none")]
    header_parameters: Option<Vec<Addition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Vec<Addition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_parameters: Option<Vec<Addition>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
struct Addition {
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Secret>,
    is_value_secret: Option<bool>,
}

impl Additions {
    /// Nothing at all.
    pub(super) const NONE: Additions =
        Additions { header_parameters: None, query_string_parameters: None, body_parameters: None };

    /// Refuses what cannot be sent.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        let kinds = [&self.header_parameters, &self.query_string_parameters, &self.body_parameters];
        for additions in kinds.into_iter().flatten() {
            if additions.len() > ADDITIONS_MAX {
                return Err(invalid(format!("A connection adds at most {ADDITIONS_MAX} parameters of a kind")));
            }
            additions.iter().try_for_each(Addition::check)?;
        }
        for (name, value) in self.headers() {
            check_header(name, value).map_err(invalid)?;
        }
        Ok(())
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.header_parameters)
    }

    pub(super) fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.query_string_parameters)
    }

    pub(super) fn body(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.body_parameters)
    }

    /// Without values that are secret.
    pub(super) fn told(mut self) -> Additions {
        let kinds = [&mut self.header_parameters, &mut self.query_string_parameters, &mut self.body_parameters];
        for addition in kinds.into_iter().flatten().flatten() {
            let is_secret = *addition.is_value_secret.get_or_insert(false);
            addition.value = addition.value.take().filter(|_| !is_secret);
        }
        self
    }
}

impl Addition {
    fn check(&self) -> Result<(), ApiError> {
        let key = self.key.as_deref().unwrap_or_default();
        let is_key = (1..=KEY_CHARS_MAX).contains(&key.chars().count()) && !key.contains(char::is_control);
        if !is_key {
            return Err(invalid(format!("A parameter's Key has 1 to {KEY_CHARS_MAX} characters that can be printed")));
        }
        match &self.value {
            Some(Secret(value)) if value.chars().count() <= VALUE_CHARS_MAX => Ok(()),
            _ => Err(invalid(format!("The parameter '{key}' needs a Value of at most {VALUE_CHARS_MAX} characters"))),
        }
    }
}

fn pairs(additions: &Option<Vec<Addition>>) -> impl Iterator<Item = (&str, &str)> {
    let additions = additions.iter().flatten();
    additions.filter_map(|addition| Some((addition.key.as_deref()?, addition.value.as_ref()?.0.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Additions {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_secret_is_not_told() {
        let additions = read(
            r#"{"HeaderParameters":[{"Key":"a","Value":"b"},{"Key":"c","Value":"hush","IsValueSecret":true}],
                "BodyParameters":[{"Key":"d","Value":"hush","IsValueSecret":true}]}"#,
        );
        assert!(additions.check().is_ok());
        assert_eq!(additions.headers().collect::<Vec<_>>(), [("a", "b"), ("c", "hush")]);
        assert!(!format!("{additions:?}").contains("hush"));
        assert_eq!(
            serde_json::to_string(&additions.told()).unwrap(),
            concat!(
                r#"{"HeaderParameters":[{"Key":"a","Value":"b","IsValueSecret":false},"#,
                r#"{"Key":"c","IsValueSecret":true}],"BodyParameters":[{"Key":"d","IsValueSecret":true}]}"#
            )
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        for text in [
            r#"{"HeaderParameters":[{"Value":"b"}]}"#,
            r#"{"HeaderParameters":[{"Key":"a"}]}"#,
            r#"{"HeaderParameters":[{"Key":"a b","Value":"c"}]}"#,
            r#"{"HeaderParameters":[{"Key":"a","Value":"b\r\nc: d"}]}"#,
            r#"{"HeaderParameters":[{"Key":"Host","Value":"elsewhere"}]}"#,
            r#"{"QueryStringParameters":[{"Key":"a\n","Value":"b"}]}"#,
            r#"{"BodyParameters":[{"Key":"","Value":"b"}]}"#,
        ] {
            assert!(read(text).check().is_err(), "{text}");
        }
        let many = Additions { body_parameters: Some(vec![Addition::default(); 101]), ..Additions::default() };
        assert!(many.check().unwrap_err().message().contains("at most 100"));
    }
}
