//! CloudFormation, as far as stacks are looked at and deleted: the Query protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{element, excerpt};
use crate::{CallError, Client};

const SERVICE: &str = "cloudformation";
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const FORM_VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How the refusal of a stack that is not there ends.
const DOES_NOT_EXIST: &str = "does not exist";

/// A stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// An ARN, by which it is also found when it is deleted.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `CREATE_COMPLETE` and the like.
    pub status: String,
    /// Why it is in that state.
    pub reason: Option<String>,
    /// By name, with `****` for secrets.
    pub parameters: BTreeMap<String, String>,
}

impl Client {
    /// `DescribeStacks` of one, by its name or id; `None` if there is none.
    pub async fn stack(&self, stack: &str) -> Result<Option<Stack>, CallError> {
        match self.query("DescribeStacks", &[("StackName", stack)]).await {
            Ok(text) => Ok(stacks(&text).into_iter().next()),
            Err(CallError::Refused(refusal)) if refusal.message.ends_with(DOES_NOT_EXIST) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `DescribeStacks` of all that are not deleted.
    pub async fn stacks(&self) -> Result<Vec<Stack>, CallError> {
        Ok(stacks(&self.query("DescribeStacks", &[]).await?))
    }

    /// `GetTemplate`: the text of a stack's template.
    pub async fn stack_template(&self, stack: &str) -> Result<String, CallError> {
        let text = self.query("GetTemplate", &[("StackName", stack)]).await?;
        element(&text, "TemplateBody").ok_or_else(|| CallError::NotUnderstood(excerpt(text.as_bytes())))
    }

    /// `ListExports`: the values of all stacks by name.
    pub async fn stack_exports(&self) -> Result<BTreeMap<String, String>, CallError> {
        let text = self.query("ListExports", &[]).await?;
        Ok(members(&text, "Exports")
            .filter_map(|member| Some((element(member, "Name")?, element(member, "Value")?)))
            .collect())
    }

    /// `DeleteStack`: begins to delete a stack.
    pub async fn delete_stack(&self, stack: &str) -> Result<(), CallError> {
        self.query("DeleteStack", &[("StackName", stack)]).await.map(drop)
    }

    async fn query(&self, operation: &str, parameters: &[(&str, &str)]) -> Result<String, CallError> {
        let mut form = format!("Action={operation}&Version=2010-05-15");
        for (name, value) in parameters {
            form += &format!("&{name}={}", utf8_percent_encode(value, FORM_VALUE));
        }
        let reply = self.post((SERVICE, "/"), FORM, form.as_bytes(), ANSWER_WITHIN).await?;
        Ok(String::from_utf8_lossy(reply.body()).into_owned())
    }
}

fn stacks(text: &str) -> Vec<Stack> {
    let parts = text.split("<StackId>").skip(1);
    let stack = |part: &str| {
        let part = format!("<StackId>{part}");
        let parameter = |member: &str| Some((element(member, "ParameterKey")?, element(member, "ParameterValue")?));
        Some(Stack {
            id: element(&part, "StackId")?,
            name: element(&part, "StackName")?,
            status: element(&part, "StackStatus")?,
            reason: element(&part, "StackStatusReason"),
            parameters: members(&part, "Parameters").filter_map(parameter).collect(),
        })
    };
    parts.filter_map(stack).collect()
}

/// The elements of a list.
fn members<'a>(text: &'a str, list: &str) -> impl Iterator<Item = &'a str> {
    let inner = text.split_once(&format!("<{list}>")).and_then(|(_, rest)| rest.split_once(&format!("</{list}>")));
    let inner = inner.map_or("", |(inner, _)| inner);
    inner.split("<member>").skip(1).filter_map(|member| Some(member.split_once("</member>")?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_read_from_an_answer() {
        let text = "<DescribeStacksResponse xmlns=\"x\"><DescribeStacksResult><Stacks><member><StackId>arn:1</StackId>\
                    <StackName>a</StackName><Parameters><member><ParameterKey>K</ParameterKey><ParameterValue>1 &lt; 2\
                    </ParameterValue></member></Parameters><StackStatus>CREATE_COMPLETE</StackStatus></member><member>\
                    <StackId>arn:2</StackId><StackName>b</StackName><Parameters></Parameters><StackStatus>DELETE_FAILED\
                    </StackStatus><StackStatusReason>no</StackStatusReason></member></Stacks></DescribeStacksResult>";
        let [a, b] = &stacks(text)[..] else { panic!("two stacks") };
        assert_eq!((a.name.as_str(), a.parameters["K"].as_str(), a.reason.as_deref()), ("a", "1 < 2", None));
        assert_eq!((b.id.as_str(), b.status.as_str(), b.reason.as_deref()), ("arn:2", "DELETE_FAILED", Some("no")));
    }
}
