//! Tags as clients give them: how long their keys and values may be.

use bongsu_broker::Tags;

use crate::codec::TextMap;
use crate::error::ApiError;

/// Longest key, in characters.
const KEY_LENGTH_MAX: usize = 128;
/// Longest value, in characters.
const VALUE_LENGTH_MAX: usize = 256;

pub(super) fn read_tags(tags: TextMap<'_>) -> Result<Tags, ApiError> {
    for (key, value) in &tags.0 {
        if !(1..=KEY_LENGTH_MAX).contains(&key.chars().count()) {
            let reason = "A tag's key is 1 to 128 characters long.";
            return Err(ApiError::invalid_value(key, "TagKey", reason));
        }
        if value.chars().count() > VALUE_LENGTH_MAX {
            let reason = "A tag's value is 0 to 256 characters long.";
            return Err(ApiError::invalid_value(value, "TagValue", reason));
        }
    }
    Ok(tags.0.iter().map(|(key, value)| (Box::from(&**key), Box::from(&**value))).collect())
}
