//! Pages of lists, and the tokens that ask for the next.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::prelude::Engine;

use super::refusal::invalid;
use crate::codec::Integer;
use crate::constraints::Constraints;
use crate::error::ApiError;

/// Items in an answer unless fewer are asked for, and most that can be.
const PAGE_ITEMS_MAX: i64 = 100;
const TOKEN_CHARS_MAX: usize = 2048;

/// Which page of a list is wanted.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    after: Option<String>,
    max: usize,
}

impl Wanted {
    pub(super) fn read(
        token: Option<&str>,
        max: Option<Integer>,
        constraints: &mut Constraints,
    ) -> Result<Wanted, ApiError> {
        constraints.length("nextToken", token, 1..=TOKEN_CHARS_MAX);
        let max = constraints
            .number("maxResults", max, 1..=PAGE_ITEMS_MAX)
            .map_or(PAGE_ITEMS_MAX as usize, |max| max as usize);
        let after = token.map(|token| {
            let name = URL_SAFE_NO_PAD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            name.ok_or_else(|| invalid("Invalid NextToken."))
        });
        Ok(Wanted { after: after.transpose()?, max })
    }

    /// Cuts a list, which is in the order of its items' names, down to the page; the token is of the page's last item.
    pub(super) fn cut<T>(
        self,
        items: impl IntoIterator<Item = T>,
        name: impl Fn(&T) -> &str,
    ) -> (Vec<T>, Option<String>) {
        let Wanted { after, max } = self;
        let rest = items.into_iter().filter(|item| after.as_deref().is_none_or(|after| name(item) > after));
        let mut page: Vec<T> = rest.take(max + 1).collect();
        let is_more = page.len() > max;
        page.truncate(max);
        let next = page.last().filter(|_| is_more).map(|last| URL_SAFE_NO_PAD.encode(name(last)));
        (page, next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_page_by_page() {
        let page = |token: Option<&str>, max| {
            let mut constraints = Constraints::default();
            let wanted = Wanted::read(token, Some(Integer(max)), &mut constraints)?;
            constraints.check()?;
            Ok::<_, ApiError>(wanted.cut(["a", "b", "c"], |item| item))
        };
        let (first, token) = page(None, 2).unwrap();
        assert_eq!(first, ["a", "b"]);
        assert_eq!(page(token.as_deref(), 2).unwrap(), (vec!["c"], None));
        assert!(page(None, 0).is_err() && page(None, 101).is_err() && page(Some("?"), 1).is_err());
    }
}
