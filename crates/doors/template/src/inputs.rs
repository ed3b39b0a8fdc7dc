//! What a template needs to know from outside.

use std::collections::BTreeMap;

use crate::Secret;

/// The surroundings a template is read for.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// `AWS::StackName`, and the beginning of generated names: a letter, then letters, digits and `-`.
    pub stack_name: String,
    /// `AWS::StackId`, an ARN.
    pub stack_id: String,
    /// `AWS::Region`, also inside every ARN.
    pub region: String,
    /// `AWS::AccountId`, twelve digits.
    pub account: String,
    /// What queue URLs begin with: `http://127.0.0.1:4566`, no `/` at the end.
    pub api_base: String,
    /// Where HTTP APIs are served: `http://127.0.0.1:8080`, no `/` at the end.
    pub ingress_base: String,
    /// Parameters as the user gave them. Every one must be declared by the template.
    pub parameters: BTreeMap<String, Secret>,
    /// What other stacks export, for `Fn::ImportValue`: name → value.
    pub exports: BTreeMap<String, String>,
}

impl Default for Inputs {
    fn default() -> Inputs {
        Inputs {
            stack_name: "bongsu".to_owned(),
            stack_id: "arn:aws:cloudformation:us-east-1:000000000000:stack/bongsu/00000000-0000-0000-0000-000000000000"
                .to_owned(),
            region: "us-east-1".to_owned(),
            account: "000000000000".to_owned(),
            api_base: "http://127.0.0.1:4566".to_owned(),
            ingress_base: "http://127.0.0.1:8080".to_owned(),
            parameters: BTreeMap::new(),
            exports: BTreeMap::new(),
        }
    }
}
