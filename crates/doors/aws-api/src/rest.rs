//! The REST protocol: paths to operations; who asks; labels, query and body into one input; outputs into answers.

use std::borrow::Cow;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::codec::json;
use crate::error::{ApiError, ErrorKind};
use crate::observation::Seen;
use crate::operation::Context;
use crate::request_id::RequestId;
use crate::service::{AwsApi, REQUEST_ID};
use crate::sigv4::{Caller, Claim};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A service that is asked by methods and paths.
pub(crate) struct Service {
    pub(crate) signing_name: &'static str,
    pub(crate) routes: &'static [Route],
    /// Members that are numbers also in a path or a query.
    pub(crate) numbers: &'static [&'static str],
    /// Members that stand in headers, after the names of those.
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The one member that may stand in a query several times, after its name there.
    pub(crate) tag_keys: (&'static str, &'static str),
    /// What a body is that is no JSON.
    pub(crate) malformed: ErrorKind,
}

/// One row an operation: its name, its method and path as the service model has them, the status of its success, its
/// module. A query behind the path is what tells it from another of the same path.
macro_rules! operations {
    ($($name:literal, $method:literal $path:literal => $status:literal $module:ident;)*) => {
        const ROUTES: &[$crate::rest::Route] =
            &[$($crate::rest::Route { name: $name, method: $method, path: $path, status: $status }),*];

        /// Runs the operation of a row.
        async fn run(
            route: &$crate::rest::Route,
            input: $crate::rest::Input,
            cx: &$crate::operation::Context<'_>,
        ) -> Result<$crate::rest::Output, $crate::error::ApiError> {
            use $crate::rest::Reply as _;
            match route.name {
                $($name => $module::call(input.decode()?, cx).await?.reply(route.status),)*
                unknown => unreachable!("{unknown} stands in no row"),
            }
        }

        /// The names of all operations.
        #[cfg(test)]
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// What each operation takes.
        #[cfg(test)]
        pub(crate) fn inputs() -> Vec<(&'static str, $crate::compat::shapes::Shape)> {
            vec![$(($name, $crate::compat::shapes::trace(|tracer, cx| {
                let input = serde::Deserialize::deserialize(tracer)?;
                cx.map_or(Ok(()), |cx| Ok(drop($module::call(input, cx))))
            }))),*]
        }

        #[cfg(test)]
        mod table {
            #[test]
            fn operations_stand_in_order_and_once() {
                assert!(super::NAMES.is_sorted_by(|a, b| a < b));
            }
        }
    };
}

pub(crate) use operations;

/// How an operation is asked for.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) method: &'static str,
    /// With labels in braces, and perhaps a parameter of the query that it must have.
    pub(crate) path: &'static str,
    /// Of a success.
    pub(crate) status: u16,
}

/// What the labels of a path stand for.
pub(crate) type Labels<'a> = Vec<(&'static str, Cow<'a, str>)>;

impl Route {
    fn segments(&self) -> impl Iterator<Item = &'static str> {
        segments(self.path.split('?').next().unwrap_or_default())
    }

    fn labels<'a>(&self, path: &'a str) -> Option<Labels<'a>> {
        // Nearly all differ before the first label, which is seen in one comparison.
        let end = self.path.bytes().position(|byte| matches!(byte, b'{' | b'?'));
        let literal = self.path[..end.unwrap_or(self.path.len())].trim_matches('/');
        if !path.trim_start_matches('/').starts_with(literal) {
            return None;
        }
        let mut labels = Vec::new();
        let mut given = segments(path);
        for segment in self.segments() {
            let given = given.next()?;
            match segment.strip_prefix('{').and_then(|label| label.strip_suffix('}')) {
                Some(label) => labels.push((label, percent_decode_str(given).decode_utf8_lossy())),
                None if segment != given => return None,
                None => {}
            }
        }
        given.next().is_none().then_some(labels)
    }

    /// The parameter that tells it from another operation of the same path.
    fn parameter(&self) -> Option<&'static str> {
        self.path.split_once('?').map(|(_, parameter)| parameter)
    }
}

/// Without the slashes at both ends.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_matches('/').split('/')
}

/// Whether a path begins as one of these do: with the version and the kind of thing.
pub(crate) fn is_served(routes: &[Route], path: &str) -> bool {
    routes.iter().any(|route| route.segments().take(2).eq(segments(path).take(2)))
}

/// Whether a request is about tags at this service: at a path that several have.
pub(crate) fn is_about_tags_of(service: &Service, head: &Parts) -> bool {
    let Some(arn) = head.uri.path().strip_prefix("/tags/") else { return false };
    match Claim::of(&head.uri, &head.headers).as_ref().and_then(Claim::service) {
        Some(signed_for) => signed_for == service.signing_name,
        None => {
            let arn = percent_decode_str(arn).decode_utf8_lossy();
            arn.split(':').nth(2) == Some(service.signing_name)
        }
    }
}

/// The operation that a request asks for.
pub(crate) fn find<'r, 'a>(routes: &'r [Route], head: &'a Parts) -> Option<(&'r Route, Labels<'a>)> {
    let mut parameters = head.uri.query().unwrap_or_default().split('&');
    let of_path = routes.iter().filter(|route| head.method == route.method);
    let candidates = of_path.filter_map(|route| Some((route, route.labels(head.uri.path())?)));
    let (special, usual): (Vec<_>, Vec<_>) = candidates.partition(|(route, _)| route.parameter().is_some());
    let asked_for = |(route, _): &(&Route, Labels<'_>)| parameters.any(|given| Some(given) == route.parameter());
    special.into_iter().find(asked_for).or_else(|| usual.into_iter().next())
}

/// A request of which is known who asks for what.
pub(crate) struct Asked<'a> {
    pub(crate) route: &'static Route,
    service: &'static Service,
    labels: Labels<'a>,
    caller: Caller,
    api: &'a AwsApi,
    head: &'a Parts,
    body: &'a Bytes,
    request_id: RequestId,
    seen: &'a Seen,
}

impl<'a> Asked<'a> {
    /// Who calls is known before anything else is looked at.
    pub(crate) fn identify(
        service: &'static Service,
        api: &'a AwsApi,
        head: &'a Parts,
        body: &'a Bytes,
        request_id: RequestId,
        seen: &'a Seen,
    ) -> Result<Asked<'a>, ApiError> {
        let caller = api.identify(service.signing_name, head, body)?;
        seen.caller.get_or_init(|| caller.clone());
        let Some((route, labels)) = find(service.routes, head) else {
            return Err(ApiError::unknown_operation(&format!("{} {}", head.method, head.uri.path())));
        };
        seen.operation.get_or_init(|| route.name);
        Ok(Asked { route, service, labels, caller, api, head, body, request_id, seen })
    }

    /// What the operation may use.
    pub(crate) fn context(&self) -> Context<'_> {
        Context {
            // What the caller may do is looked at by the operations; everything of these services is of one account.
            broker: self.api.broker.clone(),
            caller: &self.caller,
            is_signed: true,
            config: &self.api.config,
            headers: &self.head.headers,
            path: self.head.uri.path(),
            body: self.body,
            request_id: self.request_id,
            seen: self.seen,
        }
    }

    /// The members of this document, of the path, the query and the headers.
    pub(crate) fn input(&self, document: &[u8]) -> Result<Input, ApiError> {
        let mut input = Input::read(self.service, &self.labels, self.head.uri.query(), document)?;
        input.add_headers(self.service, &self.head.headers)?;
        Ok(input)
    }
}

/// An operation's input: the members of its body, of its path and of its query.
pub(crate) struct Input(Map<String, Value>);

impl Input {
    /// Reads a request. What its path says stands above what its body says.
    fn read(service: &Service, labels: &Labels<'_>, query: Option<&str>, body: &[u8]) -> Result<Input, ApiError> {
        let body = body.trim_ascii();
        let document = if body.is_empty() { Value::Object(Map::new()) } else { read_json(service, body)? };
        let Value::Object(mut members) = without_nulls(document) else { return Err(json::not_an_object()) };
        let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        for (name, value) in query.map(|(name, value)| (name.into_owned(), value)) {
            if name == service.tag_keys.0 {
                let keys = members.entry(service.tag_keys.1).or_insert_with(|| Value::Array(Vec::new()));
                keys.as_array_mut().into_iter().for_each(|keys| keys.push(Value::from(&*value)));
            } else if !value.is_empty() {
                let value = service.member(&name, &value)?;
                members.insert(name, value);
            }
        }
        for (label, value) in labels {
            members.insert((*label).to_owned(), service.member(label, value)?);
        }
        Ok(Input(members))
    }

    /// What the server itself asks for.
    pub(crate) fn own(members: Map<String, Value>) -> Input {
        Input(members)
    }

    /// Adds what only headers say.
    fn add_headers(&mut self, service: &Service, headers: &HeaderMap) -> Result<(), ApiError> {
        for (header, member) in service.headers {
            if let Some(value) = headers.get(*header) {
                let text = value
                    .to_str()
                    .map_err(|_| ApiError::new(service.malformed, format!("The header {header} is not text.")))?;
                self.0.insert((*member).to_owned(), Value::from(text));
            }
        }
        Ok(())
    }

    /// Everything that the request says.
    pub(crate) fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    pub(crate) fn decode<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        T::deserialize(Value::Object(self.0)).map_err(json::refusal)
    }
}

fn read_json(service: &Service, body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body).map_err(|fault| {
        let text = format!("Could not parse request body into json: {fault}");
        ApiError::new(service.malformed, text)
    })
}

/// A member that is null counts as not given.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let given = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(given.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        other => other,
    }
}

impl Service {
    fn member(&self, name: &str, value: &str) -> Result<Value, ApiError> {
        if !self.numbers.contains(&name) {
            return Ok(Value::from(value));
        }
        let number: i64 = value.parse().map_err(|_| {
            ApiError::new(ErrorKind::SerializationException, format!("{value} can not be converted to an Integer"))
        })?;
        Ok(Value::from(number))
    }
}

/// What an operation answers.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Bytes,
}

impl Output {
    pub(crate) fn header(&self, wanted: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).and_then(|(_, value)| value.to_str().ok())
    }

    /// The members of an answer whose body is JSON.
    pub(crate) fn members(&self) -> Result<Value, ApiError> {
        match self.body.is_empty() {
            true => Ok(Value::Object(Map::new())),
            false => serde_json::from_slice(&self.body).map_err(|_| ApiError::internal_failure()),
        }
    }
}

/// What an operation returns, on its way to an answer of the usual status.
pub(crate) trait Reply {
    fn reply(self, status: u16) -> Result<Output, ApiError>;
}

impl<T: Serialize> Reply for T {
    fn reply(self, status: u16) -> Result<Output, ApiError> {
        let body = Bytes::from(json::encode(&self)?);
        Ok(Output { status: known(status), headers: Vec::new(), body })
    }
}

/// An operation that says everything about its answer itself.
impl Reply for Output {
    fn reply(self, _: u16) -> Result<Output, ApiError> {
        Ok(self)
    }
}

pub(crate) fn known(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("the tables hold HTTP status codes")
}

pub(crate) fn respond(output: Output, request_id: RequestId) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(output.body));
    *response.status_mut() = output.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    let request_id = HeaderValue::from_bytes(&request_id.text()).expect("digits and hyphens are a header value");
    headers.insert(REQUEST_ID, request_id);
    for (name, value) in output.headers {
        headers.insert(name, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use hyper::Request;
    use serde::Deserialize;

    use super::*;
    use crate::lambda::LAMBDA;

    fn asked(method: &str, target: &str) -> Option<(&'static str, Vec<String>)> {
        let (head, ()) = Request::builder().method(method).uri(target).body(()).unwrap().into_parts();
        let (route, labels) = find(LAMBDA.routes, &head)?;
        Some((route.name, labels.into_iter().map(|(_, value)| value.into_owned()).collect()))
    }

    #[test]
    fn method_and_path_name_the_operation() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        for (method, target, name, labels) in [
            ("GET", "/2015-03-31/functions", "ListFunctions", vec![]),
            ("GET", "/2015-03-31/functions/?MaxItems=1", "ListFunctions", vec![]),
            ("POST", "/2015-03-31/functions", "CreateFunction", vec![]),
            ("GET", "/2015-03-31/functions/f%3Alive", "GetFunction", vec!["f:live"]),
            ("DELETE", "/2015-03-31/functions/f/aliases/live", "DeleteAlias", vec!["f", "live"]),
            (
                "GET",
                "/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af",
                "ListTags",
                vec![arn],
            ),
            (
                "GET",
                "/2019-09-30/functions/f/provisioned-concurrency?List=ALL",
                "ListProvisionedConcurrencyConfigs",
                vec!["f"],
            ),
            (
                "GET",
                "/2019-09-30/functions/f/provisioned-concurrency?Qualifier=1",
                "GetProvisionedConcurrencyConfig",
                vec!["f"],
            ),
            ("GET", "/2018-10-31/layers?find=LayerVersion&Arn=a", "GetLayerVersionByArn", vec![]),
            ("GET", "/2018-10-31/layers", "ListLayers", vec![]),
        ] {
            let labels: Vec<String> = labels.into_iter().map(str::to_owned).collect();
            assert_eq!(asked(method, target), Some((name, labels)), "{method} {target}");
        }
        assert_eq!(asked("PATCH", "/2015-03-31/functions"), None);
        assert_eq!(asked("GET", "/2015-03-31/functions/f/aliases/live/more"), None);
        assert!(
            is_served(LAMBDA.routes, "/2015-03-31/functions/a/b")
                && is_served(LAMBDA.routes, "/2016-08-19/account-settings")
        );
        assert!(!is_served(LAMBDA.routes, "/2015-03-31") && !is_served(LAMBDA.routes, "/2015-03-31/other"));
    }

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase", default)]
    struct Members {
        name: String,
        max_items: Option<i64>,
        tag_keys: Vec<String>,
    }

    #[test]
    fn labels_query_and_body_make_one_input() {
        let read = |labels: Labels<'_>, query, body: &str| {
            Input::read(&LAMBDA, &labels, query, body.as_bytes())
                .and_then(Input::decode::<Members>)
                .map_err(|error| error.kind())
        };
        let labels = vec![("Name", Cow::Borrowed("of the path"))];
        let expected =
            Members { name: "of the path".into(), max_items: Some(7), tag_keys: vec!["a".into(), "b c".into()] };
        let query = Some("tagKeys=a&MaxItems=7&tagKeys=b+c&Marker=");
        assert_eq!(read(labels, query, r#"{"Name":"of the body","MaxItems":null}"#), Ok(expected));
        assert_eq!(read(Vec::new(), None, ""), Ok(Members::default()));
        assert_eq!(read(Vec::new(), None, "[]"), Err(ErrorKind::SerializationException));
        assert_eq!(read(Vec::new(), None, "{"), Err(ErrorKind::InvalidRequestContentException));
        assert_eq!(read(Vec::new(), Some("MaxItems=x"), ""), Err(ErrorKind::SerializationException));
        assert_eq!(read(Vec::new(), None, r#"{"Name":{}}"#), Err(ErrorKind::SerializationException));
    }
}
