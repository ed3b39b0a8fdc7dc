//! Conditions on a JSON object: comparisons of its properties, and what joins them.

use serde_json::Value;

/// What must hold of an object.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Is(Selector, Test),
    /// Nothing is there.
    Absent(Selector),
}

/// The way to a value: names of properties, and indexes of arrays.
pub(super) type Selector = Vec<Step>;

#[derive(Clone, Debug)]
pub(super) enum Step {
    Property(String),
    Index(usize),
}

/// What a value that is there must be.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Null,
    Bool(bool),
    Equal(Operand),
    Unequal(Operand),
    Ordered(Order, f64),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a value is compared with.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// A text, in pieces: between them stands a `*`, which means anything.
    Text(Vec<String>),
    /// A number, and how it is written: a text may say the same.
    Number(f64, String),
}

impl Condition {
    pub(super) fn holds(&self, object: &Value) -> bool {
        match self {
            Condition::All(conditions) => conditions.iter().all(|condition| condition.holds(object)),
            Condition::Any(conditions) => conditions.iter().any(|condition| condition.holds(object)),
            Condition::Is(selector, test) => select(object, selector).is_some_and(|value| test.holds(value)),
            Condition::Absent(selector) => select(object, selector).is_none(),
        }
    }

    /// What the JSON of an object is sure to contain, when the condition holds of it.
    pub(super) fn needles(&self) -> Vec<String> {
        match self {
            Condition::All(conditions) => conditions.iter().flat_map(Condition::needles).collect(),
            Condition::Any(_) | Condition::Absent(_) => Vec::new(),
            Condition::Is(selector, test) => {
                let names = selector.iter().filter_map(|step| match step {
                    Step::Property(name) => Some(name),
                    Step::Index(_) => None,
                });
                let pieces: &[String] = match test {
                    Test::Equal(Operand::Text(pieces)) => pieces,
                    _ => &[],
                };
                names.chain(pieces).filter(|text| is_plain(text)).cloned().collect()
            }
        }
    }
}

fn select<'a>(object: &'a Value, selector: &Selector) -> Option<&'a Value> {
    selector.iter().try_fold(object, |value, step| match step {
        Step::Property(name) => value.get(name.as_str()),
        Step::Index(index) => value.get(*index),
    })
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Test::Null => value.is_null(),
            Test::Bool(wanted) => value.as_bool() == Some(*wanted),
            Test::Equal(operand) => operand.equals(value),
            Test::Unequal(operand) => !operand.equals(value),
            Test::Ordered(order, bound) => value.as_f64().is_some_and(|number| order.holds(number, *bound)),
        }
    }
}

impl Order {
    fn holds(self, number: f64, bound: f64) -> bool {
        match self {
            Order::Less => number < bound,
            Order::LessOrEqual => number <= bound,
            Order::Greater => number > bound,
            Order::GreaterOrEqual => number >= bound,
        }
    }
}

impl Operand {
    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Operand::Text(pieces), Value::String(text)) => match_pieces(pieces, text),
            (Operand::Number(number, _), Value::Number(value)) => value.as_f64() == Some(*number),
            (Operand::Number(_, written), Value::String(text)) => text == written,
            _ => false,
        }
    }
}

/// Whether the pieces stand in the text one after the other, the first at its beginning and the last at its end.
fn match_pieces(pieces: &[String], text: &str) -> bool {
    let [first, between @ .., last] = pieces else {
        return pieces.first().is_some_and(|only| only == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    for piece in between {
        match rest.find(piece.as_str()) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}

/// Whether everybody's JSON spells it so, unless by `\u…`. A slash, for one, may have a backslash before it.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || " _-.:".contains(character))
}
