//! How long common expressions take: `cargo run --release -p bongsu-jsonata --example speed`.

use std::error::Error;
use std::io::{Write as _, stdout};

use bongsu_jsonata::{Bindings, Expression, Host, Library, Limits, Value};

const ROUNDS: u32 = 200_000;

const EXPRESSIONS: [&str; 7] = [
    "$states.input.order.id",
    "$x + 1",
    "$merge([$states.input, {'total': $x}])",
    "$states.input.order.items.price",
    "$sum($states.input.order.items.(price * quantity))",
    "$states.input.order.items[price > 10].name",
    "$map($states.input.order.items, function($item) { $item.name & '!' })",
];

struct Still;

impl Host for Still {
    fn now(&mut self) -> i64 {
        0
    }

    fn random(&mut self) -> f64 {
        0.0
    }

    fn uuid(&mut self) -> String {
        String::new()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let states: Value = serde_json::from_str(
        r#"{"input":{"order":{"id":"o-1","items":[{"name":"a","price":5,"quantity":2},{"name":"b","price":15,"quantity":1},
            {"name":"c","price":25,"quantity":3}]},"customer":{"name":"ann"}}}"#,
    )?;
    let mut bindings = Bindings::new(Library::StepFunctions);
    bindings.bind("states", states);
    bindings.bind("x", Value::from(41.0));
    for text in EXPRESSIONS {
        let expression = Expression::parse(text)?;
        #[expect(
            clippy::disallowed_types,
            clippy::disallowed_methods,
            reason = "an example measures, the core does not"
        )]
        let start = std::time::Instant::now();
        for _ in 0..ROUNDS {
            expression.evaluate(None, &bindings, &mut Still, Limits::default())?;
        }
        writeln!(stdout(), "{:>9.3} µs  {text}", start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS))?;
    }
    Ok(())
}
