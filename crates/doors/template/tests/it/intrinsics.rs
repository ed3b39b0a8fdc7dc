//! Intrinsic functions, each seen through the output that it makes.

use expect_test::{Expect, expect};

use crate::read_with;

/// The value of an output, or the reason why there is none.
fn value(expression: &str, transform: &str) -> String {
    let template = format!(
        "{transform}
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
    let lines: Vec<String> = expressions.iter().map(|text| format!("{text} => {}\n", value(text, ""))).collect();
    expected.assert_eq(&lines.concat());
}

fn check_extended(expressions: &[&str], expected: Expect) {
    let value = |text: &&str| format!("{text} => {}\n", value(text, "Transform: AWS::LanguageExtensions"));
    expected.assert_eq(&expressions.iter().map(value).collect::<String>());
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

#[test]
fn pseudo_parameters_imports_zones_and_encodings_have_values() {
    check(
        &[
            "!Ref AWS::StackId",
            "!Join [',', !Ref AWS::NotificationARNs]",
            "!ImportValue other-name",
            "{ 'Fn::ImportValue': !Sub 'other-${Missing}' }",
            "!Join [',', !GetAZs '']",
            "!Select [1, !GetAZs { Ref: AWS::Region }]",
            "{ 'Fn::Base64': !Sub '${Name}!' }",
            "!Base64 { Ref: Hidden }",
            "!Join ['', [!FindInMap [Sizes, !Sub 'sm${All}', us-east-1]]]",
            "!Select [0, !Split [!Ref Name, a]]",
            "!If [Unknown, !Ref Nobody, 1]",
            "!Cidr ['10.0.0.0/16', 1, 8]",
            "{ 'Fn::Transform': { Name: AWS::Include } }",
            "{ 'Fn::Length': [1, 2] }",
            "!FindInMap [Sizes, small, none, { DefaultValue: 5 }]",
        ],
        expect![[r#"
            !Ref AWS::StackId => arn:aws:cloudformation:us-east-1:000000000000:stack/bongsu/00000000-0000-0000-0000-000000000000
            !Join [',', !Ref AWS::NotificationARNs] => 
            !ImportValue other-name => exported
            { 'Fn::ImportValue': !Sub 'other-${Missing}' } => :13: Missing is no parameter or resource that can be referred to here
            !Join [',', !GetAZs ''] => us-east-1a,us-east-1b,us-east-1c
            !Select [1, !GetAZs { Ref: AWS::Region }] => us-east-1b
            { 'Fn::Base64': !Sub '${Name}!' } => dGlsIQ==
            !Base64 { Ref: Hidden } => ****
            !Join ['', [!FindInMap [Sizes, !Sub 'sm${All}', us-east-1]]] => :13: All is no parameter or resource that can be referred to here
            !Select [0, !Split [!Ref Name, a]] => :13: Fn::Split needs a text, not a map
            !If [Unknown, !Ref Nobody, 1] => :13: condition Unknown is not defined, or depends on itself
            !Cidr ['10.0.0.0/16', 1, 8] => :13: Fn::Cidr is not supported
            { 'Fn::Transform': { Name: AWS::Include } } => :13: Fn::Transform is not supported
            { 'Fn::Length': [1, 2] } => :13: Fn::Length needs Transform: AWS::LanguageExtensions
            !FindInMap [Sizes, small, none, { DefaultValue: 5 }] => :13: Fn::FindInMap: a fourth argument must be DefaultValue, and needs Transform: AWS::LanguageExtensions
        "#]],
    );
}

#[test]
fn language_extensions_add_functions() {
    check_extended(
        &[
            "{ 'Fn::Length': [1, !Ref AWS::NoValue, 2] }",
            "{ 'Fn::Length': !Split [',', 'a,b,c'] }",
            "{ 'Fn::Length': abc }",
            "{ 'Fn::ToJsonString': { a: 1, b: !Ref Count, c: [!Ref Name, true], d: '5' } }",
            "{ 'Fn::ToJsonString': { a: !Ref Hidden } }",
            "{ 'Fn::ToJsonString': a }",
            "!FindInMap [Sizes, small, none, { DefaultValue: !Ref Name }]",
            "!FindInMap [Sizes, small, us-east-1, { DefaultValue: 5 }]",
            "!FindInMap [Sizes, small, none, 5]",
            "{ 'Fn::ForEach': a }",
        ],
        expect![[r#"
            { 'Fn::Length': [1, !Ref AWS::NoValue, 2] } => 2
            { 'Fn::Length': !Split [',', 'a,b,c'] } => 3
            { 'Fn::Length': abc } => :13: Fn::Length needs a list
            { 'Fn::ToJsonString': { a: 1, b: !Ref Count, c: [!Ref Name, true], d: '5' } } => {"a":1,"b":"1.5","c":["til",true],"d":"5"}
            { 'Fn::ToJsonString': { a: !Ref Hidden } } => ****
            { 'Fn::ToJsonString': a } => :13: Fn::ToJsonString needs a map or a list
            !FindInMap [Sizes, small, none, { DefaultValue: !Ref Name }] => til
            !FindInMap [Sizes, small, us-east-1, { DefaultValue: 5 }] => 1
            !FindInMap [Sizes, small, none, 5] => :13: Fn::FindInMap: a fourth argument must be DefaultValue, and needs Transform: AWS::LanguageExtensions
            { 'Fn::ForEach': a } => :13: Fn::ForEach is not supported
        "#]],
    );
}

#[test]
fn what_was_imported_is_told() {
    let template = "Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: !ImportValue other-name } } }";
    let stack = bongsu_template::parse(template, "template.yaml", &crate::inputs(&[])).unwrap();
    assert_eq!(stack.imports.into_iter().collect::<Vec<_>>(), ["other-name"]);
}

const RULES: &str = "
Parameters:
  Stage: { Type: String, Default: dev }
  Sizes: { Type: CommaDelimitedList, Default: 'small,large' }
Rules:
  Prod:
    RuleCondition: !Equals [!Ref Stage, prod]
    Assertions:
      - Assert: { 'Fn::EachMemberIn': [!Ref Sizes, [large, huge]] }
        AssertDescription: production is large
      - Assert: !Not [{ 'Fn::EachMemberEquals': [!Ref Sizes, huge] }]
  Always:
    Assertions:
      - Assert: { 'Fn::Contains': [[dev, prod], !Ref Stage] }
Resources: { Q: { Type: 'AWS::SQS::Queue' } }
Outputs: { Sizes: { Value: !Join [' ', !Ref Sizes] } }
";

#[test]
fn rules_are_checked_when_their_condition_holds() {
    let mut shown = String::new();
    for (stage, sizes) in [("dev", "small"), ("prod", "large"), ("prod", "small"), ("prod", "huge"), ("test", "small")]
    {
        let result = read_with(RULES, &[("Stage", stage), ("Sizes", sizes)]);
        shown += &format!("{stage} {sizes}\n{result}");
    }
    expect![[r#"
        dev small
        15: queue Q = shop-Q-ebe405aae7a1, dead letters -
        16: output Sizes = small
        prod large
        15: queue Q = shop-Q-ebe405aae7a1, dead letters -
        16: output Sizes = large
        prod small
        template.yaml:9: rule Prod: production is large
        prod huge
        template.yaml:11: rule Prod: an assertion of it does not hold
        test small
        template.yaml:14: rule Always: an assertion of it does not hold
    "#]]
    .assert_eq(&shown);
}

#[test]
fn faulty_rules_say_what_is_wrong() {
    let rules = "
Rules:
  Empty: {}
  Odd: { Assertions: [{ Assert: { 'Fn::RefAll': x } }, { AssertDescription: x }, { Assert: !Condition C }], More: 1 }
  List: []
Resources: { Q: { Type: 'AWS::SQS::Queue' } }
";
    expect![[r#"
        template.yaml:3: rule Empty has no Assertions
        template.yaml:4: Fn::RefAll is not a condition function that is supported here
        template.yaml:5: rule List must be a map, not a list
    "#]]
    .assert_eq(&read_with(rules, &[]));
}

#[test]
fn parameters_have_every_type_that_needs_no_account() {
    let template = "
Parameters:
  Numbers: { Type: List<Number>, Default: '1, 2.5', MaxValue: 3 }
  Image: { Type: 'AWS::EC2::Image::Id', Default: ami-1 }
  Subnets: { Type: 'List<AWS::EC2::Subnet::Id>', Default: 'a,b' }
  Name: { Type: 'AWS::SSM::Parameter::Name', Default: /a }
Resources: { Q: { Type: 'AWS::SQS::Queue' } }
Outputs:
  All: { Value: !Sub ['${N} ${Image} ${S} ${Name}', { N: !Join [+, !Ref Numbers], S: !Select [1, !Ref Subnets] }] }
";
    expect![[r#"
        7: queue Q = shop-Q-ebe405aae7a1, dead letters -
        9: output All = 1+2.5 ami-1 b /a
    "#]]
    .assert_eq(&read_with(template, &[]));
    expect![[r#"
        template.yaml:3: parameter Numbers is 1,x: a number is needed
    "#]]
    .assert_eq(&read_with(template, &[("Numbers", "1,x"), ("Image", "b")]));
    let stack = bongsu_template::parse(template, "template.yaml", &crate::inputs(&[("Numbers", "3")])).unwrap();
    let told: Vec<String> = stack.parameters.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    assert_eq!(told, ["Numbers=3", "Image=ami-1", "Subnets=a,b", "Name=/a"]);
}

#[test]
fn a_hidden_parameter_is_told_without_its_value() {
    let template = "
Parameters: { Key: { Type: String, NoEcho: true, Default: hunter2 } }
Resources: { Q: { Type: 'AWS::SQS::Queue' } }
";
    let stack = bongsu_template::parse(template, "template.yaml", &crate::inputs(&[])).unwrap();
    assert!(stack.parameters[0].no_echo && stack.parameters[0].value == "****");
    assert!(!format!("{stack:?}").contains("hunter2"));
}
