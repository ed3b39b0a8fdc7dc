//! Runs JSONata's own suite of cases: `cargo run -p bongsu-jsonata --example suite -- FOLDER [GROUP]`, where the folder
//! holds `datasets` and `groups`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};

use bongsu_jsonata::{Bindings, Expression, Host, Library, Limits, Outcome, Value};

/// The suite gives some cases a second; so much is never needed.
const LIMITS: Limits = Limits { depth: 2_000, steps: 20_000_000, size: 1 << 30 };

struct Fixed;

impl Host for Fixed {
    fn now(&mut self) -> i64 {
        1_700_000_000_000
    }

    fn random(&mut self) -> f64 {
        0.5
    }

    fn uuid(&mut self) -> String {
        "00000000-0000-4000-8000-000000000000".to_owned()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("which folder?")?);
    let only = arguments.next();
    let (mut passed, mut failed) = (0, 0);
    for group in sorted(&folder.join("groups"))? {
        if only.as_ref().is_some_and(|only| !group.ends_with(only)) {
            continue;
        }
        for path in sorted(&group)?.iter().filter(|path| path.extension().is_some_and(|kind| kind == "json")) {
            // Halves of surrogate pairs are no JSON that everybody reads.
            let Ok(cases) = serde_json::from_str::<Value>(&fs::read_to_string(path)?) else {
                writeln!(stdout(), "{}: passed over\n", path.display())?;
                continue;
            };
            for case in cases.as_array().unwrap_or(std::slice::from_ref(&cases)) {
                match run(&folder, &group, case) {
                    Ok(()) => passed += 1,
                    Err(fault) => {
                        failed += 1;
                        writeln!(stdout(), "{}: {fault}\n", path.display())?;
                    }
                }
            }
        }
    }
    writeln!(stdout(), "{passed} passed, {failed} failed")?;
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn run(folder: &Path, group: &Path, case: &Value) -> Result<(), String> {
    let text = |key: &str| case.get(key).and_then(Value::as_str);
    let read = |path: PathBuf| fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()));
    let expression = match text("expr-file") {
        Some(file) => read(group.join(file))?,
        None => text("expr").unwrap_or_default().to_owned(),
    };
    let data = match (case.get("data"), text("dataset")) {
        (Some(data), _) => Some(data.clone()),
        (None, Some(name)) => {
            let json = read(folder.join("datasets").join(format!("{name}.json")))?;
            Some(serde_json::from_str(&json).map_err(|error| error.to_string())?)
        }
        (None, None) => None,
    };
    let mut bindings = Bindings::new(Library::Standard);
    for (name, value) in case.get("bindings").and_then(Value::as_object).into_iter().flat_map(|object| object.iter()) {
        bindings.bind(name, value.clone());
    }
    let mut limits = LIMITS;
    if let Some(depth) = case.get("depth").and_then(Value::as_i64) {
        limits.depth = depth as usize;
    }
    let outcome = Expression::parse(&expression)
        .and_then(|expression| expression.evaluate(data.as_ref(), &bindings, &mut Fixed, limits));
    let error = case.get("error").and_then(|error| error.get("code")).and_then(Value::as_str);
    let code = text("code").or(error);
    let is_right = match (&outcome, code, case.get("result")) {
        (Err(error), Some(code), _) => {
            error.code() == code && text("token").is_none_or(|token| error.token() == Some(token))
                || code.starts_with("U100") && error.code().starts_with("U100")
        }
        (Ok(Outcome::Value(value)), None, Some(expected)) if case.get("unordered").is_some() => {
            counted(value) == counted(expected)
        }
        (Ok(Outcome::Value(value)), None, Some(expected)) => value == expected,
        (Ok(Outcome::Nothing), None, None) => true,
        (Ok(Outcome::Function), None, _) => true,
        _ => false,
    };
    if is_right {
        return Ok(());
    }
    let got = match outcome {
        Ok(Outcome::Value(value)) => value.to_string(),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("{} {error} (token {:?})", error.code(), error.token()),
    };
    let wanted = code.map_or_else(|| case.get("result").map_or("nothing".to_owned(), Value::to_string), str::to_owned);
    Err(format!("{expression}\n  wanted {wanted} {}\n  got    {got}", text("token").unwrap_or_default()))
}

/// The elements, and how many there are of each.
fn counted(value: &Value) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for element in value.as_array().unwrap_or_default() {
        *counted.entry(element.to_string()).or_default() += 1;
    }
    counted
}
