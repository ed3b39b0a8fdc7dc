//! Reads the AWS tools' shared files: `[section]`, `name = value`, comments, and indented lines that nest.

use std::collections::BTreeMap;

/// The settings of one section, their names in lower case.
pub(crate) type Section = BTreeMap<String, String>;
/// All sections of a file by name.
pub(crate) type Sections = BTreeMap<String, Section>;

/// Reads a whole file. Like the AWS tools it passes over what it does not know: it was written for others too.
pub(crate) fn read(text: &str) -> Sections {
    let mut sections = Sections::new();
    let mut current = None;
    for line in text.lines() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            current = rest.split_once(']').map(|(name, _)| sections.entry(name.trim().to_owned()).or_default());
        } else if let (Some(section), Some((name, value)), false) = (&mut current, line.split_once('='), is_nested) {
            section.insert(name.trim().to_ascii_lowercase(), without_comment(value).trim().to_owned());
        }
    }
    sections
}

/// A comment after a value has a space before it: a secret may contain `#`.
fn without_comment(value: &str) -> &str {
    let ends = [" #", " ;", "\t#", "\t;"].iter().filter_map(|mark| value.find(mark)).min();
    &value[..ends.unwrap_or(value.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_hold_their_settings() {
        let text = "region = nowhere\n# keys\n[default]\naws_access_key_id=AKID\nAWS_Secret_Access_Key = s3#cr3t= # ours\n\n\
                    [profile work]\nregion = eu-west-1\ns3 =\n  region = nested\n; end\n[broken\nregion = lost\n";
        let sections = read(text);
        assert_eq!(sections.keys().collect::<Vec<_>>(), ["default", "profile work"]);
        assert_eq!(sections["default"]["aws_secret_access_key"], "s3#cr3t=");
        assert_eq!(sections["profile work"]["region"], "eu-west-1");
    }
}
