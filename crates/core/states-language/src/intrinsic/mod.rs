//! Intrinsic functions: `States.Format('{} items', $.count)`, in templates of JSONPath states.
//!
//! `parse` reads a [`Call`]; the functions are in `arrays`, `texts` and `numbers`.

mod arrays;
mod numbers;
mod parse;
mod texts;

use bongsu_jsonata::Value;

use crate::jsonpath::JsonPath;

/// A call that was read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    text: Box<str>,
    pub(crate) function: Function,
    pub(crate) arguments: Vec<Argument>,
}

/// What is handed to a function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Argument {
    /// As it stands between its quotes, with its backslashes: `States.Format` needs them.
    Text(Box<str>),
    Literal(Value),
    Path(JsonPath),
    Call(Call),
}

macro_rules! functions {
    ($($name:ident $text:literal $least:literal..=$most:literal,)*) => {
        /// The eighteen functions that there are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Function { $($name,)* }

        impl Function {
            const ALL: &'static [Function] = &[$(Function::$name,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Function::$name => $text,)* }
            }

            /// How many arguments it takes.
            fn arity(self) -> std::ops::RangeInclusive<usize> {
                match self { $(Function::$name => $least..=$most,)* }
            }
        }
    };
}

functions! {
    Format "States.Format" 1..=100,
    StringToJson "States.StringToJson" 1..=1,
    JsonToString "States.JsonToString" 1..=1,
    ArrayPartition "States.ArrayPartition" 2..=2,
    ArrayContains "States.ArrayContains" 2..=2,
    ArrayRange "States.ArrayRange" 3..=3,
    ArrayGetItem "States.ArrayGetItem" 2..=2,
    ArrayLength "States.ArrayLength" 1..=1,
    ArrayUnique "States.ArrayUnique" 1..=1,
    Array "States.Array" 0..=100,
    Base64Encode "States.Base64Encode" 1..=1,
    Base64Decode "States.Base64Decode" 1..=1,
    Hash "States.Hash" 2..=2,
    JsonMerge "States.JsonMerge" 3..=3,
    MathRandom "States.MathRandom" 2..=3,
    MathAdd "States.MathAdd" 2..=2,
    StringSplit "States.StringSplit" 2..=2,
    Uuid "States.UUID" 0..=0,
}

impl Call {
    /// The call as it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

impl Function {
    /// What the function makes of its arguments, or why it cannot.
    pub(crate) fn call(self, arguments: &[Value], random: &mut dyn FnMut() -> u64) -> Result<Value, String> {
        match (self, arguments) {
            (Function::Format, [template, rest @ ..]) => texts::format(template, rest),
            (Function::StringToJson, [text]) => texts::string_to_json(text),
            (Function::JsonToString, [value]) => Ok(Value::from(value.to_string())),
            (Function::Array, elements) => Ok(Value::from(elements.to_vec())),
            (Function::ArrayPartition, [array, size]) => arrays::partition(array, size),
            (Function::ArrayContains, [array, value]) => arrays::contains(array, value),
            (Function::ArrayRange, [first, last, step]) => arrays::range(first, last, step),
            (Function::ArrayGetItem, [array, index]) => arrays::get_item(array, index),
            (Function::ArrayLength, [array]) => arrays::length(array),
            (Function::ArrayUnique, [array]) => arrays::unique(array),
            (Function::Base64Encode, [text]) => texts::base64_encode(text),
            (Function::Base64Decode, [text]) => texts::base64_decode(text),
            (Function::Hash, [data, algorithm]) => texts::hash(data, algorithm),
            (Function::JsonMerge, [left, right, deep]) => texts::json_merge(left, right, deep),
            (Function::MathRandom, [from, to]) => numbers::random(from, to, random()),
            (Function::MathRandom, [from, to, seed]) => numbers::seeded_random(from, to, seed),
            (Function::MathAdd, [left, right]) => numbers::add(left, right),
            (Function::StringSplit, [text, splitters]) => texts::string_split(text, splitters),
            (Function::Uuid, []) => Ok(Value::from(uuid(random))),
            _ => Err("The number of arguments is invalid.".into()),
        }
    }
}

/// A random (version 4) UUID.
pub(crate) fn uuid(random: &mut dyn FnMut() -> u64) -> String {
    uuid_text(uuid_bits(random))
}

/// The same as a number.
pub(crate) fn uuid_bits(random: &mut dyn FnMut() -> u64) -> u128 {
    let bits = u128::from(random()) << 64 | u128::from(random());
    (bits & !(0xf << 76) & !(0b11 << 62)) | 0x4 << 76 | 0b10 << 62
}

/// These bits as a UUID is written.
pub(crate) fn uuid_text(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
