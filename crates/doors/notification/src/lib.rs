//! What the subscribers of a topic get to see, and the key it is signed with.
//!
//! A [`Notification`] borrows what a topic published to one subscription. It is rendered when it leaves (when a queue's
//! message is received, when an HTTP endpoint or a function is called) and not stored in this form. So rendering is a
//! function of its inputs alone: with the same key and addresses, the same notification gives the same bytes for ever.
//!
//! A signature takes a millisecond or two of processor time and the first one makes the key, with a file that is synced:
//! whoever renders inside an asynchronous task does so where blocking is allowed.

mod addresses;
mod certificate;
mod confirmation;
mod delivery_status;
mod envelope;
mod headers;
mod json;
mod key_file;
mod key_pair;
mod lambda_event;
mod notification;
mod signatures;
mod signing_key;
mod text;

pub use addresses::Addresses;
pub use certificate::Certificate;
pub use confirmation::{Confirmation, ConfirmationKind};
pub use delivery_status::{DELIVERY_STATUS_TARGET, DeliveryStatus, PROVIDER_RESPONSE_BYTES_MAX};
pub use envelope::{render_http, render_sqs};
pub use headers::{CONTENT_TYPE_DEFAULT, Header, USER_AGENT};
pub use key_file::KEY_FILE_BYTES_MAX;
pub use key_pair::SIGNATURE_BYTES;
pub use lambda_event::render_lambda_event;
pub use notification::{Attribute, Notification, REPLAYED, Value};
pub use signatures::{SIGNATURES_KEPT_MAX, SignatureVersion, Signatures};
pub use signing_key::{KEY_FILE_NAME, SigningKey, SigningKeyError};
