//! From tokens to syntax: top-down operator precedence, as JSONata defines it.

use std::sync::Arc;

use crate::error::Error;
use crate::lexer::{self, Lexer, Token};
use crate::limits::{EXPRESSION_BYTES_MAX, NESTING_MAX, with_stack};
use crate::signature::Signature;
use crate::syntax::{Child, Kind, Lambda, Syntax, Term};
use crate::value::Value;

/// Parses the text of an expression.
pub(crate) fn parse(text: &str) -> Result<Syntax, Error> {
    if text.len() > EXPRESSION_BYTES_MAX {
        return Err(Error::new("U1006").with(EXPRESSION_BYTES_MAX as f64));
    }
    let mut lexer = Lexer::new(text);
    let token = known(lexer.next(false)?)?;
    let mut parser = Parser { lexer, token, nesting: 0 };
    let syntax = parser.expression(0)?;
    if !matches!(parser.token.kind, lexer::Kind::End) {
        return Err(Error::new("S0201").at(parser.token.position).of(parser.token.text()));
    }
    Ok(syntax)
}

/// The token, unless it is a sign that ends names but is no operator.
fn known(token: Token) -> Result<Token, Error> {
    match token.operator() {
        operator @ ("!" | "~") => Err(Error::new("S0204").at(token.position).of(operator)),
        _ => Ok(token),
    }
}

/// How tightly a token binds what is on its left, 0 if it does not.
fn binding_power(token: &Token) -> u32 {
    match token.operator() {
        "[" | "(" | "@" | "#" => 80,
        "." => 75,
        "{" => 70,
        "*" | "/" | "%" => 60,
        "+" | "-" | "&" => 50,
        "=" | "<" | ">" | "!=" | "<=" | ">=" | "in" | "~>" | "?:" | "??" | "^" => 40,
        "and" => 30,
        "or" => 25,
        "?" => 20,
        ":=" => 10,
        _ => 0,
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    /// The token that comes next.
    token: Token,
    nesting: usize,
}

impl Parser<'_> {
    /// Goes on to the next token, and returns the one that was.
    fn advance(&mut self, is_operator_next: bool) -> Result<Token, Error> {
        let next = known(self.lexer.next(is_operator_next)?)?;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn expect(&mut self, operator: &str, is_operator_next: bool) -> Result<(), Error> {
        if self.token.operator() != operator {
            let is_end = matches!(self.token.kind, lexer::Kind::End);
            let error = Error::new(if is_end { "S0203" } else { "S0202" });
            return Err(error.at(self.token.position).of(self.token.text()).with(operator));
        }
        self.advance(is_operator_next).map(drop)
    }

    fn expression(&mut self, right_power: u32) -> Result<Syntax, Error> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(too_deep(self.token.position));
        }
        let syntax = with_stack(|| {
            let token = self.advance(true)?;
            let mut left = self.prefix(token)?;
            while right_power < binding_power(&self.token) {
                let token = self.advance(false)?;
                left = self.infix(token, left)?;
                if left.depth > NESTING_MAX {
                    return Err(too_deep(left.position));
                }
            }
            Ok(left)
        });
        self.nesting -= 1;
        syntax
    }

    fn child(&mut self, right_power: u32) -> Result<Child, Error> {
        self.expression(right_power).map(Box::new)
    }

    /// What begins with this token.
    fn prefix(&mut self, token: Token) -> Result<Syntax, Error> {
        let kind = match token.kind {
            lexer::Kind::Name(name) => Kind::Name(name),
            lexer::Kind::Variable(name) => Kind::Variable(name),
            lexer::Kind::Literal(value) => Kind::Literal(value),
            lexer::Kind::Regex(pattern) => Kind::Regex(pattern),
            lexer::Kind::End => Kind::End,
            lexer::Kind::Operator(operator) => match operator {
                // Keywords are names where no operator can be.
                "and" | "or" | "in" => Kind::Name(operator.into()),
                "-" => Kind::Negation(self.child(70)?),
                "*" => Kind::Wildcard,
                "**" => Kind::Descendants,
                "%" => Kind::Parent,
                "(" => self.block()?,
                "[" => self.array()?,
                "{" => Kind::Object(self.fields()?),
                "|" => self.transform()?,
                _ => return Err(Error::new("S0211").at(token.position).of(operator)),
            },
        };
        Ok(Syntax::new(kind, token.position))
    }

    /// What an operator makes of its left side.
    fn infix(&mut self, token: Token, left: Syntax) -> Result<Syntax, Error> {
        let (position, operator) = (token.position, token.operator());
        let kind = match operator {
            "(" => self.call(left)?,
            "[" if self.token.operator() == "]" => return self.keep_array(left),
            "[" => {
                let predicate = self.child(0)?;
                self.expect("]", true)?;
                Kind::Filter(left.into(), predicate)
            }
            "{" => Kind::Group(left.into(), self.fields()?),
            "^" => Kind::Sort(left.into(), self.terms()?),
            "@" => Kind::Focus(left.into(), self.variable("@")?),
            "#" => Kind::Index(left.into(), self.variable("#")?),
            "." => Kind::Map(left.into(), self.child(75)?),
            "~>" => Kind::Apply(left.into(), self.child(40)?),
            "?" => self.condition(left)?,
            "??" => Kind::Coalesce(left.into(), self.child(0)?),
            "?:" => Kind::Default(left.into(), self.child(0)?),
            ":=" => match left.kind {
                // To the right: `$a := $b := 1` binds both.
                Kind::Variable(name) => Kind::Bind(name, self.child(9)?),
                _ => return Err(Error::new("S0212").at(left.position).of(described(&left))),
            },
            _ => Kind::Binary(operator, left.into(), self.child(binding_power(&token))?),
        };
        Ok(Syntax::new(kind, position))
    }

    fn block(&mut self) -> Result<Kind, Error> {
        let mut parts = Vec::new();
        while self.token.operator() != ")" {
            parts.push(self.expression(0)?);
            if self.token.operator() != ";" {
                break;
            }
            self.advance(false)?;
        }
        self.expect(")", true)?;
        Ok(Kind::Block(parts))
    }

    fn array(&mut self) -> Result<Kind, Error> {
        let mut parts = Vec::new();
        if self.token.operator() != "]" {
            loop {
                let mut part = self.expression(0)?;
                if self.token.operator() == ".." {
                    let position = self.token.position;
                    self.advance(false)?;
                    part = Syntax::new(Kind::Binary("..", part.into(), self.child(0)?), position);
                }
                parts.push(part);
                if self.token.operator() != "," {
                    break;
                }
                self.advance(false)?;
            }
        }
        self.expect("]", true)?;
        Ok(Kind::Array(parts))
    }

    fn fields(&mut self) -> Result<Vec<(Syntax, Syntax)>, Error> {
        let mut fields = Vec::new();
        if self.token.operator() != "}" {
            loop {
                let key = self.expression(0)?;
                self.expect(":", false)?;
                fields.push((key, self.expression(0)?));
                if self.token.operator() != "," {
                    break;
                }
                self.advance(false)?;
            }
        }
        self.expect("}", true)?;
        Ok(fields)
    }

    fn transform(&mut self) -> Result<Kind, Error> {
        let pattern = self.child(0)?;
        self.expect("|", false)?;
        let update = self.child(0)?;
        let mut delete = None;
        if self.token.operator() == "," {
            self.advance(false)?;
            delete = Some(self.child(0)?);
        }
        self.expect("|", false)?;
        Ok(Kind::Transform(pattern, update, delete))
    }

    fn keep_array(&mut self, mut left: Syntax) -> Result<Syntax, Error> {
        let mut step = &mut left;
        while matches!(step.kind, Kind::Filter(..)) {
            let Kind::Filter(inner, _) = &mut step.kind else { unreachable!("it was just seen") };
            step = inner;
        }
        step.keeps_array = true;
        self.expect("]", false)?;
        Ok(left)
    }

    fn terms(&mut self) -> Result<Vec<Term>, Error> {
        self.expect("(", false)?;
        let mut terms = Vec::new();
        loop {
            let order = self.token.operator();
            if matches!(order, "<" | ">") {
                self.advance(false)?;
            }
            terms.push(Term { is_descending: order == ">", expression: self.expression(0)? });
            if self.token.operator() != "," {
                break;
            }
            self.advance(false)?;
        }
        self.expect(")", false)?;
        Ok(terms)
    }

    fn variable(&mut self, operator: &str) -> Result<Arc<str>, Error> {
        let right = self.expression(80)?;
        match right.kind {
            Kind::Variable(name) => Ok(name),
            _ => Err(Error::new("S0214").at(right.position).of(operator)),
        }
    }

    fn condition(&mut self, condition: Syntax) -> Result<Kind, Error> {
        let then = self.child(0)?;
        let mut otherwise = None;
        if self.token.operator() == ":" {
            self.advance(false)?;
            otherwise = Some(self.child(0)?);
        }
        Ok(Kind::Condition(condition.into(), then, otherwise))
    }

    fn call(&mut self, procedure: Syntax) -> Result<Kind, Error> {
        let mut arguments = Vec::new();
        if self.token.operator() != ")" {
            loop {
                if self.token.operator() == "?" {
                    let token = self.advance(false)?;
                    arguments.push(Syntax::new(Kind::Placeholder, token.position));
                } else {
                    arguments.push(self.expression(0)?);
                }
                if self.token.operator() != "," {
                    break;
                }
                self.advance(false)?;
            }
        }
        self.expect(")", true)?;
        match &procedure.kind {
            Kind::Name(name) if matches!(&**name, "function" | "λ") => self.lambda(arguments),
            _ => Ok(Kind::Call(procedure.into(), arguments)),
        }
    }

    fn lambda(&mut self, arguments: Vec<Syntax>) -> Result<Kind, Error> {
        let mut parameters = Vec::new();
        for (index, argument) in arguments.into_iter().enumerate() {
            match argument.kind {
                Kind::Variable(name) => parameters.push(name),
                _ => {
                    let error = Error::new("S0208").at(argument.position).of(described(&argument));
                    return Err(error.with((index + 1) as f64));
                }
            }
        }
        let signature = if self.token.operator() == "<" { Some(self.signature()?) } else { None };
        self.expect("{", false)?;
        let body = self.child(0)?;
        self.expect("}", false)?;
        Ok(Kind::Lambda(Lambda { parameters, signature, body }))
    }

    fn signature(&mut self) -> Result<Signature, Error> {
        let start = self.token.position;
        let (mut text, mut depth) = (String::from("<"), 1);
        while depth > 0 && self.token.operator() != "{" && !matches!(self.token.kind, lexer::Kind::End) {
            self.advance(false)?;
            match self.token.operator() {
                "<" => depth += 1,
                ">" => depth -= 1,
                _ => {}
            }
            text.push_str(&self.token.text());
        }
        self.expect(">", false)?;
        Signature::parse(&text).map_err(|error| error.at(start))
    }
}

fn too_deep(position: usize) -> Error {
    Error::new("U1005").at(position).with(NESTING_MAX as f64)
}

/// What stands at the beginning of a part, as errors show it.
fn described(syntax: &Syntax) -> String {
    match &syntax.kind {
        Kind::Name(name) | Kind::Variable(name) => name.to_string(),
        Kind::Literal(Value::String(text)) => text.to_string(),
        Kind::Literal(value) => value.to_string(),
        Kind::Binary(operator, ..) => (*operator).to_owned(),
        Kind::Map(..) => ".".to_owned(),
        Kind::Filter(..) | Kind::Array(_) => "[".to_owned(),
        Kind::Call(..) | Kind::Block(_) | Kind::Lambda(_) => "(".to_owned(),
        Kind::Object(_) | Kind::Group(..) => "{".to_owned(),
        Kind::Negation(_) => "-".to_owned(),
        _ => String::new(),
    }
}
