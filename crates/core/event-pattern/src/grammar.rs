//! The text of a filter policy or an event pattern into its keys and conditions, or into AWS's refusal.
//!
//! Read from front to back and refused at the first fault, as AWS does: of several faults the same one is told.

use std::ops::Bound;

use crate::cidr::Cidr;
use crate::dialect::Dialect;
use crate::exact::Scalar;
use crate::fault::PolicyFault;
use crate::filter_policy::COMPLEXITY_MAX;
use crate::group::{Branch, Group};
use crate::json::{Number, Reader, Token};
use crate::matcher::{Condition, Exclusion, Like, LowerCase, Range};
use crate::wildcard::Wildcard;

/// Objects in objects. What is deeper would be too complex in any case.
const LEVELS_MAX: usize = COMPLEXITY_MAX;

/// Reads the text of a policy. How many keys it has and how complex it is is not judged here.
pub(crate) fn read(text: &str, dialect: Dialect) -> Result<Group, PolicyFault> {
    let mut grammar = Grammar { reader: Reader::new(text), dialect };
    if grammar.reader.value()? != Token::Object {
        return grammar.refuse("Filter is not an object");
    }
    let group = grammar.group(LEVELS_MAX)?;
    grammar.reader.end()?;
    Ok(group)
}

struct Grammar<'a> {
    reader: Reader<'a>,
    dialect: Dialect,
}

type Read<T> = Result<T, PolicyFault>;

impl<'a> Grammar<'a> {
    fn refuse<T>(&self, sentence: impl Into<Box<str>>) -> Read<T> {
        Err(PolicyFault::Malformed { sentence: sentence.into(), place: self.reader.place() })
    }

    fn group(&mut self, levels_left: usize) -> Read<Group> {
        let levels_left = levels_left.checked_sub(1).ok_or(PolicyFault::TooComplex)?;
        let (mut group, mut first) = (Group::default(), true);
        while let Some(key) = self.reader.member(&mut first)? {
            let branch = match self.reader.value()? {
                Token::Object => Branch::Nested(self.group_with_keys(levels_left)?),
                Token::Array => {
                    let mut first = true;
                    match self.reader.element(&mut first)? {
                        Some(Token::Object) if key == "$or" => {
                            group.either = self.either(&mut first, levels_left)?;
                            continue;
                        }
                        Some(token) => Branch::Values(self.values(token, &mut first)?),
                        None => return self.refuse("Empty arrays are not allowed"),
                    }
                }
                _ => return self.refuse(format!("\"{key}\" must be an object or an array")),
            };
            group.keys.insert(key.into(), branch);
        }
        Ok(group)
    }

    fn group_with_keys(&mut self, levels_left: usize) -> Read<Group> {
        let group = self.group(levels_left)?;
        if group.keys() == 0 { self.refuse("Empty objects are not allowed") } else { Ok(group) }
    }

    /// The alternatives of `$or`, from within the first.
    fn either(&mut self, first: &mut bool, levels_left: usize) -> Read<Vec<Group>> {
        // AWS's own text is not known.
        const TWO_OBJECTS: &str = "\"$or\" must be an array of at least two objects";
        let mut groups = vec![self.group_with_keys(levels_left)?];
        while let Some(token) = self.reader.element(first)? {
            if token != Token::Object {
                return self.refuse(TWO_OBJECTS);
            }
            groups.push(self.group_with_keys(levels_left)?);
        }
        if groups.len() < 2 { self.refuse(TWO_OBJECTS) } else { Ok(groups) }
    }

    /// The alternatives of a key, of which the first is begun.
    fn values(&mut self, begun: Token<'a>, first: &mut bool) -> Read<Vec<Condition>> {
        let mut conditions = vec![self.condition(begun)?];
        while let Some(token) = self.reader.element(first)? {
            conditions.push(self.condition(token)?);
        }
        Ok(conditions)
    }

    fn condition(&mut self, token: Token<'a>) -> Read<Condition> {
        Ok(Condition::Exact(match token {
            Token::Object => return self.match_expression(),
            Token::Array => return self.refuse("Match value must be String, number, true, false, or null"),
            Token::String(text) => Scalar::String(text.into()),
            Token::Number(number) => Scalar::Number(self.number(number)?),
            Token::Bool(bool) => Scalar::Bool(bool),
            Token::Null => Scalar::Null,
        }))
    }

    /// An object of one operator and its operand.
    fn match_expression(&mut self) -> Read<Condition> {
        let mut first = true;
        let operator = self.operator(&mut first)?;
        let condition = match &*operator {
            "prefix" => Condition::Like(self.affix("prefix", Like::Prefix, Like::PrefixIgnoringCase)?),
            "suffix" => Condition::Like(self.affix("suffix", Like::Suffix, Like::SuffixIgnoringCase)?),
            "equals-ignore-case" => {
                Condition::Like(Like::IgnoringCase(LowerCase::of(&self.text("equals-ignore-case")?)))
            }
            "wildcard" if self.dialect == Dialect::Event => Condition::Like(self.wildcard()?),
            "numeric" => Condition::Like(Like::Within(self.numeric()?)),
            "cidr" => Condition::Like(Like::Cidr(self.cidr()?)),
            "anything-but" => Condition::AnythingBut(self.anything_but()?),
            "exists" => match self.reader.value()? {
                Token::Bool(exists) => Condition::Exists(exists),
                _ => return self.refuse("exists match pattern must be either true or false."),
            },
            other => return self.refuse(format!("Unrecognized match type {other}")),
        };
        self.no_more_operators(&mut first)?;
        Ok(condition)
    }

    fn operator(&mut self, first: &mut bool) -> Read<String> {
        match self.reader.member(first)? {
            Some(operator) => Ok(operator.into()),
            None => self.refuse("Empty objects are not allowed"),
        }
    }

    fn no_more_operators(&mut self, first: &mut bool) -> Read<()> {
        match self.reader.member(first)? {
            Some(_) => self.refuse("Only one key allowed in match expression"),
            None => Ok(()),
        }
    }

    fn text(&mut self, operator: &str) -> Read<Box<str>> {
        match self.reader.value()? {
            Token::String(text) => Ok(text.into()),
            _ => self.refuse(format!("{operator} match pattern must be a string")),
        }
    }

    /// A text, or in event patterns a text in any case.
    fn affix(&mut self, operator: &str, exact: fn(Box<str>) -> Like, any_case: fn(LowerCase) -> Like) -> Read<Like> {
        match self.reader.value()? {
            Token::String(text) => Ok(exact(text.into())),
            Token::Object if self.dialect == Dialect::Event => {
                let mut first = true;
                let modifier = self.operator(&mut first)?;
                if modifier != "equals-ignore-case" {
                    return self.refuse(format!("Unsupported {operator} pattern: {modifier}"));
                }
                let text = self.text(&modifier)?;
                self.no_more_operators(&mut first)?;
                Ok(any_case(LowerCase::of(&text)))
            }
            _ => self.refuse(format!("{operator} match pattern must be a string")),
        }
    }

    fn wildcard(&mut self) -> Read<Like> {
        let text = self.text("wildcard")?;
        Wildcard::parse(&text).map(Like::Wildcard).or_else(|sentence| self.refuse(sentence))
    }

    fn cidr(&mut self) -> Read<Cidr> {
        // As AWS has it, the operator is not named.
        let text = self.text("prefix")?;
        Cidr::parse(&text).or_else(|sentence| self.refuse(sentence))
    }

    fn anything_but(&mut self) -> Read<Exclusion> {
        let scalar = match self.reader.value()? {
            Token::String(text) => Scalar::String(text.into()),
            Token::Number(number) => Scalar::Number(self.number(number)?),
            Token::Array => return self.anything_but_list(),
            Token::Object => return self.anything_but_like(),
            _ => return self.refuse("Value of anything-but must be an array or single string/number value."),
        };
        Ok(Exclusion::Values([scalar].into_iter().collect()))
    }

    /// Strings or numbers, not both.
    fn anything_but_list(&mut self) -> Read<Exclusion> {
        let (mut strings, mut numbers, mut first) = (Vec::new(), Vec::new(), true);
        while let Some(token) = self.reader.element(&mut first)? {
            match token {
                Token::String(text) if numbers.is_empty() => strings.push(Scalar::String(text.into())),
                Token::Number(number) if strings.is_empty() => numbers.push(Scalar::Number(self.number(number)?)),
                Token::String(_) | Token::Number(_) => {
                    return self.refuse(
                        "Inside anything but list, either all values are number or string, mixed type is not supported",
                    );
                }
                _ => return self.refuse("Inside anything but list, start|null|boolean is not supported."),
            }
        }
        if strings.is_empty() && numbers.is_empty() {
            return self.refuse("Empty arrays are not allowed");
        }
        Ok(Exclusion::Values(strings.into_iter().chain(numbers).collect()))
    }

    /// An operator of texts: in filter policies only `prefix`, in event patterns with one text or several.
    fn anything_but_like(&mut self) -> Read<Exclusion> {
        let mut first = true;
        let operator = self.operator(&mut first)?;
        let known = match self.dialect {
            Dialect::FilterPolicy => &["prefix"][..],
            Dialect::Event => &["prefix", "suffix", "equals-ignore-case", "wildcard"],
        };
        if !known.contains(&operator.as_str()) {
            return self.refuse(format!("Unsupported anything-but pattern: {operator}"));
        }
        let mut likes = Vec::new();
        match self.reader.value()? {
            Token::String(text) => likes.push(self.excluded(&operator, text.into())?),
            Token::Array if self.dialect == Dialect::Event => {
                let mut first = true;
                while let Some(token) = self.reader.element(&mut first)? {
                    let Token::String(text) = token else {
                        return self
                            .refuse(format!("Inside anything but {operator} list, only strings are supported."));
                    };
                    likes.push(self.excluded(&operator, text.into())?);
                }
                if likes.is_empty() {
                    return self.refuse("Empty arrays are not allowed");
                }
            }
            _ => return self.refuse(format!("{operator} match pattern must be a string")),
        }
        self.no_more_operators(&mut first)?;
        Ok(Exclusion::Like(likes.into()))
    }

    fn excluded(&mut self, operator: &str, text: Box<str>) -> Read<Like> {
        let is_affix = matches!(operator, "prefix" | "suffix");
        if is_affix && text.is_empty() && self.dialect == Dialect::Event {
            return self.refuse("Null prefix/suffix not allowed");
        }
        Ok(match operator {
            "prefix" => Like::Prefix(text),
            "suffix" => Like::Suffix(text),
            "equals-ignore-case" => Like::IgnoringCase(LowerCase::of(&text)),
            _ => Like::Wildcard(Wildcard::parse(&text).or_else(|sentence| self.refuse(sentence))?),
        })
    }

    fn numeric(&mut self) -> Read<Range> {
        if self.reader.value()? != Token::Array {
            return self.refuse("Value of numeric must be an array.");
        }
        let mut first = true;
        let operator = match self.reader.element(&mut first)? {
            Some(Token::String(operator)) => operator,
            other => return self.refuse(format!("Invalid member in numeric match: {}", shown(other.as_ref()))),
        };
        let range = match &*operator {
            "=" => {
                let number = self.bound("equals", &mut first)?;
                (Bound::Included(number), Bound::Included(number))
            }
            "<" => (Bound::Unbounded, Bound::Excluded(self.bound("<", &mut first)?)),
            "<=" => (Bound::Unbounded, Bound::Included(self.bound("<=", &mut first)?)),
            ">" => {
                let bottom = self.bound(">", &mut first)?;
                return Ok((Bound::Excluded(bottom), self.top(bottom, &mut first)?));
            }
            ">=" => {
                let bottom = self.bound(">=", &mut first)?;
                return Ok((Bound::Included(bottom), self.top(bottom, &mut first)?));
            }
            other => return self.refuse(format!("Unrecognized numeric range operator: {other}")),
        };
        match self.reader.element(&mut first)? {
            Some(_) => self.refuse("Too many elements in numeric expression"),
            None => Ok(range),
        }
    }

    /// The second half of a range, if there is one.
    fn top(&mut self, bottom: f64, first: &mut bool) -> Read<Bound<f64>> {
        let operator = match self.reader.element(first)? {
            None => return Ok(Bound::Unbounded),
            Some(Token::String(operator)) => operator,
            other => return self.refuse(format!("Bad value in numeric range: {}", shown(other.as_ref()))),
        };
        if !matches!(&*operator, "<" | "<=") {
            return self.refuse(format!("Bad numeric range operator: {operator}"));
        }
        let top = self.bound(&operator, first)?;
        if bottom >= top {
            return self.refuse("Bottom must be less than top");
        }
        if self.reader.element(first)?.is_some() {
            return self.refuse("Too many terms in numeric range expression");
        }
        Ok(if operator == "<" { Bound::Excluded(top) } else { Bound::Included(top) })
    }

    fn bound(&mut self, operator: &str, first: &mut bool) -> Read<f64> {
        match self.reader.element(first)? {
            Some(Token::Number(number)) => self.at_most(number, self.dialect.bound_max()),
            _ => self.refuse(format!("Value of {operator} must be numeric")),
        }
    }

    fn number(&self, number: Number<'_>) -> Read<f64> {
        self.at_most(number, self.dialect.number_max())
    }

    fn at_most(&self, number: Number<'_>, max: f64) -> Read<f64> {
        let value = number.value();
        if value.abs() <= max {
            return Ok(value);
        }
        // AWS's own text is not known.
        let billions = max / 1e9;
        self.refuse(format!("Value must be between -{billions:.1}E9 and {billions:.1}E9, inclusive"))
    }
}

/// How AWS shows what it did not expect in an array.
fn shown<'t>(token: Option<&'t Token<'_>>) -> &'t str {
    match token {
        None => "]",
        Some(Token::Object) => "{",
        Some(Token::Array) => "[",
        Some(Token::String(text)) => text,
        Some(Token::Number(number)) => number.text(),
        Some(Token::Bool(true)) => "true",
        Some(Token::Bool(false)) => "false",
        Some(Token::Null) => "null",
    }
}
