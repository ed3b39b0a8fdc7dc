//! Signatures: what arguments a function takes, checked and completed at each call.

use crate::error::Error;
use crate::value::{Array, Value};

/// The types of the parameters of a function, such as `<s-n?:s>`.
#[derive(Debug)]
pub(crate) struct Signature {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Default)]
struct Parameter {
    /// The symbols of the types that it takes: `s`, `n`, `b`, `l`, `a`, `o`, `f`, and `m` for a missing value.
    types: String,
    /// The symbol that it was declared with.
    declared: char,
    count: Count,
    /// The context is taken where the argument is absent.
    takes_context: bool,
    /// What an array has to consist of.
    elements: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Count {
    #[default]
    One,
    Optional,
    Many,
}

impl Signature {
    /// Reads a signature with its angle brackets. What it says of the result is not checked by anybody.
    pub(crate) fn parse(text: &str) -> Result<Signature, Error> {
        let symbols: Vec<char> = text.chars().collect();
        let mut parameters: Vec<Parameter> = Vec::new();
        let mut at = 1;
        while at < symbols.len() && symbols[at] != ':' {
            match symbols[at] {
                symbol @ ('s' | 'n' | 'b' | 'l' | 'o') => {
                    parameters.push(Parameter::new(symbol, &format!("{symbol}m")))
                }
                symbol @ ('a' | 'x') => parameters.push(Parameter::new(symbol, "asnblfom")),
                'j' => parameters.push(Parameter::new('j', "asnblom")),
                'f' => parameters.push(Parameter::new('f', "f")),
                '(' => {
                    let end = closing(&symbols, at, '(', ')');
                    let choice: String = symbols[at + 1..end].iter().collect();
                    if choice.contains('<') {
                        return Err(Error::new("S0402").with(choice));
                    }
                    parameters.push(Parameter::new('(', &format!("{choice}m")));
                    at = end;
                }
                '<' => {
                    let end = closing(&symbols, at, '<', '>');
                    let declared = parameters.last().map(|parameter| parameter.declared);
                    match parameters.last_mut() {
                        Some(parameter) if matches!(parameter.declared, 'a' | 'f') => {
                            parameter.elements = Some(symbols[at + 1..end].iter().collect());
                        }
                        _ => {
                            let declared = declared.map(|symbol| Value::from(symbol.to_string()));
                            return Err(Error::new("S0401").with_any(declared.as_ref()));
                        }
                    }
                    at = end;
                }
                modifier @ ('-' | '?' | '+') => {
                    if let Some(parameter) = parameters.last_mut() {
                        parameter.takes_context |= modifier == '-';
                        parameter.count = if modifier == '+' { Count::Many } else { Count::Optional };
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Ok(Signature { parameters })
    }

    /// Checks the arguments of a call, puts the context where it stands in for one, and makes arrays of single values.
    pub(crate) fn validate(
        &self,
        arguments: Vec<Option<Value>>,
        context: Option<&Value>,
    ) -> Result<Vec<Option<Value>>, Error> {
        let symbols: Vec<char> = arguments.iter().map(|argument| symbol(argument.as_ref())).collect();
        let Some(counts) = self.assign(&symbols) else { return Err(self.mismatch(&symbols, &arguments)) };
        let (mut arguments, mut at, mut validated) = (arguments, 0, Vec::new());
        for (parameter, count) in self.parameters.iter().zip(counts) {
            if count == 0 && parameter.takes_context {
                if !parameter.types.contains(symbol(context)) {
                    return Err(Error::new("T0411").with_any(context).argument(at + 1));
                }
                validated.push(context.cloned());
                continue;
            }
            for _ in 0..count.max(1) {
                let argument = arguments.get_mut(at).and_then(Option::take);
                validated.push(match argument {
                    Some(value) if parameter.declared == 'a' && count > 0 => Some(parameter.array(value, at)?),
                    argument => argument,
                });
                at += 1;
            }
        }
        Ok(validated)
    }

    /// How many arguments each parameter takes, as many as possible from the left, if all are to be taken.
    fn assign(&self, symbols: &[char]) -> Option<Vec<usize>> {
        // Whether the parameters from one on take the arguments from one on.
        let mut fits = vec![vec![false; symbols.len() + 1]; self.parameters.len() + 1];
        fits[self.parameters.len()][symbols.len()] = true;
        for (at, parameter) in self.parameters.iter().enumerate().rev() {
            for from in 0..=symbols.len() {
                fits[at][from] = parameter.counts(&symbols[from..]).any(|count| fits[at + 1][from + count]);
            }
        }
        let mut from = 0;
        let counts = self.parameters.iter().enumerate().map(|(at, parameter)| {
            let count = parameter.counts(&symbols[from..]).rev().find(|count| fits[at + 1][from + count])?;
            from += count;
            Some(count)
        });
        if fits[0][0] { counts.collect() } else { None }
    }

    /// Which argument is the first that no parameter takes.
    fn mismatch(&self, symbols: &[char], arguments: &[Option<Value>]) -> Error {
        let (mut reached, mut good) = (vec![0], 0);
        for parameter in &self.parameters {
            let further: Vec<usize> = reached
                .iter()
                .flat_map(|from| parameter.counts(&symbols[*from..]).map(move |count| from + count))
                .collect();
            let Some(furthest) = further.iter().max() else { break };
            good = *furthest;
            reached = further;
            reached.sort_unstable();
            reached.dedup();
        }
        let value = arguments.get(good).and_then(Option::as_ref);
        Error::new("T0410").with_any(value).argument(good + 1)
    }
}

impl Parameter {
    fn new(declared: char, types: &str) -> Parameter {
        Parameter { declared, types: types.to_owned(), ..Parameter::default() }
    }

    /// How many of the arguments from the first on it can take.
    fn counts(&self, symbols: &[char]) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let fitting = symbols.iter().take_while(|symbol| self.types.contains(**symbol)).count();
        let (least, most) = match self.count {
            Count::One => (1, 1),
            Count::Optional => (0, 1),
            Count::Many => (1, usize::MAX),
        };
        least..=most.min(fitting)
    }

    /// The array that the argument is, or the one around it.
    fn array(&self, value: Value, index: usize) -> Result<Value, Error> {
        if let Some(elements) = &self.elements {
            let wanted = elements.chars().next();
            let fits = match &value {
                Value::Array(array) => array.iter().all(|element| Some(symbol(Some(element))) == wanted),
                single => *elements == symbol(Some(single)).to_string(),
            };
            if !fits {
                let error = Error::new("T0412").with(value).argument(index + 1);
                return Err(error.saying(plural(elements)));
            }
        }
        Ok(if matches!(value, Value::Array(_)) { value } else { Array::from(vec![value]).into() })
    }
}

/// The symbol of a value's type, `m` for none.
fn symbol(value: Option<&Value>) -> char {
    match value {
        None => 'm',
        Some(Value::Null) => 'l',
        Some(Value::Boolean(_)) => 'b',
        Some(Value::Number(_)) => 'n',
        Some(Value::String(_)) => 's',
        Some(Value::Array(_)) => 'a',
        Some(Value::Object(_)) => 'o',
        Some(Value::Function(_)) => 'f',
    }
}

fn plural(symbol: &str) -> &'static str {
    match symbol {
        "a" => "arrays",
        "b" => "booleans",
        "f" => "functions",
        "n" => "numbers",
        "o" => "objects",
        "s" => "strings",
        _ => "values",
    }
}

/// The place of the bracket that closes the one at `start`, or the end.
fn closing(symbols: &[char], start: usize, open: char, close: char) -> usize {
    let mut depth = 0;
    for (at, symbol) in symbols.iter().enumerate().skip(start) {
        if *symbol == open {
            depth += 1;
        } else if *symbol == close {
            depth -= 1;
            if depth == 0 {
                return at;
            }
        }
    }
    symbols.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validate(signature: &str, arguments: &[&str], context: &str) -> String {
        let value = |json: &&str| serde_json::from_str::<Value>(json).ok();
        let arguments = arguments.iter().map(value).collect();
        match Signature::parse(signature).unwrap().validate(arguments, value(&context).as_ref()) {
            Ok(arguments) => {
                let text = |argument: &Option<Value>| argument.as_ref().map_or("-".to_owned(), Value::to_string);
                arguments.iter().map(text).collect::<Vec<_>>().join(" ")
            }
            Err(error) => format!("{} {}", error.code(), error),
        }
    }

    #[test]
    fn the_context_stands_in_for_what_is_absent() {
        assert_eq!(validate("<s-nn?:s>", &["1"], r#""abc""#), r#""abc" 1 -"#);
        assert_eq!(validate("<s-nn?:s>", &[r#""x""#, "1", "2"], "0"), r#""x" 1 2"#);
        assert!(validate("<s-:s>", &[], "5").starts_with("T0411"));
    }

    #[test]
    fn single_values_become_arrays_of_their_type() {
        assert_eq!(validate("<a<n>:n>", &["1"], ""), "[1]");
        assert_eq!(validate("<a<n>:n>", &["[1,2]"], ""), "[1,2]");
        assert!(validate("<a<n>:n>", &[r#"[1,"2"]"#], "").starts_with("T0412"));
        assert!(validate("<a<s>s?:s>", &["1"], "").ends_with("must be an array of strings"));
        assert_eq!(validate("<a+>", &["1", "[2]", ""], ""), "[1] [2] -");
    }

    #[test]
    fn the_first_argument_that_does_not_fit_is_named() {
        assert!(validate("<s-nn?:s>", &[r#""a""#, "true"], "").starts_with("T0410 Argument 2 "));
        assert!(validate("<n>", &["1", "2"], "").starts_with("T0410 Argument 2 "));
        assert_eq!(Signature::parse("<s<n>>").unwrap_err().code(), "S0401");
        assert_eq!(Signature::parse("<(sa<n>)>").unwrap_err().code(), "S0402");
    }
}
