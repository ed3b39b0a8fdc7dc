//! What is accepted for AWS's sake and has no effect here, what is part of another resource, and what is not made yet.

use bongsu_template::Definition;

use super::{Cx, Provider};
use crate::queues::Outcome;
use crate::stacks::provide::{Fault, Made};

/// Nothing to be made.
pub(super) struct Recorded {
    /// Whether it would have an effect if it were made.
    is_missed: bool,
}

impl Recorded {
    pub(super) fn of(definition: &Definition) -> Recorded {
        let is_harmless =
            matches!(definition, Definition::Recorded(_) | Definition::ApiPart { .. } | Definition::UsagePart);
        Recorded { is_missed: !is_harmless }
    }
}

impl Provider for Recorded {
    fn check(&self, cx: &Cx<'_>) -> Result<(), Fault> {
        let type_name = cx.resource.type_name;
        if self.is_missed { Err(format!("resources of the type {type_name} are not made yet").into()) } else { Ok(()) }
    }

    async fn bring_about(&self, _: Option<&Self>, _: &Cx<'_>) -> Result<Made, String> {
        Ok(Outcome::Made.into())
    }

    async fn delete(&self, _: Option<&str>, _: &Cx<'_>) -> Result<(), String> {
        Ok(())
    }
}
