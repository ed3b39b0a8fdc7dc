//! Intrinsic functions, each seen through the output that it makes.

use expect_test::{Expect, expect};

use crate::read_with;

/// The value of an output, or the reason why there is none.
fn value(expression: &str) -> String {
    let template = format!(
        "
Parameters:
  Name: {{ Type: String, Default: til }}
  Count: {{ Type: Number, Default: 1.5 }}
  Malls: {{ Type: CommaDelimitedList, Default: 'a, b,c' }}
  Hidden: {{ Type: String, NoEcho: true, Default: hunter2 }}
Mappings:
  Sizes: {{ small: {{ us-east-1: 1, all: [x, y] }} }}
Resources:
  Queue: {{ Type: 'AWS::SQS::Queue', Properties: {{ QueueName: q }} }}
  Copy: {{ Type: 'AWS::SQS::Queue', Properties: {{ QueueName: !Sub '${{Queue.QueueName}}-copy' }} }}
Outputs:
  It: {{ Value: {expression} }}
"
    );
    let shown = read_with(&template, &[]);
    let found = shown.split_once("output It = ").or_else(|| shown.split_once("template.yaml"));
    let (_, value) = found.expect("there is a value or a fault");
    value.trim_end().to_owned()
}

fn check(expressions: &[&str], expected: Expect) {
    let lines: Vec<String> = expressions.iter().map(|text| format!("{text} => {}\n", value(text))).collect();
    expected.assert_eq(&lines.concat());
}

#[test]
fn values_are_computed() {
    check(
        &[
            "!Ref Name",
            "!Ref Count",
            "!Ref AWS::Region",
            "!Ref AWS::AccountId",
            "!Ref AWS::StackName",
            "!Sub '${AWS::Partition} ${AWS::URLSuffix}'",
            "!Ref Queue",
            "{ Ref: Queue }",
            "!GetAtt Queue.Arn",
            "{ 'Fn::GetAtt': [Queue, QueueName] }",
            "!GetAtt Copy.QueueUrl",
            "!Sub '${Name}-${Queue.QueueName}-${!Kept}-$x'",
            "!Sub ['${a}${Name}', { a: !Ref Count }]",
            "!Join [':', [a, !Ref Name, !Ref AWS::NoValue]]",
            "!Join ['+', !Ref Malls]",
            "!Join ['', []]",
            "!Select [1, !Ref Malls]",
            "!Select ['2', !Split ['/', 'a/b/c']]",
            "!FindInMap [Sizes, small, !Ref AWS::Region]",
            "!Join [',', !FindInMap [Sizes, small, all]]",
            "{ 'Fn::Join': ['-', { 'Fn::Split': [',', 'a,b'] }] }",
            "007",
            "!!str 12",
        ],
        expect![[r#"
            !Ref Name => til
            !Ref Count => 1.5
            !Ref AWS::Region => us-east-1
            !Ref AWS::AccountId => 000000000000
            !Ref AWS::StackName => shop
            !Sub '${AWS::Partition} ${AWS::URLSuffix}' => aws amazonaws.com
            !Ref Queue => http://127.0.0.1:4566/000000000000/q
            { Ref: Queue } => http://127.0.0.1:4566/000000000000/q
            !GetAtt Queue.Arn => arn:aws:sqs:us-east-1:000000000000:q
            { 'Fn::GetAtt': [Queue, QueueName] } => q
            !GetAtt Copy.QueueUrl => http://127.0.0.1:4566/000000000000/q-copy
            !Sub '${Name}-${Queue.QueueName}-${!Kept}-$x' => til-q-${Kept}-$x
            !Sub ['${a}${Name}', { a: !Ref Count }] => 1.5til
            !Join [':', [a, !Ref Name, !Ref AWS::NoValue]] => a:til
            !Join ['+', !Ref Malls] => a+b+c
            !Join ['', []] => 
            !Select [1, !Ref Malls] => b
            !Select ['2', !Split ['/', 'a/b/c']] => c
            !FindInMap [Sizes, small, !Ref AWS::Region] => 1
            !Join [',', !FindInMap [Sizes, small, all]] => x,y
            { 'Fn::Join': ['-', { 'Fn::Split': [',', 'a,b'] }] } => a-b
            007 => 007
            !!str 12 => 12
        "#]],
    );
}

#[test]
fn what_has_no_value_says_why() {
    check(
        &[
            "!Ref Nobody",
            "!Ref AWS::NoValue",
            "!GetAtt Queue",
            "!GetAtt Queue.Colour",
            "!GetAtt Nobody.Arn",
            "!Sub '${Nobody.Arn}'",
            "!Sub 'open ${'",
            "!Sub '${Malls}'",
            "!Sub [a]",
            "!Join [a]",
            "!Join [',', text]",
            "!Join [',', [[a]]]",
            "!Select [3, !Ref Malls]",
            "!Select [-1, !Ref Malls]",
            "!Split ['', a]",
            "!FindInMap [Sizes, small, eu-west-1]",
            "!FindInMap [Sizes, small]",
            "!If [Unknown, a, b]",
            "!If [a, b]",
            "!Equals [a, a]",
            "!ImportValue other",
            "!Base64 x",
            "!Unknown x",
            "!Ref [a]",
            "!Ref Malls",
            "",
        ],
        expect![[r#"
            !Ref Nobody => :13: Nobody is no parameter or resource that can be referred to here
            !Ref AWS::NoValue => :13: output It has no Value
            !GetAtt Queue => :13: Fn::GetAtt needs a resource and an attribute: Resource.Attribute
            !GetAtt Queue.Colour => :13: resource Queue has no attribute Colour
            !GetAtt Nobody.Arn => :13: Nobody is no parameter or resource that can be referred to here
            !Sub '${Nobody.Arn}' => :13: Nobody is no parameter or resource that can be referred to here
            !Sub 'open ${' => :13: Fn::Sub: a ${ is not closed
            !Sub '${Malls}' => :13: Fn::Sub needs a text, not a list
            !Sub [a] => :13: Fn::Sub needs a text, or a list of a text and a map
            !Join [a] => :13: Fn::Join needs a list of a delimiter and a list
            !Join [',', text] => :13: Fn::Join needs a list
            !Join [',', [[a]]] => :13: Fn::Join needs a text, not a list
            !Select [3, !Ref Malls] => :13: Fn::Select: no entry 3 in a list of 3
            !Select [-1, !Ref Malls] => :13: Fn::Select: no entry -1 in a list of 3
            !Split ['', a] => :13: Fn::Split needs a delimiter that is not empty
            !FindInMap [Sizes, small, eu-west-1] => :13: Mappings have no Sizes, small, eu-west-1
            !FindInMap [Sizes, small] => :13: Fn::FindInMap needs a list of a map's name and two keys
            !If [Unknown, a, b] => :13: condition Unknown is not defined, or depends on itself
            !If [a, b] => :13: Fn::If needs a list of a condition's name and two values
            !Equals [a, a] => :13: Fn::Equals stands only in Conditions and Rules
            !ImportValue other => :13: No export named other found.
            !Base64 x => eA==
            !Unknown x => :13: the tag !Unknown is not known
            !Ref [a] => :13: Ref needs a text, not a list
            !Ref Malls => :13: Value must be a single value, not a list
             => :13: a value is missing
        "#]],
    );
}

#[test]
fn hidden_parameters_do_not_show() {
    check(
        &["!Ref Hidden", "!Sub 'a ${Hidden}'", "!Select [0, !Split [t, !Ref Hidden]]", "!Select [!Ref Hidden, [a]]"],
        expect![[r#"
            !Ref Hidden => ****
            !Sub 'a ${Hidden}' => ****
            !Select [0, !Split [t, !Ref Hidden]] => ****
            !Select [!Ref Hidden, [a]] => :13: Fn::Select: no entry *** in a list of 1
        "#]],
    );
}
