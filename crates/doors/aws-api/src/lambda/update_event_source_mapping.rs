//! `UpdateEventSourceMapping`: what is not said stays as it is.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html>

use bongsu_broker::{PutWhen, Rejection};
use bongsu_runtime::Refusal;

use super::event_source_mapping::EventSourceMapping;
use super::mapping_settings::{MappingDetails, mapping_input};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

mapping_input! {
    #[serde(rename = "UUID")]
    uuid: String,
    function_name: Option<String>,
}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<EventSourceMapping, ApiError> {
    let settings = input.settings();
    let mut constraints = Constraints::default();
    settings.check(&mut constraints);
    constraints.check()?;
    let before = cx.mapping_of(&input.uuid).await?;
    let mut definition = before.definition.clone();
    if let Some(function) = input.function_name {
        definition.function = cx.fed_function(&function)?;
    }
    let last_modified = cx.config.clock.now().0;
    let mut details = MappingDetails { last_modified, ..MappingDetails::of(&definition) };
    settings.apply(&mut definition, &mut details)?;
    definition.details = details.to_json();
    cx.check_ends(&definition).await?;
    let state = match (before.definition.enabled, definition.enabled) {
        (true, false) => "Disabling",
        (false, true) => "Enabling",
        (false, false) => "Disabled",
        (true, true) => "Updating",
    };
    let when = PutWhen::Present { revision: None };
    let put = cx.broker.put_mapping(Some(before.id), definition.clone(), when).await;
    let mapping = put.map_err(|refusal| match refusal {
        Refusal::Rejected(Rejection::MappingExists { id }) => cx.fed_already(&definition, id),
        refusal => cx.refused(refusal),
    })?;
    Ok(EventSourceMapping::in_state(&mapping, state, cx))
}
