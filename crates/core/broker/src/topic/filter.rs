//! Whether a subscription wants a notification.

use bongsu_event_pattern::{Attribute, Attributes, Body, Kind, Scope, Verdict};

/// Why a notification is kept from a subscriber, after CloudWatch's metrics.
pub use bongsu_event_pattern::Reason as FilteredOut;

use crate::{Publication, SubscriptionAttributes};

/// A publication, with what filters look at prepared once for all subscribers, if any of them asks.
pub(crate) struct Prepared<'a> {
    publication: &'a Publication,
    attributes: Option<Attributes<'a>>,
    /// The message for everybody, then those for some protocols.
    bodies: Vec<Option<Body<'a>>>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(publication: &'a Publication) -> Prepared<'a> {
        let bodies = (0..=publication.bodies.len()).map(|_| None).collect();
        Prepared { publication, attributes: None, bodies }
    }

    fn attributes(&mut self) -> &Attributes<'a> {
        self.attributes.get_or_insert_with(|| {
            let seen = self.publication.facets.iter().map(|facet| Attribute {
                name: &facet.name,
                kind: Kind::of(&facet.data_type).unwrap_or(Kind::Binary),
                value: &facet.value,
            });
            Attributes::read(&seen.collect::<Vec<_>>())
        })
    }

    fn body(&mut self, index: u8) -> &Body<'a> {
        let index = usize::from(index);
        let publication = self.publication;
        self.bodies[index].get_or_insert_with(|| {
            let own = index.checked_sub(1).map(|index| &publication.bodies[index].1);
            Body::read(own.unwrap_or(&publication.body))
        })
    }
}

/// Whether the subscription's filter policy lets this body of the publication through.
pub(crate) fn admit(
    subscriber: &SubscriptionAttributes,
    prepared: &mut Prepared<'_>,
    body: u8,
) -> Result<(), FilteredOut> {
    let Some(filter) = &subscriber.filter else { return Ok(()) };
    let verdict = match filter.scope() {
        Scope::MessageAttributes => filter.admits_attributes(prepared.attributes()),
        Scope::MessageBody => filter.admits_body(prepared.body(body)),
    };
    match verdict {
        Verdict::Admitted => Ok(()),
        Verdict::FilteredOut(reason) => Err(reason),
    }
}
