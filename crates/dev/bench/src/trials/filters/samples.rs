//! Orders as notifications, and policies that subscribers to them could have.

use bongsu_event_pattern::{Attribute, Kind, Scope};
use serde_json::json;

/// An order, told in five attributes and in a body of 1 KiB.
pub(super) struct Notification {
    store: String,
    price: String,
    region: &'static str,
    tags: String,
    source: String,
    pub(super) body: String,
}

const REGIONS: [&str; 4] = ["eu-west-1", "eu-central-1", "us-east-1", "ap-northeast-2"];

impl Notification {
    pub(super) fn sample(number: usize) -> Notification {
        let (store, price) = (format!("store-{}", number % 50), format!("{}.25", number * 37 % 250));
        let (region, source) = (REGIONS[number % 4], format!("10.{}.{number}.7", number % 8));
        let tags = json!([format!("tag-{}", number % 20), "gift"]).to_string();
        let line = |line: usize| {
            json!({
                "sku": format!("SKU-{number:03}-{line}"), "quantity": line + 1, "price": 4.25 * line as f64,
                "title": "A thing that is sold by the piece", "discount": null, "taxed": true,
            })
        };
        let body = json!({
            "type": "order.placed",
            "id": format!("0192a7c4-6d1e-7b3a-9f52-{number:012}"),
            "order": {
                "store": store, "price": number as f64 * 37.0 % 250.0 + 0.25, "region": region, "source": source,
                "tags": [format!("tag-{}", number % 20), "gift"],
                "customer": { "id": number, "name": "Kim Min-jun", "address": { "city": "Seoul", "zip": "04524" } },
                "lines": [line(0), line(1), line(2), line(3), line(4)],
            },
            "placed_at": "2026-11-22T20:11:27.000Z",
            "note": "Please ring the bell twice, and leave the parcel with the neighbours if nobody opens the door.",
        });
        Notification { store, price, region, tags, source, body: body.to_string() }
    }

    pub(super) fn attributes(&self) -> [Attribute<'_>; 5] {
        [
            Attribute { name: "store", kind: Kind::String, value: &self.store },
            Attribute { name: "price", kind: Kind::Number, value: &self.price },
            Attribute { name: "region", kind: Kind::String, value: self.region },
            Attribute { name: "tags", kind: Kind::StringArray, value: &self.tags },
            Attribute { name: "source", kind: Kind::String, value: &self.source },
        ]
    }
}

/// One of six shapes that have all operators between them, with constants of its own.
pub(super) fn policy(number: usize, scope: Scope) -> String {
    let (store, tag, bottom) = (format!("store-{}", number % 50), format!("tag-{}", number % 20), number % 200);
    let keys = match number % 6 {
        0 => json!({ "store": [store, "store-1"], "region": ["eu-west-1", "eu-central-1", "us-east-1"] }),
        1 => json!({ "price": [{ "numeric": [">=", bottom, "<", bottom + 50] }], "region": [{ "prefix": "eu-" }] }),
        2 => json!({ "store": [{ "anything-but": [store, "store-2"] }], "tags": [tag] }),
        3 => json!({ "coupon": [{ "exists": false }], "region": [{ "suffix": "-2" }], "store": [{ "exists": true }] }),
        4 => json!({
            "source": [{ "cidr": format!("10.{}.0.0/16", number % 8) }, { "cidr": "192.168.0.0/16" }],
            "price": [{ "numeric": [">", bottom] }],
        }),
        _ => json!({
            "$or": [
                { "store": [store] },
                { "region": [{ "equals-ignore-case": "US-EAST-1" }], "tags": [{ "anything-but": { "prefix": "tag-1" } }] },
            ],
        }),
    };
    match scope {
        Scope::MessageAttributes => keys.to_string(),
        Scope::MessageBody => json!({ "order": keys }).to_string(),
    }
}
