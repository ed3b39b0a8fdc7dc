//! Where the definition of a state machine comes from, and what is substituted in it.

use std::collections::BTreeMap;

use crate::error::Faults;
use crate::json::{self, Scalars};
use crate::reader::Reader;
use crate::yaml;

/// Where the definition of a state machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineDefinition {
    /// In the template: JSON, with its substitutions made.
    Text(String),
    /// In a file, JSON or YAML; relative to the folder of the template.
    File(String),
    /// In an object, JSON or YAML.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
        /// Its version.
        version: Option<String>,
    },
}

/// One of `Definition`, `DefinitionString` and `DefinitionS3Location`.
pub(crate) fn read(
    reader: &mut Reader<'_>,
    line: u32,
    substitutions: &BTreeMap<String, String>,
) -> Option<MachineDefinition> {
    const PLACES: [&str; 3] = ["Definition", "DefinitionString", "DefinitionS3Location"];
    let given: Vec<&str> = PLACES.into_iter().filter(|name| reader.has(name)).collect();
    let [place] = given[..] else {
        reader.pass(&PLACES);
        reader.fault(
            line,
            "a state machine has one of Definition, DefinitionString and DefinitionS3Location (SAM: DefinitionUri)",
        );
        return None;
    };
    match place {
        "DefinitionS3Location" => location(reader, place),
        "DefinitionString" => {
            let text = reader.string(place)?;
            let definition = definition_text(&text, substitutions);
            let line = reader.line_of(place);
            let told = definition.map_err(|reason| reader.fault(line, format!("{place}: {reason}")));
            told.ok().map(MachineDefinition::Text)
        }
        _ => {
            let written = reader.json(place, Scalars::AsWritten)?;
            Some(MachineDefinition::Text(substituted(&written, substitutions)))
        }
    }
}

/// `Bucket` and `Key`, or the path of a file, as packaging tools take it.
fn location(reader: &mut Reader<'_>, name: &str) -> Option<MachineDefinition> {
    let line = reader.line_of(name);
    let given = reader.take(name)?;
    if let Some(path) = given.as_text() {
        let is_path = !path.text.is_empty() && !path.text.contains("://");
        if !is_path {
            reader.fault(line, format!("{name} must be the path of a file, or a map of Bucket and Key"));
        }
        return is_path.then(|| MachineDefinition::File(path.text.clone()));
    }
    let mut map = reader.within(given, name)?;
    let (bucket, key, version) = (map.required("Bucket"), map.required("Key"), map.string("Version"));
    map.finish();
    Some(MachineDefinition::Object { bucket: bucket?, key: key?, version })
}

/// The definition as JSON, with values for its `${name}`: what a template, a file or an object says, as JSON or as YAML.
///
/// Names without a value stay as they are: JSONata and texts may have such, too.
///
/// # Errors
///
/// Why the text is no definition: the end of a sentence without a full stop.
pub fn definition_text(written: &str, substitutions: &BTreeMap<String, String>) -> Result<String, String> {
    let is_json = written.trim_start().starts_with('{');
    let definition = match is_json {
        true => substituted(written, substitutions),
        false => {
            let replaced = replaced(written, substitutions, |value, _| value.to_owned());
            let node = yaml::read(&replaced).map_err(|fault| fault.to_string())?;
            let mut faults = Faults::default();
            json::text(&node, Scalars::AsWritten, &mut faults).ok_or("it has a value that is none")?
        }
    };
    match serde_json::from_str::<serde_json::Map<_, _>>(&definition) {
        Ok(_) => Ok(definition),
        Err(fault) => Err(format!("it must be a map, in JSON or in YAML: {fault}")),
    }
}

/// Inside of a text of JSON a value is escaped; elsewhere it is JSON itself, such as a number.
fn substituted(definition: &str, substitutions: &BTreeMap<String, String>) -> String {
    replaced(definition, substitutions, |value, is_inside| match is_inside {
        true => {
            let quoted = serde_json::Value::from(value).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        }
        false => value.to_owned(),
    })
}

/// With what `write` makes of each value and of whether it stands between quotes.
fn replaced(text: &str, substitutions: &BTreeMap<String, String>, write: impl Fn(&str, bool) -> String) -> String {
    let (mut out, mut rest, mut is_inside) = (String::with_capacity(text.len()), text, false);
    while let Some(at) = rest.find(['"', '\\', '$']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let name = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')).map(|(name, _)| name);
        if let Some((name, value)) = name.and_then(|name| substitutions.get_key_value(name)) {
            out.push_str(&write(value, is_inside));
            rest = &rest["${}".len() + name.len()..];
            continue;
        }
        // What is escaped goes along: its quote ends nothing.
        let taken = match rest.as_bytes()[0] {
            b'\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            sign => {
                is_inside ^= sign == b'"';
                1
            }
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> BTreeMap<String, String> {
        let values = [("Queue", "a\"b"), ("Seconds", "5"), ("List", "[1,\"two\"]"), ("Again", "${Queue}")];
        values.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn a_value_is_escaped_in_texts_and_json_elsewhere() {
        for (written, expected) in [
            (r#"{"Url":"x/${Queue}","Other":"${Other}"}"#, r#"{"Url":"x/a\"b","Other":"${Other}"}"#),
            (
                r#"{"Seconds":${Seconds},"Text":"${Seconds}","List":${List}}"#,
                r#"{"Seconds":5,"Text":"5","List":[1,"two"]}"#,
            ),
            (r#"{"a":"\"${List}","b":"${","c":"$${Seconds}"}"#, r#"{"a":"\"[1,\"two\"]","b":"${","c":"$5"}"#),
            // What came in by a substitution is not looked at again.
            (r#"{"a":"${Again}"}"#, r#"{"a":"${Queue}"}"#),
        ] {
            assert_eq!(definition_text(written, &values()), Ok(expected.to_owned()), "{written}");
        }
    }

    #[test]
    fn yaml_is_taken_where_json_is() {
        let written = "StartAt: A\nStates:\n  A: { Type: Wait, Seconds: ${Seconds}, Comment: \"5\", End: true }\n";
        let expected = r#"{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":5,"Comment":"5","End":true}}}"#;
        assert_eq!(definition_text(written, &values()), Ok(expected.to_owned()));
    }

    #[test]
    fn what_is_no_map_is_refused_with_its_place() {
        for (written, part) in
            [("{\"StartAt\": ", "EOF"), ("- a\n- b\n", "must be a map"), ("a: [\n", "line "), ("", "empty")]
        {
            let reason = definition_text(written, &values()).unwrap_err();
            assert!(reason.contains(part), "{written}: {reason}");
        }
    }
}
