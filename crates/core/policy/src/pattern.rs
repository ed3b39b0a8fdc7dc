//! Patterns of a policy: literal text, wildcards, and policy variables such as `${aws:username}`.

use std::borrow::Cow;

use crate::glob::{self, Token};
use crate::{PolicyError, Request};

/// How many parts an ARN has; colons after the fifth belong to the last.
const ARN_PARTS: usize = 6;

/// What a pattern's text may mean beyond itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Syntax {
    /// `*` and `?`.
    pub(crate) wildcards: bool,
    /// `${key}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}`: since version 2012-10-17 of the language.
    pub(crate) variables: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Pattern(Box<[Piece]>);

#[derive(Clone, Debug)]
enum Piece {
    Tokens(Box<[Token]>),
    Variable { key: Box<str>, default: Option<Box<str>> },
}

impl Pattern {
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<Pattern, PolicyError> {
        let mut pieces = Vec::new();
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(char) = rest.chars().next() {
            if syntax.variables
                && let Some(after) = rest.strip_prefix("${")
            {
                let malformed = || PolicyError::malformed(format!("{text:?} has a malformed policy variable."));
                let (variable, after) = after.split_once('}').ok_or_else(malformed)?;
                if let "*" | "?" | "$" = variable {
                    tokens.extend(variable.chars().map(Token::Char));
                } else {
                    pieces.push(Piece::Tokens(std::mem::take(&mut tokens).into()));
                    pieces.push(Piece::variable(variable).ok_or_else(malformed)?);
                }
                rest = after;
                continue;
            }
            tokens.push(match char {
                '*' if syntax.wildcards => Token::Many,
                '?' if syntax.wildcards => Token::One,
                _ => Token::Char(char),
            });
            rest = &rest[char.len_utf8()..];
        }
        pieces.push(Piece::Tokens(tokens.into()));
        Ok(Pattern(pieces.into()))
    }

    /// Whether the whole text matches; `None` when a variable has no value.
    pub(crate) fn matches(&self, text: &str, request: &Request<'_>) -> Option<bool> {
        Some(glob::matches(&self.tokens(request)?, text))
    }

    /// The same without regard to case.
    pub(crate) fn matches_folded(&self, text: &str, request: &Request<'_>) -> Option<bool> {
        let fold = |token: &Token| match token {
            Token::Char(char) => char.to_lowercase().map(Token::Char).collect(),
            wildcard => vec![*wildcard],
        };
        let tokens: Vec<Token> = self.tokens(request)?.iter().flat_map(fold).collect();
        let text: String = text.chars().flat_map(char::to_lowercase).collect();
        Some(glob::matches(&tokens, &text))
    }

    /// Whether the ARN matches part by part, so that a `*` does not reach beyond a colon, except in the last part.
    /// A pattern of fewer parts is matched as plain text. `None` also when the text is no ARN.
    pub(crate) fn matches_arn(&self, arn: &str, request: &Request<'_>) -> Option<bool> {
        let tokens = self.tokens(request)?;
        let wanted: Vec<&[Token]> = tokens.splitn(ARN_PARTS, |token| *token == Token::Char(':')).collect();
        let given: Vec<&str> = arn.splitn(ARN_PARTS, ':').collect();
        if given.len() < ARN_PARTS || given[0] != "arn" {
            return None;
        }
        if wanted.len() < ARN_PARTS {
            return Some(glob::matches(&tokens, arn));
        }
        Some(wanted.iter().zip(given).all(|(wanted, given)| glob::matches(wanted, given)))
    }

    /// The pattern with its variables filled in. What a variable stands for is literal text, never a wildcard.
    fn tokens(&self, request: &Request<'_>) -> Option<Cow<'_, [Token]>> {
        if let [Piece::Tokens(tokens)] = &*self.0 {
            return Some(Cow::Borrowed(tokens));
        }
        let mut all = Vec::new();
        for piece in &self.0 {
            match piece {
                Piece::Tokens(tokens) => all.extend_from_slice(tokens),
                Piece::Variable { key, default } => {
                    let value = request.value(key).or(default.as_deref().map(Cow::Borrowed))?;
                    all.extend(value.chars().map(Token::Char));
                }
            }
        }
        Some(Cow::Owned(all))
    }
}

impl Piece {
    /// From what stands between the braces: a condition key, and perhaps a default in single quotes.
    fn variable(text: &str) -> Option<Piece> {
        let (key, default) = match text.split_once(',') {
            Some((key, default)) => (key, Some(default.trim().strip_prefix('\'')?.strip_suffix('\'')?.into())),
            None => (text, None),
        };
        let key = key.trim();
        key.contains(':').then(|| Piece::Variable { key: key.to_ascii_lowercase().into(), default })
    }
}
