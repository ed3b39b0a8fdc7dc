//! Reads the items of a distributed Map from what an object holds: JSON, JSON lines, or CSV.

use bongsu_jsonata::{Object, Value};

use crate::definition::{CsvHeaders, ReaderFormat, ReaderInput};

/// The items in the contents of an object, or why there are none, in AWS's words. Listings have no contents: their
/// items are the keys that the store lists.
pub fn read_items(input: &ReaderInput, contents: &str) -> Result<Vec<Value>, String> {
    match input {
        ReaderInput::Listing => Err("A listing is not read from an object.".into()),
        ReaderInput::Object(ReaderFormat::Json { pointer }) => json(contents, pointer.as_deref()),
        ReaderInput::Object(ReaderFormat::JsonLines) => json_lines(contents),
        ReaderInput::Object(ReaderFormat::Csv { headers, delimiter }) => csv(contents, headers, *delimiter),
    }
}

fn json(contents: &str, pointer: Option<&str>) -> Result<Vec<Value>, String> {
    let document: Value = serde_json::from_str(contents).map_err(|error| format!("The object is not JSON: {error}"))?;
    let mut value = &document;
    for part in pointer.into_iter().flat_map(|pointer| pointer.split('/').skip(1)) {
        let key = part.replace("~1", "/").replace("~0", "~");
        let below = match value {
            Value::Array(elements) => key.parse().ok().and_then(|at: usize| elements.get(at)),
            other => other.get(&key),
        };
        value = below.ok_or_else(|| format!("ItemsPointer {} points to nothing.", pointer.unwrap_or_default()))?;
    }
    let items = value.as_array().ok_or("Attempting to map over non-iterable node.")?;
    Ok(items.to_vec())
}

fn json_lines(contents: &str) -> Result<Vec<Value>, String> {
    let lines = contents.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let items = lines.map(|(at, line)| {
        serde_json::from_str(line).map_err(|error| format!("Line {} of the object is not JSON: {error}", at + 1))
    });
    items.collect()
}

/// An object a row: the names of columns, and texts. Short rows have empty texts at their end.
fn csv(contents: &str, headers: &CsvHeaders, delimiter: char) -> Result<Vec<Value>, String> {
    let mut rows = rows(contents, delimiter)?.into_iter();
    let names: Vec<String> = match headers {
        CsvHeaders::FirstRow => rows.next().unwrap_or_default(),
        CsvHeaders::Given(names) => names.iter().map(|name| name.to_string()).collect(),
    };
    if names.iter().enumerate().any(|(at, name)| names[..at].contains(name)) {
        return Err("CSV headers cannot contain duplicates.".into());
    }
    let items = rows.map(|row| {
        let mut texts = row.into_iter();
        let fields = names.iter().map(|name| (name.as_str(), Value::from(texts.next().unwrap_or_default())));
        Value::Object(fields.collect::<Object>())
    });
    Ok(items.collect())
}

/// The fields of each row (RFC 4180): a field in quotes may hold delimiters, line breaks and doubled quotes.
fn rows(contents: &str, delimiter: char) -> Result<Vec<Vec<String>>, String> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let (mut row, mut field) = (Vec::new(), String::new());
    let mut characters = contents.strip_prefix('\u{feff}').unwrap_or(contents).chars().peekable();
    let mut quoted = false;
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c if c == delimiter && !quoted => row.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    if quoted {
        return Err("A quoted field of the CSV file does not end.".into());
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    // An empty line is no row.
    rows.retain(|row| row.len() > 1 || row.iter().any(|field| !field.is_empty()));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(items: Result<Vec<Value>, String>) -> String {
        items.map_or_else(|error| error, |items| Value::from(items).to_string())
    }

    #[test]
    fn a_csv_file_gives_an_object_a_row() {
        let read = |text: &str| shown(csv(text, &CsvHeaders::FirstRow, ','));
        assert_eq!(read("a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n2\n"), r#"[{"a":"1","b":"x, \"y\"\nz"},{"a":"2","b":""}]"#);
        assert_eq!(read("a,a\n1,2"), "CSV headers cannot contain duplicates.");
        assert_eq!(read("a\n\"x"), "A quoted field of the CSV file does not end.");
        let given = CsvHeaders::Given(vec!["n".into(), "m".into()]);
        assert_eq!(shown(csv("1|2\n", &given, '|')), r#"[{"n":"1","m":"2"}]"#);
    }

    #[test]
    fn a_pointer_finds_the_list_in_a_document() {
        assert_eq!(shown(json(r#"{"a":{"b/c":[1,2]}}"#, Some("/a/b~1c"))), "[1,2]");
        assert_eq!(shown(json(r#"{"a":1}"#, Some("/b"))), "ItemsPointer /b points to nothing.");
        assert_eq!(shown(json(r#"{"a":1}"#, None)), "Attempting to map over non-iterable node.");
    }

    #[test]
    fn each_line_is_an_item() {
        assert_eq!(shown(json_lines("{\"a\":1}\n\n2\n")), r#"[{"a":1},2]"#);
        assert!(shown(json_lines("1\nx")).starts_with("Line 2 of the object is not JSON"));
    }
}
