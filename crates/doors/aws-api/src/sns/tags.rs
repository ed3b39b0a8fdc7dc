//! Tags of topics, as clients give and get them.

use bongsu_broker::Tags;
use serde::{Deserialize, Serialize};

use super::parameters::{invalid, required};
use crate::codec::Text;
use crate::error::ApiError;

/// Longest key, in characters.
const KEY_LENGTH_MAX: usize = 128;
/// Longest value, in characters.
const VALUE_LENGTH_MAX: usize = 256;

/// A tag as clients give it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct GivenTag<'a> {
    #[serde(borrow)]
    key: Option<Text<'a>>,
    #[serde(borrow)]
    value: Option<Text<'a>>,
}

/// A tag as clients get it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagOutput {
    pub(super) value: String,
    pub(super) key: String,
}

pub(super) fn read_tags(given: Vec<GivenTag<'_>>) -> Result<Tags, ApiError> {
    let mut tags = Tags::new();
    for (number, tag) in (1..).zip(given) {
        let key = required(tag.key, &format!("tags.{number}.member.key"))?;
        let value = required(tag.value, &format!("tags.{number}.member.value"))?;
        if !(1..=KEY_LENGTH_MAX).contains(&key.chars().count()) {
            return Err(invalid("Tags Reason: a tag's key is 1 to 128 characters long"));
        }
        if value.chars().count() > VALUE_LENGTH_MAX {
            return Err(invalid("Tags Reason: a tag's value is 0 to 256 characters long"));
        }
        if tags.insert((*key).into(), (*value).into()).is_some() {
            return Err(invalid("Duplicated keys are not allowed."));
        }
    }
    Ok(tags)
}
