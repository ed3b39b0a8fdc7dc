//! Pages of long lists, and the markers that ask for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;

use super::refusal::invalid;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;

/// Items in an answer unless fewer are asked for.
const PAGE_ITEMS: usize = 50;

/// Which page of a list is wanted.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) marker: Option<String>,
    pub(super) max_items: Option<Integer>,
}

/// Most items that a list can be asked for in one answer.
pub(super) const ITEMS_MAX: i64 = 10_000;
/// The same of the lists that are short by nature.
pub(super) const FEW_ITEMS_MAX: i64 = 50;

impl Wanted {
    /// Cuts a list, which is in the order of its items' names, down to the page; the marker is of the page's last item.
    pub(super) fn cut<T>(
        self,
        items: impl IntoIterator<Item = T>,
        limit: i64,
        name: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), ApiError> {
        let mut constraints = Constraints::default();
        let max = constraints.number("maxItems", self.max_items, 1..=limit);
        constraints.check()?;
        let after = self.marker.map(|marker| {
            let name = URL_SAFE_NO_PAD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            name.ok_or_else(|| invalid("Invalid Marker."))
        });
        let after = after.transpose()?;
        let max = max.map_or(PAGE_ITEMS, |max| max as usize);
        let rest = items.into_iter().filter(|item| after.as_ref().is_none_or(|after| name(item) > *after));
        let mut page: Vec<T> = rest.take(max + 1).collect();
        let is_more = page.len() > max;
        page.truncate(max);
        let next = page.last().filter(|_| is_more).map(|last| URL_SAFE_NO_PAD.encode(name(last)));
        Ok((page, next))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_page_by_page() {
        let items = ["a", "b", "c"];
        let page = |marker, max| {
            let wanted = Wanted { marker, max_items: Some(Integer(max)) };
            wanted.cut(items, ITEMS_MAX, |item| (*item).to_owned())
        };
        let (first, marker) = page(None, 2).unwrap();
        assert_eq!(first, ["a", "b"]);
        assert_eq!(page(marker, 2).unwrap(), (vec!["c"], None));
        assert_eq!(page(None, 3).unwrap(), (items.to_vec(), None));
        assert!(page(None, 0).is_err() && page(Some("?".to_owned()), 1).is_err());
    }
}
