//! What `CreateStack`, `UpdateStack` and `CreateChangeSet` have in common: a deployment, member by member.

use super::engine::{Deployment, GivenParameter, OnFailure};
use super::parameters::{choice, texts, unsupported};
use super::rejection::invalid;
use super::shapes::{DeploymentConfig, ParameterInput, RollbackConfiguration, TagInput};
use crate::codec::{Integer, Text};
use crate::error::ApiError;

/// CloudFormation's own limit.
const TAGS_MAX: usize = 50;
const POLICY_BYTES_MAX: usize = 16_384;

const ON_FAILURE: [(&str, OnFailure); 3] =
    [("DO_NOTHING", OnFailure::DoNothing), ("ROLLBACK", OnFailure::RollBack), ("DELETE", OnFailure::Delete)];

/// An operation's input: the members here, and those of [`Given`] that all three have.
macro_rules! deployment_input {
    ($life:lifetime; $($(#[$attribute:meta])* $field:ident: $type:ty,)*) => {
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub(super) struct Input<$life> {
            $($(#[$attribute])* $field: $type,)*
            #[serde(borrow)]
            stack_name: Option<crate::codec::Text<$life>>,
            #[serde(borrow)]
            template_body: Option<crate::codec::Text<$life>>,
            #[serde(borrow, rename = "TemplateURL")]
            template_url: Option<crate::codec::Text<$life>>,
            #[serde(borrow)]
            parameters: Option<Vec<super::shapes::ParameterInput<$life>>>,
            #[serde(borrow)]
            capabilities: Option<Vec<crate::codec::Text<$life>>>,
            #[serde(borrow)]
            resource_types: Option<Vec<crate::codec::Text<$life>>>,
            #[serde(borrow, rename = "RoleARN")]
            role_arn: Option<crate::codec::Text<$life>>,
            #[serde(borrow)]
            rollback_configuration: Option<super::shapes::RollbackConfiguration<$life>>,
            #[serde(borrow, rename = "NotificationARNs")]
            notification_arns: Option<Vec<crate::codec::Text<$life>>>,
            #[serde(borrow)]
            tags: Option<Vec<super::shapes::TagInput<$life>>>,
            #[serde(borrow)]
            deployment_config: Option<super::shapes::DeploymentConfig<$life>>,
            disable_validation: Option<bool>,
        }

        impl<$life> Input<$life> {
            /// What all three have, without policy and token, which have a name of their own each time.
            fn given(&mut self) -> super::given::Given<$life> {
                super::given::Given {
                    parameters: self.parameters.take(),
                    capabilities: self.capabilities.take(),
                    resource_types: self.resource_types.take(),
                    role_arn: self.role_arn.take(),
                    rollback_configuration: self.rollback_configuration.take(),
                    notification_arns: self.notification_arns.take(),
                    tags: self.tags.take(),
                    deployment_config: self.deployment_config.take(),
                    disable_validation: self.disable_validation,
                    ..super::given::Given::default()
                }
            }
        }
    };
}

pub(super) use deployment_input;

/// The members that all three have.
#[derive(Debug, Default)]
pub(super) struct Given<'a> {
    pub(super) parameters: Option<Vec<ParameterInput<'a>>>,
    pub(super) capabilities: Option<Vec<Text<'a>>>,
    pub(super) resource_types: Option<Vec<Text<'a>>>,
    pub(super) role_arn: Option<Text<'a>>,
    pub(super) rollback_configuration: Option<RollbackConfiguration<'a>>,
    pub(super) notification_arns: Option<Vec<Text<'a>>>,
    pub(super) tags: Option<Vec<TagInput<'a>>>,
    pub(super) policy: Option<Text<'a>>,
    pub(super) policy_url: Option<Text<'a>>,
    pub(super) deployment_config: Option<DeploymentConfig<'a>>,
    pub(super) disable_validation: Option<bool>,
    pub(super) token: Option<Text<'a>>,
}

impl Given<'_> {
    /// What the stack is to become. What AWS would act on and this server does not is refused.
    pub(super) fn deployment(self, stack: Text<'_>, template: Option<String>) -> Result<Deployment, ApiError> {
        unsupported("ResourceTypes", self.resource_types.is_some_and(|types| !types.is_empty()))?;
        unsupported("RollbackConfiguration", self.rollback_configuration.is_some_and(|given| watches(&given)))?;
        unsupported("DeploymentConfig", self.deployment_config.is_some_and(|config| !is_usual(&config)))?;
        unsupported("DisableValidation", self.disable_validation == Some(true))?;
        unsupported("StackPolicyURL", self.policy_url.is_some())?;
        let parameters = self.parameters.unwrap_or_default().into_iter().map(parameter).collect::<Result<_, _>>()?;
        Ok(Deployment {
            stack: stack.into_string(),
            template,
            parameters,
            capabilities: self.capabilities.map(capabilities).transpose()?,
            tags: self.tags.map(tags).transpose()?,
            role_arn: self.role_arn.map(Text::into_string),
            notification_arns: self.notification_arns.map(texts),
            policy: self.policy.map(policy).transpose()?,
            token: self.token.map(Text::into_string),
        })
    }
}

/// What becomes of a new stack that fails.
pub(super) fn on_failure(
    word: Option<&str>,
    path: &str,
    disable_rollback: Option<bool>,
) -> Result<Option<OnFailure>, ApiError> {
    let chosen = choice(word, path, &ON_FAILURE)?;
    match (chosen, disable_rollback) {
        (Some(_), Some(_)) => Err(invalid("You cannot specify both DisableRollback and OnFailure in one request.")),
        (None, Some(true)) => Ok(Some(OnFailure::DoNothing)),
        (chosen, _) => Ok(chosen),
    }
}

/// A stack's policy: JSON that is kept and told.
pub(super) fn policy(text: Text<'_>) -> Result<String, ApiError> {
    if text.len() > POLICY_BYTES_MAX {
        return Err(invalid(format!("The stack policy is longer than {POLICY_BYTES_MAX} bytes")));
    }
    match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text) {
        Ok(_) => Ok(text.into_string()),
        Err(_) => Err(invalid("Error validating stack policy: Invalid stack policy")),
    }
}

fn parameter(given: ParameterInput<'_>) -> Result<GivenParameter, ApiError> {
    let name = given.parameter_key.ok_or_else(|| ApiError::missing_member("parameters.1.member.parameterKey"))?;
    unsupported("ResolvedValue", given.resolved_value.is_some())?;
    let value = match (given.parameter_value, given.use_previous_value.unwrap_or(false)) {
        (Some(_), true) => {
            let text = format!(
                "Invalid input for parameter key {name}. Cannot specify usePreviousValue as true and non empty value for a parameter"
            );
            return Err(invalid(text));
        }
        (None, false) => {
            return Err(invalid(format!("Invalid input for parameter key {name}. A value is required")));
        }
        (value, _) => value.map(Text::into_string),
    };
    Ok(GivenParameter { name: name.into_string(), value })
}

fn capabilities(given: Vec<Text<'_>>) -> Result<Vec<String>, ApiError> {
    const KNOWN: [(&str, ()); 3] =
        [("CAPABILITY_IAM", ()), ("CAPABILITY_NAMED_IAM", ()), ("CAPABILITY_AUTO_EXPAND", ())];
    given.iter().try_for_each(|word| choice(Some(word), "capabilities", &KNOWN).map(drop))?;
    Ok(texts(given))
}

fn tags(given: Vec<TagInput<'_>>) -> Result<Vec<(String, String)>, ApiError> {
    if given.len() > TAGS_MAX {
        return Err(invalid(format!("A stack has at most {TAGS_MAX} tags")));
    }
    let mut tags: Vec<(String, String)> = Vec::with_capacity(given.len());
    for tag in given {
        let key = tag.key.ok_or_else(|| ApiError::missing_member("tags.1.member.key"))?;
        let value = tag.value.ok_or_else(|| ApiError::missing_member("tags.1.member.value"))?;
        if tags.iter().any(|(known, _)| *known == *key) {
            return Err(invalid(format!("Duplicate tag key {key}")));
        }
        tags.push((key.into_string(), value.into_string()));
    }
    Ok(tags)
}

fn watches(given: &RollbackConfiguration<'_>) -> bool {
    given.rollback_triggers.as_ref().is_some_and(|triggers| !triggers.is_empty())
        || given.monitoring_time_in_minutes.is_some_and(|Integer(minutes)| minutes != 0)
}

fn is_usual(config: &DeploymentConfig<'_>) -> bool {
    // Nothing here becomes ready later than it is made.
    config.mode.as_deref().is_none_or(|mode| ["STANDARD", "EXPRESS"].contains(&mode))
        && config.disable_rollback != Some(true)
}
