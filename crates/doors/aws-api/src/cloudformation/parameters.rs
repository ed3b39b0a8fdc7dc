//! Parameters that several operations share: names, tokens, templates, and the refusals of what is wrong.

use super::engine::TEMPLATE_BODY_BYTES_MAX;
use super::rejection::invalid;
use crate::codec::Text;
use crate::error::ApiError;
use crate::operation::Context;

const NAME_LENGTH_MAX: usize = 128;

/// A required member.
pub(super) fn required<'a>(value: Option<Text<'a>>, path: &str) -> Result<Text<'a>, ApiError> {
    value.ok_or_else(|| ApiError::missing_member(path))
}

/// A required name or id of a stack.
pub(super) fn stack<'a>(value: Option<Text<'a>>) -> Result<Text<'a>, ApiError> {
    let stack = required(value, "stackName")?;
    if stack.is_empty() {
        return Err(constraint("", "stackName", "Member must have length greater than or equal to 1"));
    }
    Ok(stack)
}

/// The name of a stack or a change set that is to be made.
pub(super) fn new_name<'a>(value: Option<Text<'a>>, path: &str) -> Result<Text<'a>, ApiError> {
    let name = required(value, path)?;
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if name.len() > NAME_LENGTH_MAX {
        return Err(constraint(&name, path, "Member must have length less than or equal to 128"));
    }
    if !name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic()) || !name.bytes().all(rest) {
        let rule = "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*";
        return Err(constraint(&name, path, rule));
    }
    Ok(name)
}

/// One of a few words; `None` if it is not given.
pub(super) fn choice<T: Copy>(value: Option<&str>, path: &str, choices: &[(&str, T)]) -> Result<Option<T>, ApiError> {
    let Some(value) = value else { return Ok(None) };
    let chosen = choices.iter().find(|(word, _)| *word == value).map(|(_, chosen)| *chosen);
    chosen.map(Some).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        constraint(value, path, &format!("Member must satisfy enum value set: [{}]", words.join(", ")))
    })
}

/// A member that would change what AWS does, and that nothing here acts on.
pub(super) fn unsupported(member: &str, is_given: bool) -> Result<(), ApiError> {
    if is_given { Err(invalid(format!("{member} is not supported"))) } else { Ok(()) }
}

/// Every answer is whole, so there is no token that a client could have.
pub(super) fn no_page(token: Option<&Text<'_>>) -> Result<(), ApiError> {
    match token.filter(|token| !token.is_empty()) {
        Some(_) => Err(invalid("Token does not exist: every list is told whole")),
        None => Ok(()),
    }
}

/// The text of a template, in the request or at an address; `None` if neither is given.
pub(super) async fn template(
    body: Option<Text<'_>>,
    url: Option<Text<'_>>,
    cx: &Context<'_>,
) -> Result<Option<String>, ApiError> {
    match (body, url) {
        (Some(_), Some(_)) => Err(invalid("Only one of TemplateURL and TemplateBody can be specified.")),
        (Some(body), None) if body.is_empty() => {
            Err(constraint("", "templateBody", "Member must have length greater than or equal to 1"))
        }
        (Some(body), None) if body.len() > TEMPLATE_BODY_BYTES_MAX => {
            // AWS shows the value, too; it is the template.
            Err(constraint("…", "templateBody", "Member must have length less than or equal to 51200"))
        }
        (Some(body), None) => Ok(Some(body.into_string())),
        (None, Some(url)) => Ok(Some(cx.stacks()?.fetch(&url).await?)),
        (None, None) => Ok(None),
    }
}

/// The text of a template for a stack that may have one; `None` if that is to be used again.
pub(super) async fn template_or_previous(
    body: Option<Text<'_>>,
    url: Option<Text<'_>>,
    uses_previous: Option<bool>,
    cx: &Context<'_>,
) -> Result<Option<String>, ApiError> {
    let text = template(body, url, cx).await?;
    match (&text, uses_previous.unwrap_or(false)) {
        (None, false) => Err(invalid("Either Template URL or Template Body must be specified.")),
        (Some(_), true) => Err(invalid("Only one of TemplateBody and UsePreviousTemplate can be specified.")),
        _ => Ok(text),
    }
}

/// A value is refused by a rule of the service model.
pub(super) fn constraint(value: &str, path: &str, rule: &str) -> ApiError {
    invalid(format!("1 validation error detected: Value '{value}' at '{path}' failed to satisfy constraint: {rule}"))
}

/// Texts on their own.
pub(super) fn texts(list: Vec<Text<'_>>) -> Vec<String> {
    list.into_iter().map(Text::into_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_a_letter() {
        for good in ["a", "A-1", &"x".repeat(128)] {
            assert!(new_name(Some(good.to_owned().as_str().into()), "stackName").is_ok(), "{good}");
        }
        for bad in ["", "1a", "-a", "a_b", "a.b", "é", &"x".repeat(129)] {
            assert!(new_name(Some(bad.to_owned().as_str().into()), "stackName").is_err(), "{bad}");
        }
        let text = "1 validation error detected: Value 'a b' at 'stackName' failed to satisfy constraint: Member must \
                    satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*";
        assert_eq!(new_name(Some("a b".into()), "stackName").unwrap_err().message(), text);
    }

    #[test]
    fn words_that_are_not_among_the_choices_are_refused() {
        assert_eq!(choice(Some("B"), "m", &[("A", 1), ("B", 2)]), Ok(Some(2)));
        assert_eq!(choice::<u8>(None, "m", &[]), Ok(None));
        let text = "1 validation error detected: Value 'C' at 'm' failed to satisfy constraint: Member must satisfy enum \
                    value set: [A, B]";
        assert_eq!(choice(Some("C"), "m", &[("A", 1), ("B", 2)]).unwrap_err().message(), text);
    }
}
