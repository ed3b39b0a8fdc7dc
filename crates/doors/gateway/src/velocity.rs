//! The mapping templates of REST APIs, as far as templates for queues and topics need them.
//!
//! `$util.urlEncode(…)`, `$util.escapeJavaScript(…)`, `$input.body`, `$input.json('$.x')`, `$input.path('$.x')`,
//! `$input.params('x')`, `$context.x` and `$stageVariables.x`, each also as `${…}`, and `.replaceAll("\\'","'")` behind
//! them. Everything else that the language would take for its own is refused when the template is loaded.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    call::{Call, Variable},
    json_path::JsonPath,
};

/// What functions of a template may nest.
const DEPTH_MAX: usize = 4;
/// What stays as it is in a URL-encoded form.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');
/// The one method that is known: in JSON a single quote must not stay escaped.
const UNESCAPE_QUOTES: &str = r#".replaceAll("\\'","'")"#;
/// `$input.body` of a request without one.
const NO_BODY: &str = "{}";

/// A template, ready to be filled.
pub(crate) struct Template(Vec<Part>);

enum Part {
    Text(String),
    Value(Expression),
}

enum Expression {
    Literal(String),
    UrlEncode(Box<Expression>),
    EscapeJavaScript(Box<Expression>),
    UnescapeQuotes(Box<Expression>),
    Body,
    Json(JsonPath),
    Path(JsonPath),
    Parameter(String),
    Context(Variable),
    StageVariable(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// What is not known here, with the text where it stands.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '#']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if is_plain(rest) {
                let (sign, after) = rest.split_at(1);
                plain.push_str(sign);
                rest = after;
                continue;
            }
            let (expression, after) = reference(rest, 0).ok_or_else(|| unknown(rest))??;
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Value(expression));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Ok(Self(parts))
    }

    /// Fills the template: `body` is the request's or, in the template of an answer, the service's.
    pub(crate) fn fill(&self, call: &Call<'_>, body: &str) -> String {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Value(expression) => filled.push_str(&expression.value(call, body)),
            }
        }
        filled
    }
}

/// Whether a `$` or `#` stands for itself: the language begins with a letter, `{` or `!` behind the one, and with a
/// letter, `{`, `#`, `*` or `[` behind the other.
fn is_plain(rest: &str) -> bool {
    let next = rest[1..].chars().next().unwrap_or(' ');
    let own = if rest.starts_with('$') { "{!" } else { "{#*[@" };
    !next.is_ascii_alphabetic() && !own.contains(next)
}

fn unknown(rest: &str) -> String {
    let shown: String = rest.chars().take(40).take_while(|c| *c != '\n').collect();
    format!(
        "`{shown}` is not known in templates: there is $util.urlEncode(…), $util.escapeJavaScript(…), $input.body, \
         $input.json('$.x'), $input.path('$.x'), $input.params('x'), $context.x and $stageVariables.x"
    )
}

type Parsed<'t> = Option<Result<(Expression, &'t str), String>>;

/// Reads a reference with the method that it may have, and answers what stands behind it.
fn reference(text: &str, depth: usize) -> Parsed<'_> {
    let (expression, after) = match braced_reference(text, depth)? {
        Ok(read) => read,
        Err(reason) => return Some(Err(reason)),
    };
    if let Some(after) = after.strip_prefix(UNESCAPE_QUOTES) {
        return Some(Ok((Expression::UnescapeQuotes(Box::new(expression)), after)));
    }
    // What else would be a method or a member of the value.
    let is_member = after.strip_prefix('.').is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()));
    (!is_member && !after.starts_with('[')).then_some(Ok((expression, after)))
}

fn braced_reference(text: &str, depth: usize) -> Parsed<'_> {
    if let Some(inside) = text.strip_prefix("${") {
        let (expression, after) = match plain_reference(inside, depth)? {
            Ok(read) => read,
            Err(reason) => return Some(Err(reason)),
        };
        return Some(Ok((expression, after.strip_prefix('}')?)));
    }
    plain_reference(text.strip_prefix('$')?, depth)
}

fn plain_reference(text: &str, depth: usize) -> Parsed<'_> {
    if depth == DEPTH_MAX {
        return None;
    }
    if let Some(after) = text.strip_prefix("input.body") {
        return Some(Ok((Expression::Body, after)));
    }
    if let Some(after) = text.strip_prefix("context.") {
        let (name, after) = name(after)?;
        return Some(Variable::parse(name).map(|variable| (Expression::Context(variable), after)));
    }
    if let Some(after) = text.strip_prefix("stageVariables.") {
        let (name, after) = name(after)?;
        return Some(Ok((Expression::StageVariable(name.to_owned()), after)));
    }
    let (function, after) = text.split_once('(')?;
    let (argument, after) = match argument(after.trim_start(), depth + 1)? {
        Ok(read) => read,
        Err(reason) => return Some(Err(reason)),
    };
    let after = after.trim_start().strip_prefix(')')?;
    let expression = match (function, argument) {
        ("util.urlEncode", argument) => Expression::UrlEncode(Box::new(argument)),
        ("util.escapeJavaScript", argument) => Expression::EscapeJavaScript(Box::new(argument)),
        ("input.json", Expression::Literal(path)) => Expression::Json(json_path(&path)?),
        ("input.path", Expression::Literal(path)) => Expression::Path(json_path(&path)?),
        ("input.params", Expression::Literal(name)) => Expression::Parameter(name),
        _ => return None,
    };
    Some(Ok((expression, after)))
}

/// An argument is a text in quotes or another reference.
fn argument(text: &str, depth: usize) -> Parsed<'_> {
    for quote in ['\'', '"'] {
        if let Some(inside) = text.strip_prefix(quote) {
            let (literal, after) = inside.split_once(quote)?;
            return Some(Ok((Expression::Literal(literal.to_owned()), after)));
        }
    }
    reference(text, depth)
}

/// A name of several parts, as far as it goes: `identity.sourceIp`. A full stop at the end is the text's.
fn name(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    (!name.is_empty()).then(|| text.split_at(name.len()))
}

fn json_path(text: &str) -> Option<JsonPath> {
    JsonPath::parse(text.strip_prefix('$')?).ok()
}

impl Expression {
    fn value(&self, call: &Call<'_>, body: &str) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::UrlEncode(inner) => utf8_percent_encode(&inner.value(call, body), FORM).to_string().replace(' ', "+"),
            Self::EscapeJavaScript(inner) => escape_java_script(&inner.value(call, body)),
            Self::UnescapeQuotes(inner) => inner.value(call, body).replace("\\'", "'"),
            Self::Body => if body.is_empty() { NO_BODY } else { body }.to_owned(),
            // What is not there is an empty text, in JSON too.
            Self::Json(path) => path.find(body).unwrap_or("\"\"").to_owned(),
            Self::Path(path) => path.text(body).unwrap_or_default(),
            Self::Parameter(name) => {
                let header = || call.header(&name.parse().ok()?);
                let path = call.path_parameters.get(name).cloned();
                path.or_else(|| call.query_parameter(name)).or_else(header).unwrap_or_default()
            }
            Self::Context(variable) => call.context(variable),
            Self::StageVariable(name) => call.place.variables.get(name).cloned().unwrap_or_default(),
        }
    }
}

/// As Java's libraries escape: single quotes too, and everything beyond ASCII.
fn escape_java_script(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match char::from_u32(unit.into()) {
            Some('"') => escaped.push_str("\\\""),
            Some('\'') => escaped.push_str("\\'"),
            Some('\\') => escaped.push_str("\\\\"),
            Some('/') => escaped.push_str("\\/"),
            Some('\n') => escaped.push_str("\\n"),
            Some('\r') => escaped.push_str("\\r"),
            Some('\t') => escaped.push_str("\\t"),
            Some('\u{8}') => escaped.push_str("\\b"),
            Some('\u{c}') => escaped.push_str("\\f"),
            Some(plain @ ' '..='~') => escaped.push(plain),
            // Writing to a String cannot fail.
            _ => write!(escaped, "\\u{unit:04X}").unwrap_or_default(),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn fill(template: &str, body: &str) -> String {
        let sample = Sample::new("POST", "/{id}", "/prod/7?q=a%26b", body)
            .stage("prod", &[("queue", "orders")])
            .header("HeaderFoo", "foo")
            .header("q", "the query string comes first");
        let template = Template::parse(template).unwrap_or_else(|reason| panic!("{reason}"));
        sample.call(|call| template.fill(call, body))
    }

    #[test]
    fn the_templates_for_queues_are_filled() {
        let body = r#"{"a": "x & y+z=%", "n": [1, {"k": "\"v\""}], "가": null}"#;
        for (template, expected) in [
            (
                "Action=SendMessage&MessageBody=$util.urlEncode($input.body)",
                "Action=SendMessage&MessageBody=%7B%22a%22%3A+%22x+%26+y%2Bz%3D%25%22%2C+%22n%22%3A+%5B1%2C+%7B%22k%22%3A+\
                 %22%5C%22v%5C%22%22%7D%5D%2C+%22%EA%B0%80%22%3A+null%7D",
            ),
            ("&Value.StringValue=$input.params('HeaderFoo')", "&Value.StringValue=foo"),
            ("$input.params(\"q\") $input.params('id') [$input.params('none')]", "a&b 7 []"),
            ("MessageGroupId=$util.urlEncode($input.path('$.a'))", "MessageGroupId=x+%26+y%2Bz%3D%25"),
            ("$input.json('$.n[1]') $input.json('$.a') $input.json('$.none')", r#"{"k": "\"v\""} "x & y+z=%" """#),
            (
                "[$input.path('$.n[1].k')] [$input.path('$.none')] [$input.path('$.n')]",
                r#"["v"] [] [[1, {"k": "\"v\""}]]"#,
            ),
            (
                r#"{"MessageBody": "$util.escapeJavaScript($input.json('$.n[1]'))"}"#,
                r#"{"MessageBody": "{\"k\": \"\\\"v\\\"\"}"}"#,
            ),
            (r#"$util.escapeJavaScript("it's").replaceAll("\\'","'")"#, "it's"),
            ("${context.stage}/$stageVariables.queue: $context.identity.sourceIp.", "prod/orders: 192.0.2.7."),
            ("costs 5$, #1 of $ & # and $5", "costs 5$, #1 of $ & # and $5"),
            ("$util.urlEncode( $util.escapeJavaScript( 'a b' ) )", "a+b"),
        ] {
            assert_eq!(fill(template, body), expected, "{template}");
        }
        assert_eq!(fill("$input.body", ""), "{}");
        assert_eq!(fill("$input.json('$')", "no json"), "\"\"");
        assert_eq!(fill("$util.escapeJavaScript($input.body)", "a'/\u{1}가😀\n"), r"a\'\/\u0001\uAC00\uD83D\uDE00\n");
    }

    #[test]
    fn what_is_not_known_is_refused_when_it_is_loaded() {
        let nested = "$util.urlEncode(".repeat(DEPTH_MAX) + "$input.body" + &")".repeat(DEPTH_MAX);
        for template in [
            "#set($x = 1)",
            "#if(true) x #end",
            "## a comment",
            "$x",
            "$!input.body",
            "${input.body",
            "$input.path($x)",
            "$input.json('$..x')",
            "$input.params()",
            "$util.base64Encode($input.body)",
            "$util.urlEncode($input.body",
            "$input.body.length()",
            "$input.path('$.a')[0]",
            "$input.body.replaceAll('a','b')",
            "$context.authorizer.claims",
            "$context.",
            &nested,
        ] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
        let reason = Template::parse("a\n$util.parseJson($input.body)\nb").err().unwrap();
        assert!(reason.starts_with("`$util.parseJson($input.body)` is not known in templates"), "{reason}");
    }
}
