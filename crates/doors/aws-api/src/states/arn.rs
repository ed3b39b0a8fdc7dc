//! ARNs of machines, executions and activities: written, and read with AWS's refusals.

use bongsu_broker::MachineRef;

use crate::error::{ApiError, ErrorKind};
use crate::operation::Context;

/// Which execution an ARN means.
pub(super) struct ExecutionArn {
    pub(super) machine: Box<str>,
    pub(super) name: Box<str>,
}

impl Context<'_> {
    pub(crate) fn machine_arn(&self, name: &str) -> String {
        format!("arn:aws:states:{}:{}:stateMachine:{name}", self.config.region, self.config.account)
    }

    pub(super) fn activity_arn(&self, name: &str) -> String {
        format!("arn:aws:states:{}:{}:activity:{name}", self.config.region, self.config.account)
    }
}

/// A machine's, a version's or an alias's.
pub(super) fn machine(arn: &str) -> Result<MachineRef, ApiError> {
    match parts(arn)?[..] {
        ["stateMachine", name] if !name.is_empty() => Ok(MachineRef { name: name.into(), qualifier: None }),
        ["stateMachine", name, qualifier] if !name.is_empty() && !qualifier.is_empty() => {
            Ok(MachineRef { name: name.into(), qualifier: Some(qualifier.into()) })
        }
        ref other => Err(wrong_type(other)),
    }
}

/// A machine's own, without version or alias.
pub(super) fn unqualified(arn: &str) -> Result<Box<str>, ApiError> {
    let machine = machine(arn)?;
    match machine.qualifier {
        None => Ok(machine.name),
        Some(_) => Err(invalid_arn(&format!("Resource must not be qualified: {arn}"))),
    }
}

/// An alias's or a version's.
pub(super) fn qualified(arn: &str) -> Result<(Box<str>, Box<str>), ApiError> {
    let machine = machine(arn)?;
    let qualifier = machine.qualifier.ok_or_else(|| invalid_arn("Resource type not valid in this context"))?;
    Ok((machine.name, qualifier))
}

/// A standard execution's.
pub(super) fn execution(arn: &str) -> Result<ExecutionArn, ApiError> {
    match parts(arn)?[..] {
        ["execution", machine, name] => Ok(ExecutionArn { machine: machine.into(), name: name.into() }),
        ref other => Err(wrong_type(other)),
    }
}

/// An activity's.
pub(super) fn activity(arn: &str) -> Result<Box<str>, ApiError> {
    match parts(arn)?[..] {
        ["activity", name] if !name.is_empty() => Ok(name.into()),
        ref other => Err(wrong_type(other)),
    }
}

/// What stands behind region and account.
pub(super) fn parts(arn: &str) -> Result<Vec<&str>, ApiError> {
    let mut parts = arn.splitn(6, ':');
    match (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("arn"), Some(_), Some("states"), Some(_), Some(_), Some(resource)) => Ok(resource.split(':').collect()),
        _ => Err(invalid_arn(&format!("Invalid ARN prefix: {arn}"))),
    }
}

pub(super) fn wrong_type(parts: &[&str]) -> ApiError {
    let found = parts.first().copied().unwrap_or_default();
    invalid_arn(&format!("Resource type not valid in this context: {found}"))
}

pub(super) fn invalid_arn(text: &str) -> ApiError {
    ApiError::new(ErrorKind::InvalidArn, format!("Invalid Arn: '{text}'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "arn:aws:states:us-east-1:000000000000:";

    #[test]
    fn an_arn_names_what_its_type_says() {
        let found = machine(&format!("{PREFIX}stateMachine:m:7")).unwrap();
        assert_eq!((&*found.name, found.qualifier.as_deref()), ("m", Some("7")));
        let found = execution(&format!("{PREFIX}execution:m:e")).ok().unwrap();
        assert_eq!((&*found.machine, &*found.name), ("m", "e"));
        assert_eq!(&*activity(&format!("{PREFIX}activity:a")).unwrap(), "a");
    }

    #[test]
    fn what_is_no_arn_of_the_kind_is_refused_in_awss_words() {
        let text = |error: ApiError| error.message().to_owned();
        assert_eq!(text(machine("m").unwrap_err()), "Invalid Arn: 'Invalid ARN prefix: m'");
        let express = format!("{PREFIX}express:m:e:1");
        let refused = execution(&express).err().unwrap();
        assert_eq!(text(refused), "Invalid Arn: 'Resource type not valid in this context: express'");
        assert!(unqualified(&format!("{PREFIX}stateMachine:m:7")).is_err());
        assert!(qualified(&format!("{PREFIX}stateMachine:m")).is_err());
    }
}
