//! Aliases: what a request says of one, and what is told of it.

use std::collections::BTreeMap;

use bongsu_broker::{ALIAS_WEIGHT_WHOLE, Alias, FunctionVersion};
use serde::{Deserialize, Serialize};

use super::configuration::revision_id;
use super::details::AliasDetails;
use super::refusal::{invalid, not_found};
use crate::constraints::Constraints;
use crate::error::ApiError;
use crate::operation::Context;

const NAME_LENGTH_MAX: usize = 128;
pub(super) const DESCRIPTION_LENGTH_MAX: usize = 256;
const NAME_PATTERN: &str = "(?!^[0-9]+$)([a-zA-Z0-9-_]+)";

/// How an alias shares invocations out.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Routing {
    /// By version, 0 to 1.
    pub(super) additional_version_weights: BTreeMap<String, f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AliasConfiguration {
    alias_arn: String,
    name: String,
    function_version: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    routing_config: Option<Routing>,
    revision_id: String,
}

impl AliasConfiguration {
    pub(super) fn new(function: &str, alias: &Alias, cx: &Context<'_>) -> AliasConfiguration {
        let share = |(version, weight): (FunctionVersion, u32)| Routing {
            additional_version_weights: [(version.to_string(), f64::from(weight) / f64::from(ALIAS_WEIGHT_WHOLE))]
                .into(),
        };
        AliasConfiguration {
            alias_arn: cx.function_arn(&format!("{function}:{}", alias.name)),
            name: alias.name.to_string(),
            function_version: alias.version.to_string(),
            description: AliasDetails::of(alias).description,
            routing_config: alias.canary.map(share),
            revision_id: revision_id(alias.revision),
        }
    }
}

pub(super) fn check_name(name: &str, constraints: &mut Constraints) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
    constraints.pattern("name", name, NAME_PATTERN, !is_number && name.bytes().all(is_name));
    constraints.length("name", Some(name), 1..=NAME_LENGTH_MAX);
}

pub(super) fn version(text: &str) -> Result<FunctionVersion, ApiError> {
    let mut constraints = Constraints::default();
    let version = FunctionVersion::parse(text);
    constraints.pattern("functionVersion", text, r"(\$LATEST|[0-9]+)", version.is_some());
    constraints.check()?;
    version.ok_or_else(ApiError::internal_failure)
}

/// The other version of an alias for this one, if it has one.
pub(super) fn canary(
    routing: Option<Routing>,
    version: FunctionVersion,
) -> Result<Option<(FunctionVersion, u32)>, ApiError> {
    let weights = routing.unwrap_or_default().additional_version_weights;
    if weights.len() > 1 {
        return Err(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
    }
    let Some((other, weight)) = weights.into_iter().next() else { return Ok(None) };
    let Some(FunctionVersion::Number(number)) = FunctionVersion::parse(&other) else {
        return Err(invalid(format!("{other} is not a version that an alias can share invocations with.")));
    };
    let other = FunctionVersion::Number(number);
    if version == FunctionVersion::Latest {
        return Err(invalid("$LATEST is not supported for an alias pointing to more than 1 version"));
    }
    if other == version {
        return Err(invalid(format!(
            "Invalid function version {version}. Function version {version} is already included in routing configuration."
        )));
    }
    let mut constraints = Constraints::default();
    if !(0.0..=1.0).contains(&weight) {
        let bound = if weight > 1.0 { "less than or equal to 1.0" } else { "greater than or equal to 0.0" };
        constraints.fault("routingConfig.additionalVersionWeights", weight, format_args!("have value {bound}"));
    }
    constraints.check()?;
    Ok(Some((other, (weight * f64::from(ALIAS_WEIGHT_WHOLE)).round() as u32)))
}

impl Context<'_> {
    /// The alias of this name.
    pub(super) async fn alias(&self, function: &str, name: &str) -> Result<Alias, ApiError> {
        let aliases = self.broker.list_aliases(function).await.map_err(|refusal| self.refused(refusal))?;
        let missing =
            || not_found(format!("Cannot find alias arn: {}", self.function_arn(&format!("{function}:{name}"))));
        aliases.into_iter().find(|alias| &*alias.name == name).ok_or_else(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(weights: &[(&str, f64)], of: FunctionVersion) -> Result<Option<(FunctionVersion, u32)>, String> {
        let weights = weights.iter().map(|(version, weight)| ((*version).to_owned(), *weight)).collect();
        let routing = Routing { additional_version_weights: weights };
        canary(Some(routing), of).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn one_other_version_gets_a_share() {
        let one = FunctionVersion::Number(1);
        assert_eq!(shared(&[("2", 0.25)], one), Ok(Some((FunctionVersion::Number(2), 250_000))));
        assert_eq!(shared(&[], one), Ok(None));
        for weights in [&[("1", 0.5)][..], &[("2", 1.5)], &[("2", -0.1)], &[("live", 0.5)], &[("2", 0.1), ("3", 0.1)]] {
            assert!(shared(weights, one).is_err(), "{weights:?}");
        }
        assert!(shared(&[("2", 0.5)], FunctionVersion::Latest).is_err());
    }

    #[test]
    fn an_alias_is_not_called_like_a_version() {
        for (name, is_good) in [("live", true), ("v1", true), ("1", false), ("a b", false), ("", false)] {
            let mut constraints = Constraints::default();
            check_name(name, &mut constraints);
            assert_eq!(constraints.check().is_ok(), is_good, "{name}");
        }
    }
}
