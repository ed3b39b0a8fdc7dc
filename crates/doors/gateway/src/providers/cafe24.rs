//! `cafe24`: webhooks of Cafe24's shops.
//!
//! Nothing is signed: `X-API-Key` has to be one of the secrets. A webhook has neither an id nor a time. Its body and,
//! where there is one, its trace id together are the deduplication id: equal bodies of different traces both pass.
//! Without trace ids, a webhook that equals one of the last five minutes is taken as its redelivery.
//!
//! | option | meaning | unless given |
//! | --- | --- | --- |
//! | `TraceHeader` | the header with the trace id | `X-Trace-Id` |
//!
//! Where a route names no group, a mall is one.

use super::{
    Provider, Settings, SettingsError,
    names::{Names, selector},
    scheme::{Encoding, Scheme},
    signature::Algorithm,
    signed::Signed,
};
use crate::{BodyKind, identifier::digest};

const KEY: &str = "x-api-key";
const TRACE: &str = "X-Trace-Id";

const NAMES: Names = Names {
    // Some events of customers are flat.
    groups: &["$.resource.mall_id", "$.mall_id"],
    group_of_the_rest: Some("cafe24"),
    body_identifies: true,
    ..Names::NONE
};

pub(super) fn make(settings: &Settings<'_>) -> Result<Box<dyn Provider>, SettingsError> {
    settings.only_options(&["TraceHeader"])?;
    let trace: hyper::header::HeaderName = match settings.parsed("TraceHeader")? {
        Some(name) => name,
        None => TRACE.parse().expect("it is the name of a header"),
    };
    let trace = selector(&format!("$request.header.{trace}"));
    let scheme =
        Scheme { algorithm: Algorithm::Token, encoding: Encoding::Plain, ..Scheme::new(KEY, settings.secrets()?) };
    Ok(Box::new(Signed::new(vec![scheme], &NAMES, BodyKind::Json).with_look(Box::new(move |event, _, _| {
        if let Some(trace) = event.select(&trace) {
            event.deduplication = Some(digest(&[trace.as_bytes(), b"\n", event.body()].concat()));
        }
        Ok(None)
    }))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::{
        self,
        testing::{Sent, check, receive, webhook},
    };

    const ORDER: &str =
        r#"{"event_no":90023,"resource":{"mall_id":"shop1","event_shop_no":"1","order_id":"20200717-1"}}"#;

    fn id(options: &[(&str, &str)], headers: &[(&str, &str)], body: &str) -> String {
        let sent = Sent::post(&[&[("X-API-Key", "key")], headers].concat(), body);
        receive(&webhook("cafe24", &["key"], options), 0, &sent).unwrap()
    }

    #[test]
    fn an_order_with_the_key_is_believed() {
        let expected = format!("shop1 / {}", digest(ORDER.as_bytes()));
        check(&webhook("cafe24", &["key"], &[]), 0, &Sent::post(&[("X-API-Key", "key")], ORDER), KEY, &expected);
    }

    #[test]
    fn equal_bodies_of_different_traces_are_different_webhooks() {
        let of_trace = |trace| id(&[], &[("X-Trace-Id", trace)], ORDER);
        assert_eq!(of_trace("t1"), of_trace("t1"));
        assert_ne!(of_trace("t1"), of_trace("t2"));
        assert_ne!(of_trace("t1"), id(&[], &[("X-Trace-Id", "t1")], &ORDER.replace("90023", "90026")));
        assert_ne!(of_trace("t1"), id(&[], &[], ORDER));
        let renamed = |header| id(&[("TraceHeader", "x-request-id")], &[(header, "t1")], ORDER);
        assert_eq!(renamed("X-Request-Id"), of_trace("t1"));
        assert_eq!(renamed("X-Trace-Id"), id(&[], &[], ORDER));
    }

    #[test]
    fn a_mall_is_a_group() {
        for (body, group) in [
            (ORDER, "shop1"),
            (r#"{"event_no":90144,"mall_id":"shop2","member_id":"m"}"#, "shop2"),
            (r#"{"event_no":90080}"#, "cafe24"),
        ] {
            assert!(id(&[], &[], body).starts_with(&format!("{group} / ")), "{body}");
        }
        let wrong = webhook("cafe24", &["key"], &[("TraceHeader", "not a header")]);
        assert!(providers::make(&wrong).is_err());
    }
}
