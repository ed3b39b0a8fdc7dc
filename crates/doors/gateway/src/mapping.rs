//! Parameter mappings: a text of which parts are found in the request.
//!
//! HTTP APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html>.
//! REST APIs: <https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-parameter-mapping.html>.

use hyper::header::HeaderName;

use crate::{
    call::{Call, Variable},
    json_path::JsonPath,
};

/// A text to be put together for each request.
pub(crate) struct Mapping(Vec<Part>);

enum Part {
    Text(String),
    From(Source),
}

/// A place in a request.
enum Source {
    Header(HeaderName),
    Query(String),
    PathParameter(String),
    Path,
    Body,
    Json(JsonPath),
    Context(Variable),
    StageVariable(String),
}

impl Mapping {
    /// Reads a value of an HTTP API: `$request.header.x`, a fixed text, or one with `${request.header.x}` in it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(source) = text.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
            return Ok(Self(vec![Part::From(Source::parse(source)?)]));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (source, after) = after.split_once('}').ok_or_else(|| format!("`${{` is not closed in `{text}`"))?;
            parts.push(Part::Text(before.into()));
            parts.push(Part::From(Source::parse(source)?));
            rest = after;
        }
        parts.push(Part::Text(rest.into()));
        Ok(Self(parts))
    }

    /// Reads a value of a REST API: `'a fixed text'`, `method.request.header.X`, `context.x` or `stageVariables.x`.
    pub(crate) fn parse_rest(text: &str) -> Result<Self, String> {
        if let Some(fixed) = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Ok(Self(vec![Part::Text(fixed.into())]));
        }
        let source = text.strip_prefix("method.").unwrap_or(text);
        let is_known = text != source || ["context.", "stageVariables."].iter().any(|known| text.starts_with(known));
        if !is_known {
            return Err(format!("`{text}` is no mapping: write 'a fixed text' or method.request.…"));
        }
        Ok(Self(vec![Part::From(Source::parse(source)?)]))
    }

    /// Whether it is the body as it came.
    pub(crate) fn is_body(&self) -> bool {
        matches!(self.0[..], [Part::From(Source::Body)])
    }

    /// The text for this request. `None` if the one thing that it is made of is not there; beside other text that is
    /// nothing.
    pub(crate) fn value(&self, call: &Call<'_>) -> Option<String> {
        if let [Part::From(source)] = &self.0[..] {
            return source.value(call);
        }
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::From(source) => source.value(call).unwrap_or_default(),
        };
        Some(self.0.iter().map(part).collect())
    }
}

impl Source {
    fn parse(text: &str) -> Result<Self, String> {
        let refused = |reason: &str| format!("`{text}` cannot be mapped: {reason}");
        let named = |prefix: &str| text.strip_prefix(prefix).filter(|name| !name.is_empty());
        if let Some(name) = named("request.header.") {
            return name.parse().map(Self::Header).map_err(|_| refused("that is no name of a header"));
        }
        if let Some(name) = named("context.") {
            return Variable::parse(name).map(Self::Context);
        }
        if let Some(path) = text.strip_prefix("request.body") {
            let path = JsonPath::parse(path).map_err(refused)?;
            return Ok(if path.is_whole() { Self::Body } else { Self::Json(path) });
        }
        let name = |prefix| named(prefix).map(str::to_owned);
        if let Some(name) = name("request.querystring.") {
            return Ok(Self::Query(name));
        }
        if let Some(name) = name("request.path.") {
            return Ok(Self::PathParameter(name));
        }
        if let Some(name) = name("stageVariables.") {
            return Ok(Self::StageVariable(name));
        }
        if text == "request.path" {
            return Ok(Self::Path);
        }
        Err(refused(
            "there is request.header.name, request.querystring.name, request.path.name, request.path, request.body, \
             request.body.path, context.name and stageVariables.name",
        ))
    }

    fn value(&self, call: &Call<'_>) -> Option<String> {
        let body = || str::from_utf8(call.body).ok();
        let value = match self {
            Self::Header(name) => call.header(name),
            Self::Query(name) => call.query_parameter(name),
            Self::PathParameter(name) => call.path_parameters.get(name).cloned(),
            Self::Path => Some(call.path_in_stage()),
            Self::Body => body().map(str::to_owned),
            Self::Json(path) => path.text(body()?),
            Self::Context(variable) => Some(call.context(variable)),
            Self::StageVariable(name) => call.place.variables.get(name).cloned(),
        };
        value.filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;

    fn sample() -> Sample {
        let body = r#"{"a": {"n": 7, "s": "x\n", "o": {"k": [1, 2]}}, "none": null}"#;
        Sample::new("POST", "/pets/{id}", "/dev/pets/4%202?q=1&q=2%263&empty=", body)
            .stage("dev", &[("table", "orders")])
            .header("X-One", "1")
            .header("X-Many", "a")
            .header("X-Many", "b")
    }

    #[test]
    fn every_place_of_a_request_can_be_mapped() {
        for (mapping, expected) in [
            ("$request.header.x-one", Some("1")),
            ("$request.header.X-MANY", Some("a,b")),
            ("$request.header.missing", None),
            ("$request.querystring.q", Some("1,2&3")),
            ("$request.querystring.empty", None),
            ("$request.path.id", Some("4 2")),
            ("$request.path.other", None),
            ("$request.path", Some("/pets/4%202")),
            ("$request.body.a.n", Some("7")),
            ("$request.body.a.s", Some("x\n")),
            ("$request.body.a.o", Some(r#"{"k": [1, 2]}"#)),
            ("$request.body.a.o.k[1]", Some("2")),
            ("$request.body.none", None),
            ("$request.body.missing", None),
            ("$context.stage", Some("dev")),
            ("$context.routeKey", Some("POST /pets/{id}")),
            ("$context.path", Some("/dev/pets/4%202")),
            ("$context.identity.sourceIp", Some("192.0.2.7")),
            ("$context.requestTime", Some("15/May/2020:06:01:09 +0000")),
            ("$context.accountId", Some("000000000042")),
            ("$stageVariables.table", Some("orders")),
            ("$stageVariables.missing", None),
            ("a fixed text", Some("a fixed text")),
            ("${request.header.x-one}/${stageVariables.table}!", Some("1/orders!")),
            ("<${request.header.missing}>", Some("<>")),
        ] {
            let mapping = Mapping::parse(mapping).unwrap_or_else(|reason| panic!("{mapping}: {reason}"));
            sample().call(|call| assert_eq!(mapping.value(call).as_deref(), expected));
        }
        sample().call(|call| {
            let whole = Mapping::parse("$request.body").unwrap();
            assert_eq!(whole.value(call).unwrap().as_bytes(), call.body);
            assert!(whole.is_body());
        });
    }

    #[test]
    fn rest_apis_write_fixed_texts_in_quotes() {
        for (mapping, expected) in [
            ("'application/x-www-form-urlencoded'", Some("application/x-www-form-urlencoded")),
            ("method.request.header.X-One", Some("1")),
            ("method.request.querystring.q", Some("1,2&3")),
            ("method.request.path.id", Some("4 2")),
            ("method.request.body.a.n", Some("7")),
            ("context.stage", Some("dev")),
            ("stageVariables.table", Some("orders")),
        ] {
            let mapping = Mapping::parse_rest(mapping).unwrap();
            sample().call(|call| assert_eq!(mapping.value(call).as_deref(), expected));
        }
        for text in ["application/json", "request.header.X", "'open", "method.response.header.X", "method.header.x"] {
            assert!(Mapping::parse_rest(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_mapped_is_refused_when_it_is_loaded() {
        for text in [
            "$request",
            "$request.header.",
            "$request.header.a b",
            "$request.cookie.x",
            "$request.body[",
            "$context.nothing",
            "$context.",
            "$stageVariables.",
            "$anything",
            "${request.path",
            "a ${b} c",
        ] {
            assert!(Mapping::parse(text).is_err(), "{text}");
        }
    }
}
