//! JSONata: parsed once, evaluated many times, within bounds of depth, steps and size.
//!
//! An [`Expression`] is parsed from text and evaluated over a [`Value`], with the variables of its [`Bindings`] and a
//! [`Host`] that knows the time and draws random numbers. The result is an [`Outcome`]: nothing, a value, or a
//! function, of which the caller decides what to think.
//!
//! Reading order: `expression` (the whole), `lexer`, `parser` and `syntax` (from text to what was written), `resolve`
//! and `node` (to what is evaluated), `evaluate` (paths, operators, calls), `functions` (the library) and `picture`
//! (numbers and dates as pictures describe them). `value` is what all of it is about.
//!
//! # Where this differs from the JavaScript implementation
//!
//! - **Integers** that a double cannot hold keep their digits until something is calculated with them.
//! - **Keys** keep the order in which they were added; JavaScript puts those that look like numbers first.
//! - **Texts** consist of whole characters: half a surrogate pair becomes U+FFFD, and `$split(text, "")` does not make
//!   such halves.
//! - **Regular expressions** have no lookaround and no backreferences, since those take unbounded time (`U1007`); they
//!   match whole characters, and only `\n` ends a line for the flag `m`. A group that took no part in a match is `null`.
//! - **Numbers that are none**: a result that is or contains an infinity or NaN is refused with `D1001`.
//! - **`??` and `?:`** evaluate their left side once, and regular expressions may stand there.
//! - **`[…]@$v` and `[…]#$i`** bind at the beginning of a path too.
//! - **Transforms** pass over matches that are no objects; an update sees what earlier ones did, not what later ones do.
//! - **Predicates of nothing** leave nothing, not an array of nothing.
//! - **`$uppercase(?)` and the like**: a library function applied in part checks its arguments as always.
//! - **`$formatNumber`** writes all digits of numbers from 10²¹ on; `$formatInteger` writes no separators before the
//!   first digit.
//! - **`%`** finds its step through predicates in which the original loses it.
//! - **Positions** in errors are those of the innermost call.
//!
//! In [`Library::StepFunctions`], base64 is that of UTF-8; in the standard library it is that of single bytes.
//!
//! # Bounds
//!
//! | bound | when it is reached |
//! | --- | --- |
//! | [`EXPRESSION_BYTES_MAX`], [`NESTING_MAX`] | the text is no expression: `U1006`, `U1005` |
//! | [`DEPTH_MAX`], [`STEPS_MAX`], [`SIZE_MAX`] or the caller's [`Limits`] | `U1001`, `U1002`, `U1003` |
//! | [`VALUE_DEPTH_MAX`] | `U1004`, and JSON that is deeper is not read |
//! | ten million elements of a range | `D2014` |

mod bindings;
mod error;
mod evaluate;
mod expression;
mod function;
mod functions;
mod json;
mod lexer;
mod limits;
mod node;
mod number;
mod parser;
mod picture;
mod regular_expression;
mod resolve;
mod scope;
mod signature;
mod syntax;
mod value;

pub use bindings::{Bindings, Host, Library};
pub use error::Error;
pub use expression::{Expression, Outcome};
pub use function::Function;
pub use limits::{DEPTH_MAX, EXPRESSION_BYTES_MAX, Limits, NESTING_MAX, SIZE_MAX, STEPS_MAX, STEPS_OF_CALL};
pub use number::Number;
pub use value::{Array, Object, VALUE_DEPTH_MAX, Value};
