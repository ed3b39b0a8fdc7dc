//! Filter patterns as CloudWatch Logs has them: terms that a line must have, or conditions on a line of JSON.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

mod condition;
mod json;
mod reader;
mod terms;

use serde_json::Value;

use condition::Condition;
use terms::Terms;

/// The longest pattern, in characters.
pub const PATTERN_CHARACTERS_MAX: usize = 1024;

/// What a line must be like to be found. Cheap to match, and never expensive to read: see [`PATTERN_CHARACTERS_MAX`].
#[derive(Clone, Debug)]
pub struct FilterPattern(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Terms(Terms),
    Json(Condition),
}

/// Why a pattern is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PatternError(String);

impl FilterPattern {
    /// Reads a pattern. Without a term it lets everything through.
    ///
    /// # Errors
    ///
    /// What is wrong with it, for a person.
    pub fn parse(text: &str) -> Result<FilterPattern, PatternError> {
        if text.chars().count() > PATTERN_CHARACTERS_MAX {
            return Err(PatternError(format!("a filter pattern has at most {PATTERN_CHARACTERS_MAX} characters")));
        }
        let text = text.trim();
        if text.starts_with('[') {
            let reason =
                "patterns for space-delimited lines, [a, b, …], are not available: use terms, or JSON patterns";
            return Err(PatternError(reason.to_owned()));
        }
        let kind =
            if text.starts_with('{') { Kind::Json(json::parse(text)?) } else { Kind::Terms(Terms::parse(text)?) };
        Ok(FilterPattern(kind))
    }

    /// Whether a line's text is what is looked for.
    pub fn matches(&self, text: &str) -> bool {
        match &self.0 {
            Kind::Terms(terms) => terms.match_text(text.as_bytes()),
            Kind::Json(condition) => {
                // Most lines are no JSON, and that is quickly seen.
                text.trim_start().starts_with('{')
                    && serde_json::from_str::<Value>(text).is_ok_and(|value| condition.holds(&value))
            }
        }
    }

    /// What the JSON of a matching text, as a stored line has it, is sure to contain; unless that has escapes of
    /// characters, `\u…`, which can spell anything.
    pub(crate) fn needles(&self) -> Vec<String> {
        let mut needles = match &self.0 {
            Kind::Terms(terms) => terms.needles(),
            Kind::Json(condition) => condition.needles(),
        };
        // Longer ones are rarer, and sooner found to be absent.
        needles.sort_by_key(|needle| std::cmp::Reverse(needle.len()));
        needles.dedup();
        needles
    }
}

impl PatternError {
    fn at(place: usize, reason: &str) -> PatternError {
        PatternError(format!("the filter pattern is wrong at character {}: {reason}", place + 1))
    }

    fn no_regular_expressions(place: usize) -> PatternError {
        PatternError::at(place, "regular expressions, %…%, are not available")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FAILURE: &str = r#"{"level": "ERROR", "took": 5.5, "user": {"id": "u-1", "tags": ["a", "b"]}, "order.id": 7,
        "ok": false, "done": true, "cause": null, "path": "/v1/orders", "status": "404"}"#;

    #[track_caller]
    fn matches(pattern: &str, text: &str) -> bool {
        let pattern = FilterPattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let found = pattern.matches(text);
        // What is not even looked at must not match.
        let stored = serde_json::to_string(text).unwrap();
        let passed = pattern.needles().iter().all(|needle| stored.contains(needle.as_str()));
        assert!(!found || passed || stored.contains("\\\\u"), "{pattern:?} passes over {text}");
        found
    }

    #[test]
    fn terms_must_be_there_one_of_the_optional_ones_too_and_no_unwanted_one() {
        let line = "[ERROR] 2026-11-23 order 42: took \"too long\"\tand failed";
        for (pattern, found) in [
            ("", true),
            ("  ", true),
            ("ERROR", true),
            ("error", false),
            ("ERROR failed", true),
            ("ERROR succeeded", false),
            ("?WARN ?ERROR", true),
            ("?WARN ?INFO", false),
            ("?WARN ?ERROR failed", true),
            ("?WARN ?ERROR succeeded", false),
            ("-ERROR", false),
            ("ERROR -WARN", true),
            ("ERROR -failed", false),
            ("\"order 42\"", true),
            ("\"order  42\"", false),
            ("\"42: took\" -\"order 43\"", true),
            ("?\"order 43\" ?\"order 42\"", true),
            (r#""took \"too long\"""#, true),
            ("2026-11-23", true),
            ("a\\b", false),
        ] {
            assert_eq!(matches(pattern, line), found, "{pattern}");
        }
        assert!(matches(r#""a\\b""#, "a\\b") && matches("주문", "주문 42"));
    }

    #[test]
    fn conditions_look_into_json() {
        for (pattern, found) in [
            (r#"{ $.level = "ERROR" }"#, true),
            (r#"{$.level="ERROR"}"#, true),
            ("{ $.level = ERROR }", true),
            (r#"{ $.level = "error" }"#, false),
            (r#"{ $.level != "ERROR" }"#, false),
            (r#"{ $.level != "WARN" }"#, true),
            (r#"{ $.absent != "WARN" }"#, false),
            (r#"{ $.level = "ERR*" }"#, true),
            (r#"{ $.level = "*" }"#, true),
            (r#"{ $.level = "*R*OR" }"#, true),
            (r#"{ $.level = "R*" }"#, false),
            (r#"{ $.level != "ERR*" }"#, false),
            ("{ $.path = /v1/* }", true),
            ("{ $.took = 5.5 }", true),
            ("{ $.took = 55e-1 }", true),
            ("{ $.took != 5.5 }", false),
            ("{ $.took > 5 }", true),
            ("{ $.took >= 5.5 }", true),
            ("{ $.took < 5.5 }", false),
            ("{ $.took <= 5.5 }", true),
            ("{ $.took > -1 }", true),
            ("{ $.level > 5 }", false),
            ("{ $.absent < 5 }", false),
            ("{ $.status = 404 }", true),
            ("{ $.status > 400 }", false),
            ("{ $.took = \"5.5\" }", false),
            (r#"{ $.level = "ERROR" && $.took > 5 }"#, true),
            (r#"{ $.level = "ERROR" && $.took > 6 }"#, false),
            (r#"{ $.level = "WARN" || $.took > 5 }"#, true),
            (r#"{ $.level = "WARN" && $.absent = 1 || $.took > 5 }"#, true),
            (r#"{ $.level = "WARN" && ($.absent = 1 || $.took > 5) }"#, false),
            (r#"{ ($.level = ERROR) && (($.took > 5)) }"#, true),
            (r#"{ $.user.id = "u-1" }"#, true),
            ("{ $.user.tags[1] = b }", true),
            ("{ $.user.tags[2] = b }", false),
            ("{ $.user.tags[2] NOT EXISTS }", true),
            ("{ $['order.id'] = 7 }", true),
            (r#"{ $.["order.id"] = 7 }"#, true),
            ("{ $.order.id = 7 }", false),
            ("{ $.cause IS NULL }", true),
            ("{ $.level IS NULL }", false),
            ("{ $.absent IS NULL }", false),
            ("{ $.done IS TRUE && $.ok IS FALSE }", true),
            ("{ $.done IS FALSE }", false),
            ("{ $.absent NOT EXISTS }", true),
            ("{ $.cause NOT EXISTS }", false),
        ] {
            assert_eq!(matches(pattern, FAILURE), found, "{pattern}");
        }
    }

    #[test]
    fn only_json_objects_meet_conditions_however_they_are_spelled() {
        for (text, found) in [
            ("  {\"level\":\"ERROR\"}  ", true),
            (r#"{"\u006cevel":"\u0045RROR"}"#, true),
            ("{\"level\":\"ERROR\"", false),
            ("level = ERROR", false),
            ("[{\"level\":\"ERROR\"}]", false),
            ("\"ERROR\"", false),
            ("", false),
        ] {
            assert_eq!(matches("{ $.level = ERROR }", text), found, "{text}");
        }
        let deep = format!("{{\"level\":{}1{}}}", "[".repeat(500), "]".repeat(500));
        assert!(!matches("{ $.level = 1 }", &deep));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_place() {
        for (pattern, reason) in [
            ("[ip, user]", "space-delimited"),
            ("%ERR.*%", "character 1: regular expressions"),
            ("a -%b%", "character 4: regular expressions"),
            ("-", "character 2: a term is missing"),
            ("a ?", "character 4: a term is missing"),
            ("\"\"", "character 1: a term is missing"),
            ("\"abc", "character 1: the quotation has no end"),
            ("\"abc\"d", "character 6: a space is missing"),
            ("{", "character 2: a selector, such as $.level, is missing"),
            ("{}", "character 2: a selector"),
            ("{ level = 1 }", "character 3: a selector"),
            ("{ $ = 1 }", "character 4: the name of a property is missing"),
            ("{ $. = 1 }", "character 5: the name of a property is missing"),
            ("{ $.a[x] = 1 }", "character 7: an index or a name in quotation marks is missing"),
            ("{ $.a[*] = 1 }", "character 7: an index or a name in quotation marks is missing"),
            ("{ $.a[99999999999999999999] = 1 }", "character 7: the index is too large"),
            ("{ $.a[1 = 1 }", "character 8: ] is missing"),
            ("{ $.a }", "character 7: =, !=, <, <=, >, >=, IS or NOT EXISTS is missing"),
            ("{ $.a == 1 }", "character 8: a value is missing"),
            ("{ $.a = }", "character 9: a value is missing"),
            ("{ $.a = %x% }", "character 9: regular expressions"),
            ("{ $.a = \"x }", "character 9: the quotation has no end"),
            ("{ $.a > \"x\" }", "character 9: a number is missing"),
            ("{ $.a > x }", "character 9: a number is missing"),
            ("{ $.a IS 1 }", "character 10: NULL, TRUE or FALSE is missing"),
            ("{ $.a NOT NULL }", "character 11: EXISTS is missing"),
            ("{ $.a = 1 & $.b = 2 }", "character 11: &&, || or } is missing"),
            ("{ $.a = 1 $.b = 2 }", "character 11: &&, || or } is missing"),
            ("{ ($.a = 1 }", "character 12: &&, || or ) is missing"),
            ("{ $.a = 1 } x", "character 13: nothing can follow"),
        ] {
            let error = FilterPattern::parse(pattern).expect_err(pattern).to_string();
            assert!(error.contains(reason), "{pattern}: {error}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let nested = |depth: usize| format!("{{ {}$.a = 1{} }}", "(".repeat(depth), ")".repeat(depth));
        assert!(matches(&nested(json::DEPTH_MAX), "{\"a\":1}"));
        let error = FilterPattern::parse(&nested(json::DEPTH_MAX + 1)).unwrap_err().to_string();
        assert!(error.contains("nested too deeply"), "{error}");
        assert!(FilterPattern::parse(&"é".repeat(PATTERN_CHARACTERS_MAX)).is_ok());
        assert!(FilterPattern::parse(&"é".repeat(PATTERN_CHARACTERS_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn no_pattern_and_no_line_brings_it_down(pattern in ".{0,60}", text in ".{0,60}") {
            if let Ok(pattern) = FilterPattern::parse(&pattern) {
                pattern.matches(&text);
            }
        }

        #[test]
        fn nor_does_one_that_is_nearly_right(
            pattern in r#"\{ ?(\(|\)|\$\.a|\$|\[|\]|'|"|\.|=|!=|<|&&|\|\||IS|NULL|NOT|EXISTS|1|é|%|\*| ){0,12}\}?"#,
            text in r#"\{"a": ?(1|"é"|null|\[1\]|\{"a":1\})\}"#,
        ) {
            if let Ok(pattern) = FilterPattern::parse(&pattern) {
                pattern.matches(&text);
            }
        }

        #[test]
        fn a_term_is_found_wherever_it_stands(before in ".{0,20}", term in "[^\\s\"%?\\[{\\-][^\\s\"]{0,10}", after in ".{0,20}") {
            let text = format!("{before}{term}{after}");
            prop_assert!(matches(&term, &text));
            let without = format!("-{term}");
            prop_assert!(!matches(&without, &text));
        }
    }
}
