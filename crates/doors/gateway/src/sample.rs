//! Requests for unit tests.

use std::{collections::BTreeMap, net::IpAddr};

use bytes::Bytes;
use hyper::{Request, http::request::Parts};

use crate::{
    Identity, RouteKey,
    authorizer::Authorized,
    call::{Call, Kind, Place},
    request_id::RequestIds,
};

/// When every sample came: 2020-05-15T06:01:09.693Z.
pub(crate) const NOW_MS: u64 = 1_589_522_469_693;

/// A request and the place that it came to.
pub(crate) struct Sample {
    place: Place,
    key: RouteKey,
    head: Parts,
    body: Bytes,
    identity: Option<Identity>,
    authorized: Option<Authorized>,
}

impl Sample {
    /// A request to an HTTP API without named stages.
    pub(crate) fn new(method: &str, route: &str, target: &str, body: &str) -> Self {
        let (head, ()) = Request::builder().method(method).uri(target).body(()).unwrap().into_parts();
        let place = Place {
            kind: Kind::Http,
            api_id: "api1".into(),
            api_name: "sample".into(),
            stage: "$default".into(),
            variables: BTreeMap::new(),
            binary_media_types: Vec::new(),
        };
        let key = if route.starts_with('/') { format!("{method} {route}") } else { route.into() };
        let body = Bytes::copy_from_slice(body.as_bytes());
        Self { place, key: key.parse().unwrap(), head, body, identity: None, authorized: None }
    }

    pub(crate) fn kind(mut self, kind: Kind) -> Self {
        self.place.kind = kind;
        self
    }

    pub(crate) fn stage(mut self, name: &str, variables: &[(&str, &str)]) -> Self {
        self.place.stage = name.into();
        self.place.variables = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.head.headers.append(name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap());
        self
    }

    pub(crate) fn raw_header(mut self, name: &'static str, value: &[u8]) -> Self {
        self.head.headers.append(name, hyper::header::HeaderValue::from_bytes(value).unwrap());
        self
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = Bytes::copy_from_slice(body);
        self
    }

    pub(crate) fn signed_by(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self
    }

    pub(crate) fn authorized(mut self, authorized: Authorized) -> Self {
        self.authorized = Some(authorized);
        self
    }

    pub(crate) fn binary(mut self, types: &[&str]) -> Self {
        self.place.binary_media_types = types.iter().map(|&kind| kind.into()).collect();
        self
    }

    pub(crate) fn call<T>(&self, with: impl FnOnce(&Call<'_>) -> T) -> T {
        let id = RequestIds::new().draw();
        let path = self.head.uri.path();
        with(&Call {
            place: &self.place,
            key: &self.key,
            account: "000000000042",
            region: "us-east-1",
            head: &self.head,
            body: &self.body,
            peer: IpAddr::from([192, 0, 2, 7]),
            now_ms: NOW_MS,
            id: &id,
            path,
            path_parameters: self.key.path_parameters(self.place.within_stage(path).unwrap()),
            identity: self.identity.clone(),
            authorized: self.authorized.clone(),
            used_key: None,
        })
    }
}
