//! Whether an answer in XML is well-formed: as much of XML as the answers use.

const DECLARATIONS: [&str; 2] = ["<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"];

/// Checks one document: elements without attributes (but those of namespaces) that are closed in order, and characters that XML has.
///
/// # Panics
///
/// With the reason, if it is not well-formed.
pub(crate) fn check(document: &str) {
    let declared = DECLARATIONS.iter().find_map(|declaration| document.strip_prefix(declaration));
    let mut rest = declared.unwrap_or(document);
    let mut open: Vec<&str> = Vec::new();
    loop {
        let (text, tag) = rest.split_once('<').expect("a document ends with a tag");
        check_text(text);
        assert!(text.is_empty() || !open.is_empty(), "text outside of the root: {text:?}");
        let (tag, behind) = tag.split_once('>').expect("a tag ends");
        rest = behind;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
        } else if let Some(name) = tag.strip_suffix('/') {
            check_name(name);
        } else {
            let name = tag.split_once(" xmlns").map_or(tag, |(name, _)| name);
            check_name(name);
            open.push(name);
        }
        if open.is_empty() {
            assert!(rest.is_empty(), "more behind the root: {rest:?}");
            return;
        }
    }
}

fn check_name(name: &str) {
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    assert!(is_name, "an element's name: {name:?}");
}

/// Characters: <https://www.w3.org/TR/xml/#charsets>
fn check_text(text: &str) {
    for character in text.chars() {
        let is_character =
            matches!(character, '\t' | '\n' | '\r' | ' '..) && !('\u{fffe}'..='\u{ffff}').contains(&character);
        assert!(is_character, "{character:?} is no character of XML: {text:?}");
    }
    for reference in text.split('&').skip(1) {
        let name = reference.split_once(';').map(|(name, _)| name);
        let is_number = |name: &str| name.starts_with('#');
        let is_known = name.is_some_and(|name| ["amp", "lt", "gt", "quot", "apos"].contains(&name) || is_number(name));
        assert!(is_known, "a reference: &{reference}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_answers_look_like_is_well_formed() {
        check("<?xml version=\"1.0\"?><R xmlns=\"http://x/\"><A>b &amp; c</A><D/></R>");
        check("<UnknownOperationException/>");
    }

    #[test]
    fn what_is_not_well_formed_is_found() {
        for bad in ["", "<A>", "<A></B>", "<A>&</A>", "<A>\u{1}</A>", "<A/><B/>", "x<A/>", "<A></A>x", "<a b/>"] {
            assert!(std::panic::catch_unwind(|| check(bad)).is_err(), "{bad}");
        }
    }
}
