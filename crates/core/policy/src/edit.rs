//! `AddPermission` and `RemovePermission`: statements added and removed by their labels.

use crate::json::{Json, quoted};
use crate::{EditError, LabelUnknown, Limits, Policy};

/// A statement that allows accounts to use a resource.
#[derive(Clone, Copy, Debug)]
pub struct NewStatement<'a> {
    /// Its `Sid`.
    pub label: &'a str,
    /// Twelve digits each, at least one.
    pub accounts: &'a [&'a str],
    /// With their service, such as `SQS:SendMessage`, at least one.
    pub actions: &'a [&'a str],
    /// An ARN.
    pub resource: &'a str,
}

impl Policy {
    /// The policy with one more statement at its end; a new one of that id where there was none. The rest of the text
    /// stays as it is.
    pub fn with_statement(
        policy: Option<&Policy>,
        id: &str,
        statement: &NewStatement<'_>,
        limits: &Limits,
    ) -> Result<Policy, EditError> {
        if policy.is_some_and(|policy| policy.labels().any(|label| label == statement.label)) {
            return Err(EditError::LabelTaken);
        }
        let added = statement.text();
        let text = match policy {
            Some(policy) => {
                let present = policy.statement_texts();
                policy.text_with(present.into_iter().chain([added.as_str()]))
            }
            None => format!(r#"{{"Version":"2008-10-17","Id":{},"Statement":[{added}]}}"#, quoted(id)),
        };
        Policy::parse(&text, limits).map_err(EditError::Refused)
    }

    /// The policy without the statement of that label: `Ok(None)` when it was the last, `Err` when there is none.
    pub fn without_statement(&self, label: &str) -> Result<Option<Policy>, LabelUnknown> {
        let found = self.statements().iter().position(|statement| statement.sid.as_deref() == Some(label));
        let found = found.ok_or(LabelUnknown)?;
        if self.statements().len() == 1 {
            return Ok(None);
        }
        let (mut texts, mut statements) = (self.statement_texts(), self.statements().to_vec());
        texts.remove(found);
        statements.remove(found);
        Ok(Some(Policy::from_parts(self.text_with(texts.into_iter()), statements)))
    }

    fn statement_texts(&self) -> Vec<&str> {
        let members = Json::new(self.text()).members("A policy").expect("accepted before");
        let listed = members.into_iter().find(|(key, _)| key == "Statement").expect("a policy has statements").1;
        listed.one_or_many().into_iter().map(Json::text).collect()
    }

    /// The policy's text with other statements, in a list.
    fn text_with<'a>(&self, statements: impl Iterator<Item = &'a str>) -> String {
        let statements = format!("[{}]", statements.collect::<Vec<_>>().join(","));
        let members = Json::new(self.text()).members("A policy").expect("accepted before");
        let member = |(key, value): &(String, Json<'_>)| {
            let value = if key == "Statement" { &statements } else { value.text() };
            format!("{}:{value}", quoted(key))
        };
        format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
    }
}

impl NewStatement<'_> {
    fn text(&self) -> String {
        let accounts = self.accounts.iter().map(|account| quoted(&format!("arn:aws:iam::{account}:root")));
        let actions = self.actions.iter().map(|action| quoted(action));
        format!(
            r#"{{"Sid":{},"Effect":"Allow","Principal":{{"AWS":{}}},"Action":{},"Resource":{}}}"#,
            quoted(self.label),
            one_or_list(accounts.collect()),
            one_or_list(actions.collect()),
            quoted(self.resource),
        )
    }
}

fn one_or_list(values: Vec<String>) -> String {
    match &*values {
        [one] => one.clone(),
        _ => format!("[{}]", values.join(",")),
    }
}
