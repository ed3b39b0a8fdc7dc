//! The actions that a statement names, compared without regard to case.

use crate::PolicyError;
use crate::glob::{self, Token};
use crate::json::Json;

/// Actions that a batch form belongs to. A policy means the same whichever of the two it names.
const BATCHED: &[(&str, &str)] = &[
    ("sqs:sendmessage", "sqs:sendmessagebatch"),
    ("sqs:deletemessage", "sqs:deletemessagebatch"),
    ("sqs:changemessagevisibility", "sqs:changemessagevisibilitybatch"),
    ("sns:publish", "sns:publishbatch"),
];

/// The names under which a request's action is looked for: in lower case, with its batch form.
#[derive(Debug)]
pub(crate) struct ActionNames(Vec<String>);

impl ActionNames {
    pub(crate) fn of(action: &str) -> ActionNames {
        let name = action.to_ascii_lowercase();
        match BATCHED.iter().find(|(single, batch)| name == *single || name == *batch) {
            Some((single, batch)) => ActionNames(vec![(*single).to_owned(), (*batch).to_owned()]),
            None => ActionNames(vec![name]),
        }
    }
}

/// `Action`, or `NotAction` when negated.
#[derive(Clone, Debug)]
pub(crate) struct Actions {
    negated: bool,
    patterns: Box<[Box<[Token]>]>,
}

impl Actions {
    pub(crate) fn parse(json: Json<'_>, negated: bool) -> Result<Actions, PolicyError> {
        let patterns: Result<_, _> = json.one_or_many().into_iter().map(parse_action).collect();
        Ok(Actions { negated, patterns: patterns? })
    }

    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    pub(crate) fn apply_to(&self, names: &ActionNames) -> bool {
        let named = self.patterns.iter().any(|pattern| names.0.iter().any(|name| glob::matches(pattern, name)));
        named != self.negated
    }
}

fn parse_action(json: Json<'_>) -> Result<Box<[Token]>, PolicyError> {
    let text = json.string("An action")?;
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"*?-".contains(&b));
    // A name that can match nothing is refused: in a Deny it would protect nothing, unnoticed.
    if text != "*" && !text.split_once(':').is_some_and(|(service, name)| is_name(service) && is_name(name)) {
        return Err(PolicyError::malformed(format!("The action {text:?} is not of the form service:name.")));
    }
    let token = |char: char| match char {
        '*' => Token::Many,
        '?' => Token::One,
        _ => Token::Char(char.to_ascii_lowercase()),
    };
    Ok(text.chars().map(token).collect())
}
