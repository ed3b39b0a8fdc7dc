//! `CreateEventSourceMapping`: lets a queue feed a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html>

use bongsu_broker::{MappingDefinition, PutWhen, Rejection, Seconds};
use bongsu_runtime::Refusal;

use super::event_source_mapping::EventSourceMapping;
use super::mapping_settings::{BATCH_SIZE_DEFAULT, MappingDetails, mapping_input};
use super::{rate_limit, tagged};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

mapping_input! {
    event_source_arn: Option<String>,
    function_name: Option<String>,
    tags: tagged::Tags,
}

pub(super) async fn call(mut input: Input, cx: &Context<'_>) -> Result<EventSourceMapping, ApiError> {
    let settings = input.settings();
    let mut constraints = Constraints::default();
    let function = constraints.required("functionName", input.function_name);
    settings.check(&mut constraints);
    constraints.check()?;
    let function = cx.fed_function(&function)?;
    tagged::check(&input.tags)?;
    rate_limit::check(&input.tags)?;
    let mut definition = MappingDefinition {
        queue: cx.source(input.event_source_arn.as_deref())?,
        function,
        batch_size: BATCH_SIZE_DEFAULT,
        window: Seconds(0),
        report_batch_item_failures: false,
        concurrency_max: None,
        enabled: true,
        filters: Vec::new(),
        details: "".into(),
    };
    let last_modified = cx.config.clock.now().0;
    let mut details = MappingDetails { last_modified, tags: input.tags, ..MappingDetails::default() };
    settings.apply(&mut definition, &mut details)?;
    definition.details = details.to_json();
    cx.check_ends(&definition).await?;
    let made = cx.broker.put_mapping(None, definition.clone(), PutWhen::Absent).await;
    let mapping = made.map_err(|refusal| match refusal {
        Refusal::Rejected(Rejection::MappingExists { id }) => cx.fed_already(&definition, id),
        refusal => cx.refused(refusal),
    })?;
    let state = if definition.enabled { "Creating" } else { "Disabled" };
    Ok(EventSourceMapping::in_state(&mapping, state, cx))
}
