//! Where a part of a message comes from: a part of the request or a fixed text, checked here and read by the gateway.

/// The longest path into a body, in steps.
pub const PATH_STEPS_MAX: usize = 32;

/// Checks a value of an integration's `RequestParameters`: `$request.body.id`, a fixed text, or a text with several
/// `${…}` in it.
pub(crate) fn check_request_parameter(text: &str) -> Result<(), String> {
    if let Some(source) = text.strip_prefix('$').filter(|rest| !rest.starts_with('{')) {
        return check_source(source);
    }
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let (source, after) = after.split_once('}').ok_or_else(|| format!("{text}: a ${{ is not closed"))?;
        check_source(source)?;
        rest = after;
    }
    Ok(())
}

/// Checks a value of the webhook metadata: a path that begins with `$`, what a request parameter may be, or a fixed text.
pub(crate) fn check_webhook_value(text: &str) -> Result<(), String> {
    match text.strip_prefix('$') {
        Some(path) if path.is_empty() || path.starts_with(['.', '[']) => check_path(path),
        Some(source) if source.starts_with("request.") => check_request_parameter(text),
        Some(path) => check_path(path),
        None => Ok(()),
    }
}

/// What stands behind the `$`.
fn check_source(source: &str) -> Result<(), String> {
    let is_name = |name: &str| is_header_name(name) && !name.starts_with('$');
    let named = ["request.header.", "request.querystring.", "request.path.", "context.", "stageVariables."];
    match source.strip_prefix("request.body") {
        Some("") => return Ok(()),
        Some(path) => return check_path(path),
        None => {}
    }
    if source == "request.path" || named.iter().any(|prefix| source.strip_prefix(prefix).is_some_and(is_name)) {
        return Ok(());
    }
    Err(format!(
        "${source} is not known: $request.body, $request.body.path, $request.header.name, $request.querystring.name, \
         $request.path, $request.path.name, $context.name and $stageVariables.name are"
    ))
}

/// Checks what follows the `$`: `.a.b[0]`. Wildcards, slices, filters and recursive descent are refused.
fn check_path(path: &str) -> Result<(), String> {
    let refuse = || format!("{path:?} is not a path of the form .name.name[0] of at most {PATH_STEPS_MAX} steps");
    let (mut rest, mut steps) = (path, 0);
    while !rest.is_empty() {
        rest = after_step(rest).ok_or_else(refuse)?;
        steps += 1;
    }
    if (1..=PATH_STEPS_MAX).contains(&steps) { Ok(()) } else { Err(refuse()) }
}

fn after_step(rest: &str) -> Option<&str> {
    if let Some(inside) = rest.strip_prefix("['") {
        return inside.split_once("']").map(|(_, after)| after);
    }
    if let Some(inside) = rest.strip_prefix('[') {
        let (index, after) = inside.split_once(']')?;
        let is_index = index.bytes().all(|byte| byte.is_ascii_digit()) && index.parse::<usize>().is_ok();
        return is_index.then_some(after);
    }
    let inside = rest.strip_prefix('.')?;
    let end = inside.find(['.', '[']).unwrap_or(inside.len());
    let (name, after) = inside.split_at(end);
    // As the gateway's selectors have it: what passes here can be selected there.
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    is_plain.then_some(after)
}

/// A token of RFC 9110.
pub(crate) fn is_header_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_a_path_to_one_value_is_refused() {
        for text in ["$.event.user", "$.a[0].b", "$['x y'].z", "$[3]", "$.한글"] {
            assert_eq!(check_webhook_value(text), Ok(()));
        }
        for text in [
            "$",
            "$.",
            "$..a",
            "$.a.",
            "$.*",
            "$[*]",
            "$[-1]",
            "$[+1]",
            "$[]",
            "$[1:2]",
            "$.a[?(@.b)]",
            "$a",
            "$['a",
            "$.a b",
            "$.a,b",
        ] {
            assert!(check_webhook_value(text).is_err(), "{text}");
        }
        assert!(check_webhook_value(&format!("${}", ".a".repeat(PATH_STEPS_MAX + 1))).is_err());
    }

    #[test]
    fn a_webhook_may_be_identified_as_request_parameters_do_it() {
        assert_eq!(check_webhook_value("$request.header.X-GitHub-Delivery"), Ok(()));
        assert_eq!(check_webhook_value("$request.body.event.id"), Ok(()));
        assert!(check_webhook_value("$request.cookie.id").is_err());
    }

    #[test]
    fn request_parameters_name_a_part_of_the_request_or_are_fixed_or_both() {
        for text in [
            "$request.body",
            "$request.body.a.b[0]",
            "$request.header.X-Shop",
            "$request.querystring.a",
            "$request.path",
            "$request.path.proxy",
            "$context.requestId",
            "$context.identity.sourceIp",
            "$stageVariables.queue",
            "fixed",
            "${request.header.a} and ${context.requestId}",
            "5 $",
        ] {
            assert_eq!(check_request_parameter(text), Ok(()), "{text}");
        }
        for text in ["$request.header.", "$request.bodyx", "$request.cookie.a", "$", "${request.body", "${a}", "a ${}"]
        {
            assert!(check_request_parameter(text).is_err(), "{text}");
        }
    }
}
