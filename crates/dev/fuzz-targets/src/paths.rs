//! Paths and intrinsic functions of the Amazon States Language, where states have them.
//!
//! An input is the text of a path or a function, a blank line, and the state's input.

use bongsu_states_language::{Mock, StateTest, Timestamp, Untestable, test_state};
use serde_json::json;

use crate::http_text;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp(1_767_225_600_000);

/// Takes a path or a function, and what it looks at.
///
/// # Panics
///
/// If a state with it is refused without a reason, or gives something that is no JSON.
pub fn paths(input: &[u8]) {
    let (text, input) = http_text::split_at_blank_line(input);
    let (Ok(text), Ok(input)) = (std::str::from_utf8(text), std::str::from_utf8(input)) else { return };
    let input = if input.is_empty() { "{}" } else { input };
    let states = [
        json!({ "Type": "Pass", "Parameters": { "v.$": text }, "End": true }),
        json!({ "Type": "Pass", "InputPath": text, "OutputPath": text, "End": true }),
        json!({ "Type": "Pass", "Result": [1], "ResultPath": text, "Assign": { "a.$": text }, "End": true }),
        json!({ "Type": "Wait", "SecondsPath": text, "End": true }),
        json!({ "Type": "Wait", "TimestampPath": text, "End": true }),
        json!({ "Type": "Fail", "ErrorPath": text, "CausePath": text }),
        json!({
            "Type": "Choice",
            "Choices": [
                { "Variable": text, "IsPresent": false, "Next": "A" },
                { "Variable": text, "StringMatches": "a*\\*b", "Next": "A" },
                { "Variable": "$.a", "TimestampLessThanPath": text, "Next": "A" },
            ],
        }),
    ];
    for state in states {
        test(&state.to_string(), input, None);
    }
    let mapped = json!({ "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultSelector": { "v.$": text },
        "TimeoutSecondsPath": text, "End": true });
    test(&mapped.to_string(), input, Some(Mock::Result(input)));
}

fn test(definition: &str, input: &str, mock: Option<Mock<'_>>) {
    let test = StateTest { definition, state: None, input, variables: None, context: None, mock };
    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        seed
    };
    match test_state(&test, NOW, &mut random) {
        Ok(tested) => {
            let output = tested.output.as_deref().unwrap_or("null");
            assert!(serde_json::from_str::<serde_json::Value>(output).is_ok(), "{output}");
        }
        Err(Untestable::Definition(diagnostics)) => assert!(!diagnostics.is_empty()),
        Err(_) => {}
    }
}
