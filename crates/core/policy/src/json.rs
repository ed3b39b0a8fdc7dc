//! JSON kept as text: compact, in the order it was written, taken apart one level at a time.
//!
//! No tree is built and nothing recurses over what a stranger nested: how deep a policy is read, its grammar says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::value::RawValue;

use crate::PolicyError;

/// A value inside valid, compact JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<'a>(&'a str);

/// The same JSON without white space between its parts. Strings stay as they were spelled.
pub(crate) fn compact(text: &str) -> Result<String, PolicyError> {
    serde_json::from_str::<&RawValue>(text)
        .map_err(|error| PolicyError::malformed(format!("The policy is not JSON: {error}.")))?;
    let mut strings = Strings::default();
    Ok(text.chars().filter(|char| strings.cover(*char) || !char.is_ascii_whitespace()).collect())
}

/// The text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'a> Json<'a> {
    /// `text` comes from [`compact`].
    pub(crate) fn new(text: &'a str) -> Json<'a> {
        Json(text)
    }

    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    /// The members of an object in their order. A key that comes twice is refused, as AWS does.
    pub(crate) fn members(self, what: &str) -> Result<Vec<(String, Json<'a>)>, PolicyError> {
        if !self.0.starts_with('{') {
            return Err(PolicyError::malformed(format!("{what} must be a JSON object.")));
        }
        let mut seen = BTreeSet::new();
        let mut members = Vec::new();
        for part in self.parts() {
            let mut strings = Strings::default();
            let colon = part.char_indices().find(|(_, char)| !strings.cover(*char)).expect("a member has a colon").0;
            let key = Json(&part[..colon]).string("A key")?;
            if !seen.insert(key.clone()) {
                return Err(PolicyError::malformed(format!("{what} has the key {key:?} twice.")));
            }
            members.push((key, Json(&part[colon + 1..])));
        }
        Ok(members)
    }

    /// The elements of an array, or the value itself where one stands for a list of one.
    pub(crate) fn one_or_many(self) -> Vec<Json<'a>> {
        if self.0.starts_with('[') { self.parts().into_iter().map(Json).collect() } else { vec![self] }
    }

    /// Its text, if it is a string.
    pub(crate) fn string(self, what: &str) -> Result<String, PolicyError> {
        serde_json::from_str(self.0).map_err(|_| PolicyError::malformed(format!("{what} must be a string.")))
    }

    /// Its text, if it is a string, a number or a boolean.
    pub(crate) fn scalar(self, what: &str) -> Result<String, PolicyError> {
        match self.0.as_bytes()[0] {
            b'"' => self.string(what),
            b'{' | b'[' | b'n' => {
                Err(PolicyError::malformed(format!("{what} must be a string, a number or a boolean.")))
            }
            _ => Ok(self.0.to_owned()),
        }
    }

    /// What stands between the brackets, apart at the commas.
    fn parts(self) -> Vec<&'a str> {
        let inside = &self.0[1..self.0.len() - 1];
        let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
        let mut strings = Strings::default();
        for (at, char) in inside.char_indices() {
            if strings.cover(char) {
                continue;
            }
            match char {
                '{' | '[' => depth += 1,
                '}' | ']' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(&inside[start..at]);
                    start = at + 1;
                }
                _ => {}
            }
        }
        if !inside.is_empty() {
            parts.push(&inside[start..]);
        }
        parts
    }

    /// A form that is equal for equal JSON values, whatever the order of keys and the spelling of strings.
    ///
    /// Recurses: only for what was accepted as a policy, which is a few levels deep.
    pub(crate) fn canonical(self) -> Canonical {
        match self.0.as_bytes()[0] {
            b'{' => {
                let members = self.members("Part of a policy").expect("accepted before");
                Canonical::Object(members.into_iter().map(|(key, value)| (key, value.canonical())).collect())
            }
            b'[' => Canonical::Array(self.parts().into_iter().map(|part| Json(part).canonical()).collect()),
            b'"' => Canonical::String(self.string("Part of a policy").expect("accepted before")),
            _ => Canonical::Literal(self.0.to_owned()),
        }
    }
}

/// See [`Json::canonical`].
#[derive(PartialEq)]
pub(crate) enum Canonical {
    Object(BTreeMap<String, Canonical>),
    Array(Vec<Canonical>),
    String(String),
    Literal(String),
}

/// Follows JSON text and knows which of it belongs to strings.
#[derive(Default)]
struct Strings {
    inside: bool,
    escaped: bool,
}

impl Strings {
    /// Whether the next character is inside a string or one of its quotes.
    fn cover(&mut self, char: char) -> bool {
        let was_inside = self.inside;
        if self.escaped {
            self.escaped = false;
        } else if char == '"' {
            self.inside = !self.inside;
        } else if was_inside && char == '\\' {
            self.escaped = true;
        }
        was_inside || self.inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_except_in_strings() {
        let text = " { \"a b\" :\t[ 1 , \" \\\" , { \" ] ,\r\n \"c\" : { } } ";
        assert_eq!(compact(text).unwrap(), r#"{"a b":[1," \" , { "],"c":{}}"#);
    }

    #[test]
    fn members_and_elements_come_apart_at_their_own_commas() {
        let text = compact(r#"{"b":[1,{"x":[2,3]},"],"],"a":{"k":"v,\"}"},"é":null}"#).unwrap();
        let members = Json(&text).members("It").unwrap();
        let shown: Vec<(&str, &str)> = members.iter().map(|(key, value)| (key.as_str(), value.text())).collect();
        assert_eq!(shown, [("b", r#"[1,{"x":[2,3]},"],"]"#), ("a", r#"{"k":"v,\"}"}"#), ("é", "null")]);
        let elements: Vec<&str> = members[0].1.one_or_many().into_iter().map(Json::text).collect();
        assert_eq!(elements, ["1", r#"{"x":[2,3]}"#, r#""],""#]);
        assert!(Json("[]").one_or_many().is_empty());
        assert!(Json("{}").members("It").unwrap().is_empty());
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_however_it_is_spelled() {
        let refusal = Json(r#"{"Effect":1,"\u0045ffect":2}"#).members("A statement").unwrap_err();
        assert_eq!(refusal.to_string(), "A statement has the key \"Effect\" twice.");
    }

    #[test]
    fn canonical_forms_are_equal_for_equal_values() {
        let canonical = |text| Json(text).canonical();
        assert!(canonical(r#"{"a":1,"b":["x"]}"#) == canonical(r#"{"b":["\u0078"],"\u0061":1}"#));
        assert!(canonical(r#"["a","b"]"#) != canonical(r#"["b","a"]"#));
        assert!(canonical(r#"["1"]"#) != canonical("[1]"));
    }
}
