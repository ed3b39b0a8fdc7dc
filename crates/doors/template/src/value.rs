//! Where a part of a message comes from: the request's body, a header, or a fixed text.

use std::fmt;

/// The longest path into a body, in steps.
pub const PATH_STEPS_MAX: usize = 32;

/// A parameter mapping of an HTTP API: what is put into the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// The request's body as it came.
    Body,
    /// A value inside the body, which must be JSON.
    BodyPath(JsonPath),
    /// A header of the request, its name in lower case.
    Header(String),
    /// The same text every time.
    Text(String),
}

/// A path to one value inside a JSON document: `$.event.items[0].id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The member of an object.
    Member(String),
    /// The element of an array, counted from 0.
    Element(usize),
}

impl JsonPath {
    /// From the whole document inwards; at least one.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Reads what follows the `$`: `.a.b[0]`. Wildcards, slices, filters and recursive descent are refused.
    fn parse(path: &str) -> Result<JsonPath, String> {
        let refuse = || format!("{path:?} is not a path of the form .name.name[0] of at most {PATH_STEPS_MAX} steps");
        let mut steps = Vec::new();
        let mut rest = path;
        while !rest.is_empty() {
            let (step, after) = next_step(rest).ok_or_else(refuse)?;
            steps.push(step);
            rest = after;
        }
        if steps.is_empty() || steps.len() > PATH_STEPS_MAX {
            return Err(refuse());
        }
        Ok(JsonPath { steps })
    }
}

fn next_step(rest: &str) -> Option<(Step, &str)> {
    if let Some(inside) = rest.strip_prefix("['") {
        let (name, after) = inside.split_once("']")?;
        return Some((Step::Member(name.to_owned()), after));
    }
    if let Some(inside) = rest.strip_prefix('[') {
        let (index, after) = inside.split_once(']')?;
        let is_number = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        return Some((Step::Element(index.parse().ok().filter(|_| is_number)?), after));
    }
    let inside = rest.strip_prefix('.')?;
    let end = inside.find(['.', '[']).unwrap_or(inside.len());
    let (name, after) = inside.split_at(end);
    // As the gateway's selectors have it: what is read here can be selected there.
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    is_plain.then(|| (Step::Member(name.to_owned()), after))
}

/// As `$.a.b[0]`; a member that has no plain name stands as `['a.b']`.
impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.steps {
            match step {
                Step::Element(index) => write!(f, "[{index}]")?,
                Step::Member(name) if next_step(&format!(".{name}")).is_some_and(|(_, rest)| rest.is_empty()) => {
                    write!(f, ".{name}")?;
                }
                Step::Member(name) => write!(f, "['{name}']")?,
            }
        }
        Ok(())
    }
}

/// Reads a value of an integration's `RequestParameters`.
pub(crate) fn parse_request_parameter(text: &str) -> Result<Mapping, String> {
    if text == "$request.body" {
        return Ok(Mapping::Body);
    }
    if let Some(path) = text.strip_prefix("$request.body") {
        return JsonPath::parse(path).map(Mapping::BodyPath);
    }
    if let Some(header) = text.strip_prefix("$request.header.").filter(|name| is_header_name(name)) {
        return Ok(Mapping::Header(header.to_ascii_lowercase()));
    }
    if text.starts_with('$') || text.contains("${") {
        return Err(format!(
            "{text} is not supported yet: $request.body, $request.body.path and $request.header.name are"
        ));
    }
    Ok(Mapping::Text(text.to_owned()))
}

/// Reads a value of the webhook metadata: a path that begins with `$`, what a request parameter may be, or a fixed text.
pub(crate) fn parse_webhook_value(text: &str) -> Result<Mapping, String> {
    if text.starts_with("$request.") {
        return parse_request_parameter(text);
    }
    match text.strip_prefix('$') {
        Some(path) => JsonPath::parse(path).map(Mapping::BodyPath),
        None => Ok(Mapping::Text(text.to_owned())),
    }
}

/// A token of RFC 9110.
pub(crate) fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_they_are_written() {
        for text in ["$.event.user", "$.a[0].b", "$['x y'].z", "$[3]", "$.한글"] {
            let Ok(Mapping::BodyPath(path)) = parse_webhook_value(text) else { panic!("{text}") };
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn whatever_is_not_a_path_to_one_value_is_refused() {
        for text in [
            "$",
            "$.",
            "$..a",
            "$.a.",
            "$.*",
            "$[*]",
            "$[-1]",
            "$[+1]",
            "$[]",
            "$[1:2]",
            "$.a[?(@.b)]",
            "$a",
            "$['a",
            "$.a b",
            "$.a,b",
        ] {
            assert!(parse_webhook_value(text).is_err(), "{text}");
        }
        assert!(parse_webhook_value(&format!("${}", ".a".repeat(PATH_STEPS_MAX + 1))).is_err());
    }

    #[test]
    fn a_webhook_may_be_identified_as_request_parameters_do_it() {
        let parse = parse_webhook_value;
        assert_eq!(parse("$request.header.X-GitHub-Delivery"), Ok(Mapping::Header("x-github-delivery".to_owned())));
        assert_eq!(parse("$request.body.event.id"), parse("$.event.id"));
        assert!(parse("$request.path.id").is_err());
    }

    #[test]
    fn request_parameters_are_typed() {
        let parse = |text| parse_request_parameter(text);
        assert_eq!(parse("$request.body"), Ok(Mapping::Body));
        assert_eq!(parse("$request.header.X-Shop"), Ok(Mapping::Header("x-shop".to_owned())));
        assert_eq!(parse("fixed"), Ok(Mapping::Text("fixed".to_owned())));
        assert!(matches!(parse("$request.body.a.b"), Ok(Mapping::BodyPath(path)) if path.steps().len() == 2));
        for text in [
            "$context.requestId",
            "$request.querystring.a",
            "$request.header.",
            "${request.header.a} b",
            "$request.bodyx",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
