//! Templates after the patterns of AWS's documentation: the resources they become, in order of creation.

use std::fmt::Write;

use bongsu_template::{Definition, Resource, Stack, parse};
use expect_test::{Expect, expect};

use crate::{inputs, show};

/// What becomes of the template, and each resource with what it waits for.
fn check(name: &str, template: &str, expected: Expect) {
    let stack = parse(template, name, &inputs(&[])).unwrap_or_else(|errors| panic!("{errors}"));
    let mut out = String::new();
    in_order(&mut out, &stack);
    show(&mut out, &stack).expect("a string takes everything");
    expected.assert_eq(&out);
}

fn in_order(out: &mut String, stack: &Stack) {
    for Resource { logical_id, type_name, physical_id, depends_on, definition, .. } in &stack.resources {
        let id = physical_id.as_deref().unwrap_or("(known later)");
        let kind = match definition {
            Definition::ApiPart { api } => format!(", part of {api}"),
            Definition::Recorded(_) => ", recorded".to_owned(),
            _ => String::new(),
        };
        writeln!(out, "{logical_id}: {type_name} {id}{kind}, after {depends_on:?}").expect("a string takes everything");
    }
}

#[test]
fn an_http_api_a_function_a_queue_and_its_dead_letters() {
    check(
        "http-api.yaml",
        include_str!("templates/http-api.yaml"),
        expect![[r#"
        Role: AWS::IAM::Role shop-Role-265f33f53950, recorded, after []
        DeadLetters: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-DeadLetters-83b43e572a94, after []
        Orders: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/orders-dev, after ["DeadLetters"]
        Receive: AWS::Lambda::Function shop-Receive-ca1882e73a7f, after ["Orders", "Role"]
        Work: AWS::Lambda::Function shop-Work-d9ffdef7798d, after ["Role"]
        WorkOrders: AWS::Lambda::EventSourceMapping 5dec188c-9d90-f6a8-e266-ce50450ef123, after ["Orders", "Work"]
        Api: AWS::ApiGatewayV2::Api 4ccfc674c0, after []
        Default: AWS::ApiGatewayV2::Stage $default, part of Api, after ["Api"]
        ToReceive: AWS::ApiGatewayV2::Integration f0d91f11f0, part of Api, after ["Api", "Receive"]
        PostOrders: AWS::ApiGatewayV2::Route b586f46714, part of Api, after ["Api", "ToReceive"]
        Allow: AWS::Lambda::Permission shop-Allow-37cd2fdad45b, after ["Api", "Receive"]
        28: queue DeadLetters = shop-DeadLetters-83b43e572a94, dead letters -
             MessageRetentionPeriod=86400
        35: queue Orders = orders-dev, dead letters shop-DeadLetters-83b43e572a94
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:shop-DeadLetters-83b43e572a94","maxReceiveCount":3}
             VisibilityTimeout=60
        44: function Receive = shop-Receive-ca1882e73a7f, python3.12 index.handler in Inline("import json, os, boto3\ndef handler(event, context):\n    boto3.client(\"sqs\").send_message(QueueUrl=os.environ[\"QUEUE_URL\"], MessageBody=event[\"body\"])\n    return {\"statusCode\": 202}\n")
             3 s, 128 MiB, reserved None
             QUEUE_URL=http://127.0.0.1:4566/000000000000/orders-dev
        58: function Work = shop-Work-d9ffdef7798d, nodejs22.x index.handler in Object { bucket: "code-000000000000", key: "work.zip", version: None }
             30 s, 128 MiB, reserved None
        67: mapping WorkOrders orders-dev -> shop-Work-d9ffdef7798d, batch 100, reports true, at once Some(5), enabled
             waits 5 s
             filter {"body": {"kind": ["created", {"prefix": "re"}]}}
        80: api Api shop-dev Http, stages $default Some(Throttle { rate: 50.5, burst: 100 }) {"POST /orders": Throttle { rate: 5.0, burst: 10 }}
             Cors { credentials: false, headers: ["content-type"], methods: ["POST"], origins: ["https://shop.example"], exposed_headers: [], max_age_seconds: Some(600) }
        111: route PostOrders POST /orders
             Function { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, payload: V2, timeout_millis: 5000 }
        118: Allow AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:4ccfc674c0/*/*/orders"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        127: output Endpoint = http://127.0.0.1:8080/orders, exported as shop-endpoint
        16: ignored Role AWS::IAM::Role: roles and policies are not evaluated
    "#]],
    );
}

#[test]
fn an_http_api_as_sam_writes_it() {
    check(
        "http-api-sam.yaml",
        include_str!("templates/http-api-sam.yaml"),
        expect![[r#"
        Shared2cedde4642: AWS::Lambda::LayerVersion (known later), after []
        DeadLetters: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-DeadLetters-83b43e572a94, after []
        Orders: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Orders-8f12b5787944, after ["DeadLetters"]
        ReceiveRole: AWS::IAM::Role shop-ReceiveRole-c97bbc5cbddf, recorded, after []
        Receive: AWS::Lambda::Function shop-Receive-ca1882e73a7f, after ["Orders", "ReceiveRole", "Shared2cedde4642"]
        WorkRole: AWS::IAM::Role shop-WorkRole-7311adc6cc5a, recorded, after []
        Work: AWS::Lambda::Function shop-Work-d9ffdef7798d, after ["Shared2cedde4642", "WorkRole"]
        WorkOrders: AWS::Lambda::EventSourceMapping 5dec188c-9d90-f6a8-e266-ce50450ef123, after ["Orders", "Work"]
        ServerlessHttpApi: AWS::ApiGatewayV2::Api b2c49ce1d2, after ["Receive"]
        ReceivePostPermission: AWS::Lambda::Permission shop-ReceivePostPermission-070d08fd8771, after ["Receive", "ServerlessHttpApi"]
        ReceiveGetPermission: AWS::Lambda::Permission shop-ReceiveGetPermission-d4a400e958ec, after ["Receive", "ServerlessHttpApi"]
        ReceiveRestPermission: AWS::Lambda::Permission shop-ReceiveRestPermission-12013f798645, after ["Receive", "ServerlessHttpApi"]
        ServerlessHttpApiApiGatewayDefaultStage: AWS::ApiGatewayV2::Stage $default, part of ServerlessHttpApi, after ["ServerlessHttpApi"]
        28: queue DeadLetters = shop-DeadLetters-83b43e572a94, dead letters -
        22: queue Orders = shop-Orders-8f12b5787944, dead letters shop-DeadLetters-83b43e572a94
             RedrivePolicy={"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:shop-DeadLetters-83b43e572a94","maxReceiveCount":3}
             VisibilityTimeout=60
        31: function Receive = shop-Receive-ca1882e73a7f, python3.12 receive.handler in receive/
             10 s, 128 MiB, reserved None
             LEVEL=info
             QUEUE_URL=http://127.0.0.1:4566/000000000000/shop-Orders-8f12b5787944
             layers [Later { logical_id: "Shared2cedde4642", attribute: None }]
        49: function Work = shop-Work-d9ffdef7798d, python3.12 work.handler in Object { bucket: "code", key: "work.zip", version: None }
             10 s, 128 MiB, reserved None
             LEVEL=info
             layers [Later { logical_id: "Shared2cedde4642", attribute: None }]
        55: mapping WorkOrders shop-Orders-8f12b5787944 -> shop-Work-d9ffdef7798d, batch 10, reports true, at once None, enabled
             filter {"body": {"paid": [true]}}
        40: api ServerlessHttpApi shop Http, stages $default
             Cors { credentials: false, headers: [], methods: [], origins: ["*"], exposed_headers: [], max_age_seconds: None }
        40: route ServerlessHttpApi POST /orders
             Function { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, payload: V2, timeout_millis: 3000 }
        43: route ServerlessHttpApi ANY /orders/{id}
             Function { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, payload: V1, timeout_millis: 30000 }
        46: route ServerlessHttpApi $default
             Function { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, payload: V2, timeout_millis: 30000 }
        15: Shared2cedde4642 AWS::Lambda::LayerVersion
             LayerVersion(LayerVersionResource { name: "shared", content: Directory("layers/shared"), compatible_runtimes: ["python3.12"], compatible_architectures: [], description: None, license: None })
        40: ReceivePostPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:b2c49ce1d2/*/POST/orders"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        43: ReceiveGetPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:b2c49ce1d2/*/*/orders/*"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        46: ReceiveRestPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Receive-ca1882e73a7f", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:b2c49ce1d2/*/*/*"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        64: output Endpoint = https://b2c49ce1d2.execute-api.us-east-1.amazonaws.com/
    "#]],
    );
}

#[test]
fn a_topic_fans_out() {
    check(
        "fan-out.yaml",
        include_str!("templates/fan-out.yaml"),
        expect![[r#"
        Billing: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Billing-9e8a1117c871, after []
        Events: AWS::SNS::Topic arn:aws:sns:us-east-1:000000000000:events, after ["Billing"]
        Shipping: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Shipping-0854c89a4118, after []
        ToShipping: AWS::SNS::Subscription (known later), after ["Events", "Shipping"]
        Count: AWS::Lambda::Function count, after ["Billing"]
        ToCount: AWS::SNS::Subscription (known later), after ["Count", "Events"]
        AllowTopic: AWS::Lambda::Permission shop-AllowTopic-0dcaa72fa17c, after ["Count", "Events"]
        FromTopic: AWS::SQS::QueuePolicy e122700f34, after ["Billing", "Events", "Shipping"]
        12: queue Billing = shop-Billing-9e8a1117c871, dead letters -
        15: queue Shipping = shop-Shipping-0854c89a4118, dead letters -
             FaultPolicy { reorder: 0.1, duplicate: 0.05, delay: 0.2, delay_seconds: 30, drop: 0.0, seed: 7 }
        5: topic Events = events
        5: subscription Events events -> sqs arn:aws:sqs:us-east-1:000000000000:shop-Billing-9e8a1117c871
        53: policy FromTopic of [Queue("shop-Billing-9e8a1117c871"), Queue("shop-Shipping-0854c89a4118")]
             {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:events"}}}]}
        35: function Count = count, provided.al2023 bootstrap in target/lambda/count
             3 s, 128 MiB, reserved None
             dead letters arn:aws:sqs:us-east-1:000000000000:shop-Billing-9e8a1117c871
             for Arm, traced false, 512 MiB under /tmp
        21: subscription ToShipping events -> sqs arn:aws:sqs:us-east-1:000000000000:shop-Shipping-0854c89a4118
             FilterPolicy={"kind":["shipped",{"prefix":"return"}]}
             FilterPolicyScope=MessageBody
             RawMessageDelivery=true
        31: subscription ToCount events -> lambda arn:aws:lambda:us-east-1:000000000000:function:count
        45: AllowTopic AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "count", qualifier: None }, action: "lambda:InvokeFunction", principal: "sns.amazonaws.com", source_arn: Some("arn:aws:sns:us-east-1:000000000000:events"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
    "#]],
    );
}

#[test]
fn a_topic_fans_out_as_sam_writes_it() {
    check(
        "fan-out-sam.yaml",
        include_str!("templates/fan-out-sam.yaml"),
        expect![[r#"
        Events: AWS::SNS::Topic arn:aws:sns:us-east-1:000000000000:shop-Events-fbc436d0f3dc, after []
        DirectRole: AWS::IAM::Role shop-DirectRole-3ee82de1089a, recorded, after []
        QueuedRole: AWS::IAM::Role shop-QueuedRole-506cf863eea0, recorded, after []
        Queued: AWS::Lambda::Function shop-Queued-ec7ae421f8d4, after ["QueuedRole"]
        QueuedNotifiedQueue: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-QueuedNotifiedQueue-a4aee1d76c49, after []
        QueuedNotifiedQueuePolicy: AWS::SQS::QueuePolicy 6ebdda6ed4, after ["Events", "QueuedNotifiedQueue"]
        QueuedNotifiedEventSourceMapping: AWS::Lambda::EventSourceMapping 29234736-a2eb-53c8-7ad6-c95236f0acaf, after ["Queued", "QueuedNotifiedQueue"]
        QueuedNotified: AWS::SNS::Subscription (known later), after ["Events", "QueuedNotifiedQueue"]
        NamedRole: AWS::IAM::Role shop-NamedRole-5d4b15097c20, recorded, after []
        Named: AWS::Lambda::Function shop-Named-aea9346f9cde, after ["NamedRole"]
        Uploads: AWS::S3::Bucket shop-uploads-1c83c004a818, after ["Named"]
        NamedUploadedPermission: AWS::Lambda::Permission shop-NamedUploadedPermission-17e0057bf2b3, after ["Named"]
        Between: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Between-4067ea63f53d, after []
        NamedNotifiedEventSourceMapping: AWS::Lambda::EventSourceMapping 15a8e7e9-7916-e265-8b19-1f7db102dc57, after ["Between", "Named"]
        NamedNotified: AWS::SNS::Subscription (known later), after ["Between", "Events"]
        DeadLetters: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-DeadLetters-83b43e572a94, after []
        Direct: AWS::Lambda::Function shop-Direct-bd50369c861d, after ["DeadLetters", "DirectRole"]
        DirectNotifiedPermission: AWS::Lambda::Permission shop-DirectNotifiedPermission-3fe60e84592b, after ["Direct", "Events"]
        DirectNotified: AWS::SNS::Subscription (known later), after ["Direct", "Events"]
        25: queue QueuedNotifiedQueue = shop-QueuedNotifiedQueue-a4aee1d76c49, dead letters -
        47: queue Between = shop-Between-4067ea63f53d, dead letters -
        48: queue DeadLetters = shop-DeadLetters-83b43e572a94, dead letters -
        9: topic Events = shop-Events-fbc436d0f3dc
        25: policy QueuedNotifiedQueuePolicy of [Queue("shop-QueuedNotifiedQueue-a4aee1d76c49")]
             {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:shop-QueuedNotifiedQueue-a4aee1d76c49","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:000000000000:shop-Events-fbc436d0f3dc"}}}]}
        21: function Queued = shop-Queued-ec7ae421f8d4, nodejs22.x app.handler in .
             3 s, 128 MiB, reserved None
        29: function Named = shop-Named-aea9346f9cde, nodejs22.x app.handler in .
             3 s, 128 MiB, reserved None
             for X86, traced true, 512 MiB under /tmp
             tag team=orders
        12: function Direct = shop-Direct-bd50369c861d, nodejs22.x app.handler in .
             3 s, 128 MiB, reserved None
             dead letters arn:aws:sqs:us-east-1:000000000000:shop-DeadLetters-83b43e572a94
        25: mapping QueuedNotifiedEventSourceMapping shop-QueuedNotifiedQueue-a4aee1d76c49 -> shop-Queued-ec7ae421f8d4, batch 10, reports false, at once None, enabled
        35: mapping NamedNotifiedEventSourceMapping shop-Between-4067ea63f53d -> shop-Named-aea9346f9cde, batch 5, reports false, at once None, enabled
        25: subscription QueuedNotified shop-Events-fbc436d0f3dc -> sqs arn:aws:sqs:us-east-1:000000000000:shop-QueuedNotifiedQueue-a4aee1d76c49
        35: subscription NamedNotified shop-Events-fbc436d0f3dc -> sqs arn:aws:sqs:us-east-1:000000000000:shop-Between-4067ea63f53d
        17: subscription DirectNotified shop-Events-fbc436d0f3dc -> lambda arn:aws:lambda:us-east-1:000000000000:function:shop-Direct-bd50369c861d
             FilterPolicy={"kind":["created"]}
        10: Uploads AWS::S3::Bucket
             Bucket(BucketResource { name: "shop-uploads-1c83c004a818", notifications: [BucketNotification { event: "s3:ObjectCreated:*", prefix: Some("in/"), suffix: None, target: Function(FunctionReference { name: "shop-Named-aea9346f9cde", qualifier: None }) }, BucketNotification { event: "s3:ObjectRemoved:Delete", prefix: Some("in/"), suffix: None, target: Function(FunctionReference { name: "shop-Named-aea9346f9cde", qualifier: None }) }], tags: {} })
        40: NamedUploadedPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Named-aea9346f9cde", qualifier: None }, action: "lambda:InvokeFunction", principal: "s3.amazonaws.com", source_arn: None, source_account: Some("000000000000"), organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        17: DirectNotifiedPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Direct-bd50369c861d", qualifier: None }, action: "lambda:InvokeFunction", principal: "sns.amazonaws.com", source_arn: Some("arn:aws:sns:us-east-1:000000000000:shop-Events-fbc436d0f3dc"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
    "#]],
    );
}

#[test]
fn a_function_and_a_queue_by_the_clock() {
    check(
        "scheduled.json",
        include_str!("templates/scheduled.json"),
        expect![[r#"
            Tick: AWS::Lambda::Function shop-Tick-96fcc23ddcac, after []
            Noon: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Noon-5691fd702ddc, after []
            Every: AWS::Events::Rule shop-Every-de030e135763, after ["Noon", "Tick"]
            AllowRule: AWS::Lambda::Permission shop-AllowRule-98b8caccf44e, after ["Every", "Tick"]
            AtNoon: AWS::Scheduler::Schedule noon, after ["Noon"]
            40: queue Noon = shop-Noon-5691fd702ddc, dead letters -
            5: function Tick = shop-Tick-96fcc23ddcac, python3.12 index.handler in Inline("def handler(event, context):\n    print(event['time'])\n")
                 3 s, 128 MiB, reserved None
            14: Every AWS::Events::Rule
                 Schedule(ScheduleResource { name: "shop-Every-de030e135763", expression: "rate(5 minutes)", timezone: None, enabled: true, start: None, end: None, window_minutes: None, targets: [ScheduleTarget { arn: "arn:aws:lambda:us-east-1:000000000000:function:shop-Tick-96fcc23ddcac", target: Told(Function(FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: None })), role: None, input: Some("{\"from\": \"rule\"}"), message_group: None, dead_letter: Some("arn:aws:sqs:us-east-1:000000000000:shop-Noon-5691fd702ddc"), retry_attempts_max: Some(4), event_age_max_seconds: Some(400) }], scheduler: None })
            31: AllowRule AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: None }, action: "lambda:InvokeFunction", principal: "events.amazonaws.com", source_arn: Some("arn:aws:events:us-east-1:000000000000:rule/shop-Every-de030e135763"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            41: AtNoon AWS::Scheduler::Schedule
                 Schedule(ScheduleResource { name: "noon", expression: "cron(0 12 * * ? *)", timezone: Some("Asia/Seoul"), enabled: true, start: None, end: None, window_minutes: Some(15), targets: [ScheduleTarget { arn: "arn:aws:sqs:us-east-1:000000000000:shop-Noon-5691fd702ddc", target: Told(Queue("shop-Noon-5691fd702ddc")), role: Some("arn:aws:iam::000000000000:role/scheduler"), input: Some("{}"), message_group: None, dead_letter: None, retry_attempts_max: None, event_age_max_seconds: None }], scheduler: Some(SchedulerDetails { group: "default", description: None, kms_key: None }) })
        "#]],
    );
}

#[test]
fn a_function_by_the_clock_as_sam_writes_it() {
    check(
        "scheduled-sam.yaml",
        include_str!("templates/scheduled-sam.yaml"),
        expect![[r#"
            TickRole: AWS::IAM::Role shop-TickRole-62e4292dd27f, recorded, after []
            Tick: AWS::Lambda::Function shop-Tick-96fcc23ddcac, after ["TickRole"]
            TickVersionac3fe12f27: AWS::Lambda::Version (known later), after ["Tick"]
            TickAliaslive: AWS::Lambda::Alias arn:aws:lambda:us-east-1:000000000000:function:shop-Tick-96fcc23ddcac:live, after ["Tick", "TickVersionac3fe12f27"]
            TickUrl: AWS::Lambda::Url arn:aws:lambda:us-east-1:000000000000:function:shop-Tick-96fcc23ddcac:live, after ["TickAliaslive"]
            TickUrlPublicPermissions: AWS::Lambda::Permission shop-TickUrlPublicPermissions-900f3ae80180, after ["TickAliaslive"]
            TickEventInvokeConfigOnSuccessTopic: AWS::SNS::Topic arn:aws:sns:us-east-1:000000000000:shop-TickEventInvokeConfigOnSuccessTopic-f548d8a53ed6, after []
            TickEventInvokeConfigOnFailureQueue: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-TickEventInvokeConfigOnFailureQueue-fc17bf4e3653, after []
            TickEventInvokeConfig: AWS::Lambda::EventInvokeConfig 9d740e3d-8eb0-84a6-4ffb-24b06331da7c, after ["Tick", "TickAliaslive", "TickEventInvokeConfigOnFailureQueue", "TickEventInvokeConfigOnSuccessTopic"]
            TickOftenQueue: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-TickOftenQueue-7922bae8a160, after []
            TickOften: AWS::Events::Rule shop-TickOften-bd0f961810e1, after ["TickAliaslive", "TickOftenQueue"]
            TickOftenPermission: AWS::Lambda::Permission shop-TickOftenPermission-954bd6cb97ee, after ["TickAliaslive", "TickOften"]
            TickNightlyRole: AWS::IAM::Role shop-TickNightlyRole-7b73e5bcc27c, recorded, after []
            TickNightly: AWS::Scheduler::Schedule TickNightly, after ["TickAliaslive", "TickNightlyRole"]
            24: queue TickEventInvokeConfigOnFailureQueue = shop-TickEventInvokeConfigOnFailureQueue-fc17bf4e3653, dead letters -
            32: queue TickOftenQueue = shop-TickOftenQueue-7922bae8a160, dead letters -
            23: topic TickEventInvokeConfigOnSuccessTopic = shop-TickEventInvokeConfigOnSuccessTopic-f548d8a53ed6
            9: function Tick = shop-Tick-96fcc23ddcac, python3.12 app.handler in tick
                 3 s, 128 MiB, reserved None
            9: TickVersionac3fe12f27 AWS::Lambda::Version
                 Version(VersionResource { function: "shop-Tick-96fcc23ddcac", description: None, code_sha256: None, follows_code: true })
            9: TickAliaslive AWS::Lambda::Alias
                 Alias(AliasResource { function: "shop-Tick-96fcc23ddcac", name: "live", version: Later { logical_id: "TickVersionac3fe12f27", attribute: Some("Version") }, description: None, weights: [] })
            18: TickUrl AWS::Lambda::Url
                 FunctionUrl(FunctionUrlResource { function: FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: Some("live") }, iam: false, streams: false, cors: Some(Cors { credentials: false, headers: [], methods: [], origins: ["*"], exposed_headers: [], max_age_seconds: None }), url: "http://127.0.0.1:8080/_url/shop-Tick-96fcc23ddcac:live/" })
            18: TickUrlPublicPermissions AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: Some("live") }, action: "lambda:InvokeFunctionUrl", principal: "*", source_arn: None, source_account: None, organization: None, event_source_token: None, url_auth_type: Some("NONE"), invoked_via_url: None })
            19: TickEventInvokeConfig AWS::Lambda::EventInvokeConfig
                 EventInvokeConfig(EventInvokeConfigResource { function: FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: Some("live") }, retry_attempts_max: Some(1), event_age_max_seconds: Some(3600), on_success: Some("arn:aws:sns:us-east-1:000000000000:shop-TickEventInvokeConfigOnSuccessTopic-f548d8a53ed6"), on_failure: Some("arn:aws:sqs:us-east-1:000000000000:shop-TickEventInvokeConfigOnFailureQueue-fc17bf4e3653") })
            26: TickOften AWS::Events::Rule
                 Schedule(ScheduleResource { name: "shop-TickOften-bd0f961810e1", expression: "rate(1 minute)", timezone: None, enabled: false, start: None, end: None, window_minutes: None, targets: [ScheduleTarget { arn: "arn:aws:lambda:us-east-1:000000000000:function:shop-Tick-96fcc23ddcac:live", target: Told(Function(FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: Some("live") })), role: None, input: Some("{\"often\": true}"), message_group: None, dead_letter: Some("arn:aws:sqs:us-east-1:000000000000:shop-TickOftenQueue-7922bae8a160"), retry_attempts_max: None, event_age_max_seconds: None }], scheduler: None })
            26: TickOftenPermission AWS::Lambda::Permission
                 Permission(PermissionResource { function: FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: Some("live") }, action: "lambda:InvokeFunction", principal: "events.amazonaws.com", source_arn: Some("arn:aws:events:us-east-1:000000000000:rule/shop-TickOften-bd0f961810e1"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
            33: TickNightly AWS::Scheduler::Schedule
                 Schedule(ScheduleResource { name: "TickNightly", expression: "cron(30 2 * * ? *)", timezone: Some("Europe/Berlin"), enabled: true, start: None, end: None, window_minutes: None, targets: [ScheduleTarget { arn: "arn:aws:lambda:us-east-1:000000000000:function:shop-Tick-96fcc23ddcac:live", target: Told(Function(FunctionReference { name: "shop-Tick-96fcc23ddcac", qualifier: Some("live") })), role: Some("arn:aws:iam::000000000000:role/shop-TickNightlyRole-7b73e5bcc27c"), input: None, message_group: None, dead_letter: None, retry_attempts_max: Some(2), event_age_max_seconds: None }], scheduler: Some(SchedulerDetails { group: "default", description: None, kms_key: None }) })
            41: output Url = http://127.0.0.1:8080/_url/shop-Tick-96fcc23ddcac:live/
            42: output Alias = arn:aws:lambda:us-east-1:000000000000:function:shop-Tick-96fcc23ddcac:live
            43: output Version = Later { logical_id: "TickVersionac3fe12f27", attribute: None }
            16: ignored TickAliaslive ProvisionedConcurrencyConfig: processes are started when they are needed
            17: ignored Tick DeploymentPreference: an alias moves to its new version at once
        "#]],
    );
}

#[test]
fn a_rest_api_sends_to_a_queue() {
    check(
        "rest-api-to-sqs.yaml",
        include_str!("templates/rest-api-to-sqs.yaml"),
        expect![[r#"
        Hooks: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/hooks, after []
        Role: AWS::IAM::Role shop-Role-265f33f53950, recorded, after []
        Api: AWS::ApiGateway::RestApi 4ccfc674c0, after []
        Path: AWS::ApiGateway::Resource 83432c9e52, part of Api, after ["Api"]
        Hook: AWS::ApiGateway::Resource 01e087fe77, part of Api, after ["Api"]
        Sender: AWS::ApiGateway::Resource 3bf0ab5d3e, part of Api, after ["Api", "Hook"]
        Post: AWS::ApiGateway::Method 9bcc16244d, part of Api, after ["Api", "Hooks", "Role", "Sender"]
        Get: AWS::ApiGateway::Method 7c32278d39, part of Api, after ["Api"]
        Deployment: AWS::ApiGateway::Deployment a255f0, part of Api, after ["Api", "Get", "Post"]
        Prod: AWS::ApiGateway::Stage prod, part of Api, after ["Api", "Deployment"]
        8: queue Hooks = hooks, dead letters -
        12: api Api hooks Rest, stages prod {"colour": "blue"} Some(Throttle { rate: 10.0, burst: 20 }) {"POST /in/{sender}": Throttle { rate: 1.0, burst: 1000000000 }}
             binary ["image/png"]
        27: route Post POST /in/{sender}
             Aws { service: Sqs, path: "/000000000000/hooks", rest: RestIntegrationResource { parameters: {"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}, templates: {"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"}, passthrough: Never, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {}, templates: {"application/json": "{\"message\":\"ok\"}"} }, IntegrationResponse { status: 500, selection_pattern: Some("5\\d{2}"), parameters: {}, templates: {} }] }, timeout_millis: 29000 }
             webhook github (line 51) ["s3cret"] {}
             group None, deduplication None
        52: route Get GET /
             Mock(RestIntegrationResource { parameters: {}, templates: {"application/json": "{\"statusCode\": 200}"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {}, templates: {"application/json": "up"} }] })
        9: ignored Role AWS::IAM::Role: roles and policies are not evaluated
        16: ignored Api EndpointConfiguration: the front door is the only endpoint there is
    "#]],
    );
}

#[test]
fn rest_apis_as_sam_writes_them() {
    check(
        "rest-api-sam.yaml",
        include_str!("templates/rest-api-sam.yaml"),
        expect![[r#"
        HandlerRole: AWS::IAM::Role shop-HandlerRole-e26184a591bb, recorded, after []
        Handler: AWS::Lambda::Function shop-Handler-11cf3c5441e7, after ["HandlerRole"]
        Queue: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Queue-3ec692e1a454, after []
        Shop: AWS::ApiGateway::RestApi 885199259d, after ["Handler"]
        HandlerOrderPermissionlive: AWS::Lambda::Permission shop-HandlerOrderPermissionlive-fb5c1c68ca7a, after ["Handler", "Shop"]
        ShopDeploymentc25a22303f: AWS::ApiGateway::Deployment 1e4ffd, part of Shop, after ["Shop"]
        ShopliveStage: AWS::ApiGateway::Stage live, part of Shop, after ["Shop", "ShopDeploymentc25a22303f"]
        Written: AWS::ApiGatewayV2::Api 3b9b1eb45d, after ["Handler", "Queue"]
        HandlerHookPermission: AWS::Lambda::Permission shop-HandlerHookPermission-c82ff0efc771, after ["Handler", "Written"]
        Writtenv1Stage: AWS::ApiGatewayV2::Stage v1, part of Written, after ["Written"]
        ServerlessRestApi: AWS::ApiGateway::RestApi 53f83d2fa6, after ["Handler"]
        HandlerHealthPermissionProd: AWS::Lambda::Permission shop-HandlerHealthPermissionProd-a798e06a295c, after ["Handler", "ServerlessRestApi"]
        ServerlessRestApiDeployment20b19c5b18: AWS::ApiGateway::Deployment 5b70d5, part of ServerlessRestApi, after ["ServerlessRestApi"]
        ServerlessRestApiProdStage: AWS::ApiGateway::Stage Prod, part of ServerlessRestApi, after ["ServerlessRestApi", "ServerlessRestApiDeployment20b19c5b18"]
        50: queue Queue = shop-Queue-3ec692e1a454, dead letters -
        18: function Handler = shop-Handler-11cf3c5441e7, python3.12 index.handler in Inline("def handler(event, context): return {'statusCode': 200}")
             3 s, 128 MiB, reserved None
        9: api Shop storefront Rest, stages live {"colour": "blue"} Some(Throttle { rate: 10.0, burst: 20 }) {}
             binary ["image/png"]
        25: route Shop GET /orders/{id}
             Function { function: FunctionReference { name: "shop-Handler-11cf3c5441e7", qualifier: None }, payload: V1, timeout_millis: 29000 }
             webhook hmac (line 29) ["one", "two"] {"Header": "X-Signature"}
             group Some("$.id"), deduplication None
        15: route Shop OPTIONS /orders/{id}
             Mock(RestIntegrationResource { parameters: {}, templates: {"application/json": "{\n  \"statusCode\" : 200\n}\n"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {"method.response.header.Access-Control-Allow-Credentials": "'true'", "method.response.header.Access-Control-Allow-Methods": "'GET,POST'", "method.response.header.Access-Control-Allow-Origin": "'https://shop.example'"}, templates: {"application/json": "{}\n"} }] })
        31: api Written written Http, stages v1
        41: route Written POST /queue
             SendMessage { queue: "shop-Queue-3ec692e1a454", parameters: {"DelaySeconds": "5", "MessageBody": "$request.body"}, responses: {200: {"overwrite:statuscode": "202"}}, timeout_millis: 30000 }
        27: route Written POST /hook
             Function { function: FunctionReference { name: "shop-Handler-11cf3c5441e7", qualifier: None }, payload: V2, timeout_millis: 30000 }
             webhook hmac (line 29) ["one", "two"] {"Header": "X-Signature"}
             group Some("$.id"), deduplication None
        26: api ServerlessRestApi shop Rest, stages Prod
             binary ["image/png"]
        26: route ServerlessRestApi GET /health
             Function { function: FunctionReference { name: "shop-Handler-11cf3c5441e7", qualifier: None }, payload: V1, timeout_millis: 29000 }
             webhook hmac (line 29) ["one", "two"] {"Header": "X-Signature"}
             group Some("$.id"), deduplication None
        6: route ServerlessRestApi OPTIONS /health
             Mock(RestIntegrationResource { parameters: {}, templates: {"application/json": "{\n  \"statusCode\" : 200\n}\n"}, passthrough: WhenNoMatch, responses: [IntegrationResponse { status: 200, selection_pattern: None, parameters: {"method.response.header.Access-Control-Allow-Origin": "'*'"}, templates: {"application/json": "{}\n"} }] })
        25: HandlerOrderPermissionlive AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Handler-11cf3c5441e7", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:885199259d/*/GET/orders/*"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        27: HandlerHookPermission AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Handler-11cf3c5441e7", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:3b9b1eb45d/*/POST/hook"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        26: HandlerHealthPermissionProd AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "shop-Handler-11cf3c5441e7", qualifier: None }, action: "lambda:InvokeFunction", principal: "apigateway.amazonaws.com", source_arn: Some("arn:aws:execute-api:us-east-1:000000000000:53f83d2fa6/*/GET/health"), source_account: None, organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        53: output Root = https://885199259d.execute-api.us-east-1.amazonaws.com/live/
    "#]],
    );
}

#[test]
fn a_bucket_tells_and_a_function_has_all_that_it_can_have() {
    check(
        "storage.yaml",
        include_str!("templates/storage.yaml"),
        expect![[r#"
        Created: AWS::SQS::Queue http://127.0.0.1:4566/000000000000/shop-Created-a4f52c39e1e6, after []
        Removed: AWS::SNS::Topic arn:aws:sns:us-east-1:000000000000:shop-Removed-7def80dbbd93, after []
        Tools: AWS::Lambda::LayerVersion (known later), after []
        Thumbnail: AWS::Lambda::Function thumbnail, after ["Tools"]
        AllowBucket: AWS::Lambda::Permission shop-AllowBucket-0aa5cdcdd7a2, after ["Thumbnail"]
        Uploads: AWS::S3::Bucket uploads-000000000000, after ["AllowBucket", "Created", "Removed", "Thumbnail"]
        First: AWS::Lambda::Version (known later), after ["Thumbnail"]
        Live: AWS::Lambda::Alias arn:aws:lambda:us-east-1:000000000000:function:thumbnail:live, after ["First", "Thumbnail"]
        Address: AWS::Lambda::Url arn:aws:lambda:us-east-1:000000000000:function:thumbnail:live, after ["Live"]
        Events: AWS::Lambda::EventInvokeConfig fbc436d0-f3dc-ba89-2fde-0943a4935fcb, after ["Created", "Thumbnail"]
        BucketPolicy: AWS::S3::BucketPolicy shop-BucketPolicy-a06f144ef271, recorded, after []
        Logs: AWS::Logs::LogGroup /aws/lambda/thumbnail, recorded, after []
        TooMany: AWS::CloudWatch::Alarm shop-TooMany-7fac2897faf4, recorded, after []
        24: queue Created = shop-Created-a4f52c39e1e6, dead letters -
        25: topic Removed = shop-Removed-7def80dbbd93
        27: function Thumbnail = thumbnail, provided.al2 bootstrap in .
             3 s, 128 MiB, reserved None
             layers [Later { logical_id: "Tools", attribute: None }, Known("arn:aws:lambda:us-east-1:000000000000:layer:other:3")]
             for X86, traced true, 1024 MiB under /tmp
        39: Tools AWS::Lambda::LayerVersion
             LayerVersion(LayerVersionResource { name: "shop-Tools-8d87e73a95c2", content: Object { bucket: "code", key: "tools.zip", version: None }, compatible_runtimes: ["provided.al2"], compatible_architectures: [], description: None, license: None })
        45: AllowBucket AWS::Lambda::Permission
             Permission(PermissionResource { function: FunctionReference { name: "thumbnail", qualifier: None }, action: "lambda:InvokeFunction", principal: "s3.amazonaws.com", source_arn: Some("arn:aws:s3:::uploads-000000000000"), source_account: Some("000000000000"), organization: None, event_source_token: None, url_auth_type: None, invoked_via_url: None })
        5: Uploads AWS::S3::Bucket
             Bucket(BucketResource { name: "uploads-000000000000", notifications: [BucketNotification { event: "s3:ObjectCreated:*", prefix: None, suffix: None, target: Function(FunctionReference { name: "thumbnail", qualifier: None }) }, BucketNotification { event: "s3:ObjectCreated:Put", prefix: None, suffix: None, target: Queue("shop-Created-a4f52c39e1e6") }, BucketNotification { event: "s3:ObjectRemoved:*", prefix: Some("in/"), suffix: Some(".jpg"), target: Topic("shop-Removed-7def80dbbd93") }], tags: {"team": "media"} })
        54: First AWS::Lambda::Version
             Version(VersionResource { function: "thumbnail", description: Some("the first one"), code_sha256: None, follows_code: false })
        58: Live AWS::Lambda::Alias
             Alias(AliasResource { function: "thumbnail", name: "live", version: Later { logical_id: "First", attribute: Some("Version") }, description: None, weights: [(Known("1"), 0.25)] })
        66: Address AWS::Lambda::Url
             FunctionUrl(FunctionUrlResource { function: FunctionReference { name: "thumbnail", qualifier: Some("live") }, iam: true, streams: true, cors: None, url: "http://127.0.0.1:8080/_url/thumbnail:live/" })
        70: Events AWS::Lambda::EventInvokeConfig
             EventInvokeConfig(EventInvokeConfigResource { function: FunctionReference { name: "thumbnail", qualifier: Some("live") }, retry_attempts_max: Some(0), event_age_max_seconds: None, on_success: None, on_failure: Some("arn:aws:sqs:us-east-1:000000000000:shop-Created-a4f52c39e1e6") })
        89: output Address = http://127.0.0.1:8080/_url/thumbnail:live/
        90: output Domain = uploads-000000000000.s3.us-east-1.amazonaws.com
        91: output Version = Later { logical_id: "First", attribute: Some("Version") }
        11: ignored Uploads VersioningConfiguration: objects have one version: what is overwritten or deleted is gone
        12: ignored Uploads PublicAccessBlockConfiguration: nothing is public
        36: ignored Thumbnail VpcConfig: functions are in the network of this machine
        78: ignored BucketPolicy AWS::S3::BucketPolicy: policies of buckets are not evaluated
        81: ignored Logs AWS::Logs::LogGroup: logs are kept up to a size, whatever RetentionInDays says
        84: ignored TooMany AWS::CloudWatch::Alarm: there are no alarms: metrics are at /metrics
    "#]],
    );
}

#[test]
fn calls_keep_to_rate_limits() {
    let template = r#"
Transform: AWS::Serverless-2016-10-31
Resources:
  Queue: { Type: AWS::SQS::Queue }
  Work:
    Type: AWS::Serverless::Function
    Metadata: { Bongsu: { RateLimit: { Key: group, Rate: 5/s } } }
    Properties:
      Runtime: python3.12
      Handler: app.handler
      CodeUri: .
      Events: { Messages: { Type: SQS, Properties: { Queue: !GetAtt Queue.Arn } } }
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Metadata:
      Bongsu:
        RateLimits:
          Call: { Key: $.mall_id, Rate: "5", Burst: 10, Concurrency: 1 }
    Properties:
      RoleArn: arn:aws:iam::000000000000:role/r
      Definition: { StartAt: Call, States: { Call: { Type: Task, Resource: !GetAtt Work.Arn, End: true } } }
"#;
    let stack = parse(template, "limits.yaml", &inputs(&[])).unwrap_or_else(|errors| panic!("{errors}"));
    let (_, mapping) = stack.mappings().next().expect("a mapping");
    assert_eq!(mapping.tags["bongsu:rate-limit"], "key=group rate=5/s");
    let machine = stack.resources.iter().find_map(|resource| match &resource.definition {
        Definition::StateMachine(machine) => Some(machine),
        _ => None,
    });
    let tags = &machine.expect("a machine").tags;
    assert_eq!(tags["bongsu:rate-limit:Call"], "key=$.mall_id rate=5/s burst=10 concurrency=1");
    for (from, to, reason) in [
        ("Rate: 5/s", "Rate: 5/week", "RateLimit: `5/week` is not a rate"),
        ("Burst: 10", "Size: 10", "Call: a rate limit has no `Size`"),
        (
            "Type: SQS, Properties: { Queue: !GetAtt Queue.Arn }",
            "Type: Api, Properties: { Path: /a, Method: get }",
            "no event of type SQS",
        ),
    ] {
        let errors = parse(&template.replace(from, to), "limits.yaml", &inputs(&[])).expect_err("a fault").to_string();
        assert!(errors.contains(reason), "{errors}");
    }
}
