//! `AWS::Lambda::Url` → an address of its own for a function.

use crate::api::Cors;
use crate::mapping::function_reference;
use crate::names;
use crate::scope::Identity;
use crate::stack::Definition;
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{FunctionReference, Inputs};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::Url",
    identity,
    read: Read::Properties(|reading| read(reading).map(Definition::FunctionUrl)),
    metadata: &[],
    told: &[],
    replaced_by: &["Qualifier", "TargetFunctionArn"],
};

/// An address for a function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionUrlResource {
    /// The function, or its alias.
    pub function: FunctionReference,
    /// Whether requests must be signed (`AWS_IAM`).
    pub iam: bool,
    /// Whether the answer is streamed (`RESPONSE_STREAM`).
    pub streams: bool,
    /// What browsers of other origins may do.
    pub cors: Option<Cors>,
    /// What `Fn::GetAtt … FunctionUrl` gives.
    pub url: String,
}

/// `Ref` gives the function's ARN, as with AWS.
fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let target = naming.text("TargetFunctionArn").unwrap_or_default();
    let found = names::function_reference(&target, naming.inputs).ok();
    let mut function = found.unwrap_or(FunctionReference { name: target, qualifier: None });
    function.qualifier = function.qualifier.or_else(|| naming.text("Qualifier"));
    let arn = names::function_arn(naming.inputs, &function.to_string());
    let attributes = vec![("FunctionArn", arn.clone()), ("FunctionUrl", url(&function, naming.inputs))];
    Identity::new(function.name, arn, attributes)
}

fn url(function: &FunctionReference, inputs: &Inputs) -> String {
    format!("{}/_url/{function}/", inputs.ingress_base)
}

fn read(Reading { inputs, mut reader, .. }: Reading<'_, '_>) -> Option<FunctionUrlResource> {
    let target = function_reference(&mut reader, "TargetFunctionArn", inputs);
    let qualifier = reader.string("Qualifier");
    reader.require("AuthType");
    let auth = reader.one_of("AuthType", &["NONE", "AWS_IAM"]);
    let mode = reader.one_of("InvokeMode", &["BUFFERED", "RESPONSE_STREAM"]);
    let cors = Cors::read(&mut reader, "Cors");
    reader.finish();
    let mut function = target?;
    function.qualifier = function.qualifier.or(qualifier);
    let url = url(&function, inputs);
    let streams = mode.as_deref() == Some("RESPONSE_STREAM");
    Some(FunctionUrlResource { function, iam: auth? == "AWS_IAM", streams, cors, url })
}
