//! Templates, as strangers send them to the CloudFormation API.

use std::collections::BTreeSet;

use bongsu_template::{Action, Inputs, parse, plan};

/// Takes a text as a template.
///
/// # Panics
///
/// If faults are none or would harm a terminal, a resource comes before what it needs, or a stack differs from itself.
pub fn templates(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let stack = match parse(text, "template.yaml", &Inputs::default()) {
        Ok(stack) => stack,
        Err(errors) => {
            let shown = errors.to_string();
            return assert!(
                !errors.errors().is_empty() && !shown.chars().any(|c| c.is_control() && c != '\n'),
                "{shown}"
            );
        }
    };
    let mut made = BTreeSet::new();
    for resource in &stack.resources {
        let (name, needs) = (&resource.logical_id, &resource.depends_on);
        assert!(needs.iter().all(|need| made.contains(need)), "{name} needs {needs:?}, and there is {made:?}");
        made.insert(&resource.logical_id);
    }
    let changes = plan(&stack, &stack);
    assert!(changes.iter().all(|change| change.action == Action::None), "{changes:?}");
}
