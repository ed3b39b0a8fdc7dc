//! Which notifications a subscription gets (SNS filter policies), and which messages a function (EventBridge patterns).
//!
//! A [`FilterPolicy`] is parsed and compiled once, when it is set. What is matched is read once a notification, into
//! [`Attributes`] or a [`Body`], and then held against the policies of all subscriptions without allocating.
//!
//! An [`EventPattern`] is held against whole JSON [`Document`]s, since all that it asks of an object in an array has to
//! hold for that same object. [`Filters`] are the patterns of an event source mapping over a queue.
//!
//! Reading order: `filter_policy` (the whole), `grammar` (from text to conditions, with AWS's refusals), `rule` and
//! `matcher` (what is compiled), `fields` (what is matched), filled by `attributes` and `body`. `json` reads all
//! texts. The languages differ in what `dialect` says. Of event patterns: `event_pattern`, `demand` (what is compiled),
//! `part` (what is matched), `mapping` (records of queues).
//!
//! # Where AWS leaves room: filter policies
//!
//! - **Numbers** are compared as doubles, which is exact for all that a policy may hold (up to 10⁹ either way, five
//!   decimal digits). A number outside of that is refused in a policy; more digits are kept, not rounded. A String
//!   attribute that holds digits is no number, and a Number attribute no string.
//! - **anything-but** admits an array if none of its values is excluded. Values of other types than the excluded ones
//!   are admitted; what is absent is not.
//! - **An empty array** is as if its key was absent, in a body as in a `String.Array`.
//! - **Arrays in arrays** of a body count as one array.
//! - **A custom label** (`Number.price`) is for the receiver; the attribute is matched by its base type.
//! - **A key that comes twice**: a policy holds the later one, as JSON parsers have it. A body holds the values of both.
//! - **`$or`** is the operator if its value is an array that begins with an object, and else an ordinary key.
//! - **equals-ignore-case** compares lower-case letters of all scripts, one by one.
//! - **cidr** takes single addresses (`/32`, `/128`); an IPv4 address written as an IPv6 one is not the same.
//! - **`wildcard`**, and anything-but with other operators than prefix, are refused: SNS does not document them.
//!
//! # Where AWS leaves room: event patterns
//!
//! - **Numbers** are compared as doubles; those of `numeric` are up to 5·10⁹ either way.
//! - **An array** matches if any of its elements does, for `anything-but` too.
//! - **exists: false** looks into that element of an array that other keys choose, and into all if none does.
//! - **A key that comes twice** has the later value. `a.b` beside `b` within `a` is a second value at the same place.
//! - **A body** is JSON if it is an object or an array; a number or a quoted text is plain.
//! - **An empty pattern** is refused, as an empty object is anywhere.
//!
//! # Bounds
//!
//! What a policy or a body can cost has a limit with a name, however it was made:
//!
//! | bound | when it is reached |
//! | --- | --- |
//! | [`POLICY_BYTES_MAX`] | the policy is refused as too long, or as too complex if it is its paths that are |
//! | [`KEYS_MAX`], [`COMPLEXITY_MAX`] | the policy is refused, with AWS's texts |
//! | [`DEPTH_MAX`] | the body is taken as none that could be matched, as if it was not JSON; dots in its keys count |
//! | [`PATHS_BYTES_MAX`] | the same |
//! | [`PATTERN_CHARS_MAX`], [`COMBINATIONS_MAX`], [`FILTERS_MAX`], 30 wildcards a text | the event pattern is invalid |
//! | [`VALUES_MAX`] | no policy that names this path admits the notification |

mod attributes;
mod body;
mod cidr;
mod demand;
mod dialect;
mod event_pattern;
mod exact;
mod fault;
mod fields;
mod filter_policy;
mod grammar;
mod group;
mod json;
mod mapping;
mod matcher;
mod order;
mod part;
mod path;
mod rule;
mod wildcard;

pub use attributes::{Attribute, Attributes, Kind};
pub use body::{Body, DEPTH_MAX, PATHS_BYTES_MAX};
pub use event_pattern::{COMBINATIONS_MAX, Document, EventPattern, PATTERN_CHARS_MAX};
pub use fault::{InvalidPattern, Place, PolicyFault};
pub use fields::VALUES_MAX;
pub use filter_policy::{COMPLEXITY_MAX, FilterPolicy, KEYS_MAX, POLICY_BYTES_MAX, Reason, Scope, Verdict};
pub use mapping::{FILTERS_MAX, Filters, MappingFilter, Record, RecordAttribute};
