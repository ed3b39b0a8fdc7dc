//! Functions of stacks, as any client of Lambda sees them: told whole, published when their code changes, gone with all
//! that belongs to them.

use std::io::{Cursor, Write as _};

use bongsu_aws_api::cloudformation::{DeleteOptions, Deployment, StackRefusal, Stacks as _};
use bongsu_broker::{FunctionRef, PutWhen};
use bongsu_runtime::Handle;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::site::Site;
use super::world::deployment;

const INLINE: &str = "
Resources:
  Dead: { Type: 'AWS::SQS::Queue', Properties: { QueueName: dead } }
  Says:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: says
      Runtime: python3.12
      Handler: index.handler
      Role: arn:aws:iam::000000000000:role/says
      Description: It says something.
      Timeout: 9
      MemorySize: 256
      Code: { ZipFile: 'def handler(event, context): pass' }
      Environment: { Variables: { WORD: one } }
      DeadLetterConfig: { TargetArn: !GetAtt Dead.Arn }
      EphemeralStorage: { Size: 600 }
      Architectures: [arm64]
      TracingConfig: { Mode: Active }
      LoggingConfig: { LogFormat: JSON, ApplicationLogLevel: WARN, LogGroup: /own }
      KmsKeyArn: arn:aws:kms:us-east-1:000000000000:key/k
      SnapStart: { ApplyOn: PublishedVersions }
      VpcConfig: { SubnetIds: [subnet-1], SecurityGroupIds: [sg-1] }
      Tags: [{ Key: team, Value: a }]
";

const PUBLISHED: &str = "Transform: AWS::Serverless-2016-10-31
Resources:
  Says:
    Type: AWS::Serverless::Function
    Properties: { FunctionName: says, Runtime: python3.12, Handler: app.handler, CodeUri: ./code, AutoPublishAlias: live }
";

fn zip(text: &str) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("app.py", SimpleFileOptions::default()).unwrap();
    writer.write_all(text.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn says() -> Value {
    json!({ "FunctionName": "says" })
}

async fn versions(site: &Site) -> Vec<String> {
    let told = site.lambda("ListVersionsByFunction", says()).await.unwrap();
    let versions = told["Versions"].as_array().unwrap().iter();
    versions.map(|version| version["Version"].as_str().unwrap().to_owned()).collect()
}

async fn live(site: &Site) -> String {
    let alias = site.lambda("GetAlias", json!({ "FunctionName": "says", "Name": "live" })).await.unwrap();
    alias["FunctionVersion"].as_str().unwrap().to_owned()
}

/// What is in a file of a function's code.
async fn code(site: &Site, qualifier: &str, file: &str) -> String {
    let input = json!({ "FunctionName": "says", "Qualifier": qualifier });
    let told = site.lambda("GetFunction", input).await.unwrap();
    let location = told["Code"]["Location"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
    std::fs::read_to_string(std::path::Path::new(&location).join(file)).unwrap()
}

#[tokio::test]
async fn a_function_tells_all_that_its_template_said() {
    let site = Site::start().await;
    site.deploy(INLINE).await;
    let told = site.lambda("GetFunction", says()).await.unwrap();
    let configuration = &told["Configuration"];
    for (member, expected) in [
        ("Role", json!("arn:aws:iam::000000000000:role/says")),
        ("Description", json!("It says something.")),
        ("Runtime", json!("python3.12")),
        ("Handler", json!("index.handler")),
        ("Timeout", json!(9)),
        ("MemorySize", json!(256)),
        ("Environment", json!({ "Variables": { "WORD": "one" } })),
        ("DeadLetterConfig", json!({ "TargetArn": "arn:aws:sqs:us-east-1:000000000000:dead" })),
        ("EphemeralStorage", json!({ "Size": 600 })),
        ("Architectures", json!(["arm64"])),
        ("TracingConfig", json!({ "Mode": "Active" })),
        ("KMSKeyArn", json!("arn:aws:kms:us-east-1:000000000000:key/k")),
        ("SnapStart", json!({ "ApplyOn": "PublishedVersions", "OptimizationStatus": "Off" })),
    ] {
        assert_eq!(configuration[member], expected, "{member}");
    }
    assert_eq!(configuration["LoggingConfig"]["ApplicationLogLevel"], "WARN");
    assert_eq!(configuration["LoggingConfig"]["LogGroup"], "/own");
    assert_eq!(configuration["VpcConfig"]["SubnetIds"], json!(["subnet-1"]));
    assert_eq!(configuration["CodeSha256"].as_str().unwrap().len(), 44);
    let id = site.up.engine.stack("s").unwrap().stack_id;
    let tags = json!({
        "team": "a",
        "aws:cloudformation:stack-name": "s",
        "aws:cloudformation:stack-id": id,
        "aws:cloudformation:logical-id": "Says",
    });
    assert_eq!(told["Tags"], tags);
    let listed = site.lambda("ListFunctions", json!({})).await.unwrap();
    assert_eq!(listed["Functions"][0], *configuration);
    assert_eq!(code(&site, "$LATEST", "index.py").await, "def handler(event, context): pass");
}

#[tokio::test]
async fn a_function_has_the_tags_of_its_stack() {
    let site = Site::start().await;
    let stacks = &site.up.engine;
    let tagged = |value: &str| {
        let tags = Some(vec![("cost".to_owned(), value.to_owned()), ("team".to_owned(), "all".to_owned())]);
        Deployment { tags, ..deployment("w", INLINE) }
    };
    let tags = async || site.lambda("GetFunction", says()).await.unwrap()["Tags"].clone();
    stacks.create(tagged("1"), Default::default()).await.unwrap();
    assert_eq!((&tags().await["cost"], &tags().await["team"]), (&json!("1"), &json!("a")));
    stacks.update(tagged("2")).await.unwrap();
    assert_eq!(tags().await["cost"], "2");
    // What is taken back takes the tags back, too.
    let failing = format!("{INLINE}  V: {{ Type: 'AWS::Lambda::Version', Properties: {{ FunctionName: no }} }}\n");
    stacks.update(Deployment { template: Some(failing), ..tagged("3") }).await.unwrap();
    assert_eq!(stacks.stack("w").unwrap().stack_status, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(tags().await["cost"], "2");
}

#[tokio::test]
async fn a_function_that_is_deployed_again_is_the_same() {
    let site = Site::start().await;
    site.deploy(INLINE).await;
    let first = site.lambda("GetFunction", says()).await.unwrap();
    site.deploy(INLINE).await;
    assert_eq!(site.lambda("GetFunction", says()).await.unwrap(), first);
    site.deploy(&INLINE.replace("WORD: one", "WORD: two")).await;
    let changed = site.lambda("GetFunctionConfiguration", says()).await.unwrap();
    assert_eq!(changed["Environment"]["Variables"]["WORD"], "two");
    assert_eq!(changed["Role"], first["Configuration"]["Role"]);
}

#[tokio::test]
async fn code_and_layers_come_from_a_bucket() {
    let template = |code: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31
Resources:
  Library: {{ Type: 'AWS::Serverless::LayerVersion', Properties: {{ LayerName: library, ContentUri: 's3://code/layer.zip' }} }}
  Says:
    Type: AWS::Serverless::Function
    Properties: {{ FunctionName: says, Runtime: python3.12, Handler: app.handler, CodeUri: {code}, Layers: [!Ref Library] }}
"
        )
    };
    let site = Site::start().await;
    site.put_object("layer.zip", zip("layer")).await;
    site.put_object("a/1.zip", zip("one")).await;
    site.put_object("a/2.zip", zip("two")).await;
    let stacks = &site.up.engine;
    stacks.create(deployment("w", &template("s3://code/a/1.zip")), Default::default()).await.unwrap();
    assert_eq!(stacks.stack("w").unwrap().stack_status, "CREATE_COMPLETE", "{:?}", stacks.events("w"));
    assert_eq!(code(&site, "$LATEST", "app.py").await, "one");
    let layers = site.lambda("ListLayers", json!({})).await.unwrap();
    let arn = &layers["Layers"][0]["LatestMatchingVersion"]["LayerVersionArn"];
    assert_eq!(arn, "arn:aws:lambda:us-east-1:000000000000:layer:library:1");
    let told = site.lambda("GetFunctionConfiguration", says()).await.unwrap();
    assert_eq!(told["Layers"][0]["Arn"], *arn);

    stacks.update(deployment("w", &template("{ Bucket: code, Key: a/2.zip }"))).await.unwrap();
    assert_eq!(code(&site, "$LATEST", "app.py").await, "two");

    for (missing, why) in
        [("s3://code/a/3.zip", "NoSuchKey"), ("{ Bucket: code, Key: a/2.zip, Version: v7 }", "NoSuchVersion")]
    {
        stacks.update(deployment("w", &template(missing))).await.unwrap();
        assert_eq!(stacks.stack("w").unwrap().stack_status, "UPDATE_ROLLBACK_COMPLETE");
        let told = stacks.events("w").unwrap();
        let failed = told.iter().find(|event| event.resource_status == "UPDATE_FAILED").unwrap();
        assert_eq!(failed.logical_resource_id, "Says");
        let reason = failed.resource_status_reason.as_deref().unwrap();
        assert!(reason.starts_with(&format!("Error occurred while GetObject. S3 Error Code: {why}.")), "{reason}");
        assert_eq!(code(&site, "$LATEST", "app.py").await, "two");
    }
    stacks.delete("w", DeleteOptions::default()).await.unwrap();
    assert!(site.lambda("GetFunction", says()).await.is_err());
    // SAM retains layers.
    assert_eq!(site.lambda("ListLayers", json!({})).await.unwrap()["Layers"][0]["LayerName"], "library");
}

#[tokio::test]
async fn a_template_is_read_from_a_bucket() {
    let site = Site::start().await;
    site.put_object("t.yaml", INLINE.as_bytes().to_vec()).await;
    let stacks = &site.up.engine;
    assert_eq!(stacks.fetch("http://127.0.0.1:4566/code/t.yaml").await.as_deref(), Ok(INLINE));
    for missing in ["http://127.0.0.1:4566/code/no.yaml", "http://127.0.0.1:4566/none/t.yaml", "t.yaml"] {
        let refused = stacks.fetch(missing).await.unwrap_err();
        let text = "TemplateURL must reference a valid S3 object to which you have access.";
        assert_eq!(refused, StackRefusal::Invalid(text.to_owned()), "{missing}");
    }
}

#[tokio::test]
async fn a_layer_of_a_folder_is_published_once() {
    let template = "
Resources:
  Library: { Type: 'AWS::Lambda::LayerVersion', Properties: { LayerName: library, Content: ./layer, Description: one } }
  Says:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: says
      Runtime: python3.12
      Handler: index.handler
      Code: { ZipFile: 'pass' }
      Layers: [!Ref Library]
";
    let site = Site::start().await;
    site.write("layer/python/library.py", "one");
    let layers = async || {
        let told = site.lambda("GetFunctionConfiguration", says()).await.unwrap();
        let told = told["Layers"].as_array().unwrap().iter().map(|layer| layer["Arn"].as_str().unwrap().to_owned());
        told.collect::<Vec<_>>()
    };
    for (template, number) in [(template, 1), (template, 1), (&template.replace("one }", "two }"), 2)] {
        site.deploy(template).await;
        assert_eq!(layers().await, [format!("arn:aws:lambda:us-east-1:000000000000:layer:library:{number}")]);
    }
    let versions = site.lambda("ListLayerVersions", json!({ "LayerName": "library" })).await.unwrap();
    assert_eq!(versions["LayerVersions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_version_is_published_when_the_files_of_a_folder_change_and_only_then() {
    let site = Site::start().await;
    site.write("code/app.py", "one");
    site.deploy(PUBLISHED).await;
    assert_eq!(
        (versions(&site).await, live(&site).await),
        (vec!["$LATEST".to_owned(), "1".to_owned()], "1".to_owned())
    );
    site.deploy(PUBLISHED).await;
    assert_eq!(versions(&site).await.len(), 2);
    site.write("code/app.py", "two");
    site.deploy(PUBLISHED).await;
    assert_eq!(live(&site).await, "2");
    assert_eq!((code(&site, "1", "app.py").await, code(&site, "2", "app.py").await), ("one".into(), "two".into()));
    let resources = site.up.engine.resources("s").unwrap();
    let version = resources.iter().find(|resource| resource.resource_type == "AWS::Lambda::Version").unwrap();
    let arn = "arn:aws:lambda:us-east-1:000000000000:function:says:2";
    assert_eq!(version.physical_resource_id.as_deref(), Some(arn));
    // What failed leaves the alias where it was deployed from.
    site.write("code/app.py", "three");
    let failing = format!(
        "{PUBLISHED}  Lost:\n    Type: AWS::Lambda::Url\n    Properties: {{ TargetFunctionArn: no, AuthType: NONE }}\n"
    );
    site.try_deploy(&failing).await.unwrap_err();
    site.deploy(PUBLISHED).await;
    assert_eq!(code(&site, "live", "app.py").await, "three");
    assert_eq!(versions(&site).await.len(), 4);
}

#[tokio::test]
async fn a_version_of_other_code_than_it_says_is_refused() {
    let site = Site::start().await;
    site.deploy(INLINE).await;
    let told = site.lambda("GetFunctionConfiguration", says()).await.unwrap();
    let version = |digest: &str| {
        format!(
            "{INLINE}  V1:\n    Type: AWS::Lambda::Version\n    Properties: {{ FunctionName: !Ref Says, CodeSha256: '{digest}' }}\n"
        )
    };
    let fault = site.try_deploy(&version("AAAA")).await.unwrap_err().to_string();
    assert!(
        fault.contains("resource V1: CodeSHA256 (AAAA) is different from current CodeSHA256 in $LATEST"),
        "{fault}"
    );
    let first = version(told["CodeSha256"].as_str().unwrap());
    site.deploy(&first).await;
    assert_eq!(versions(&site).await, ["$LATEST", "1"]);

    // Other code alone publishes none; another digest in the template does, in the place of the one before.
    let changed = first.replace("event, context): pass", "event, context): return 2");
    site.deploy(&changed).await;
    assert_eq!(versions(&site).await, ["$LATEST", "1"]);
    let second = site.lambda("GetFunctionConfiguration", says()).await.unwrap();
    let digest = |told: &Value| told["CodeSha256"].as_str().unwrap().to_owned();
    assert_ne!(digest(&second), digest(&told));
    site.deploy(&changed.replace(&digest(&told), &digest(&second))).await;
    assert_eq!(versions(&site).await, ["$LATEST", "2"]);
}

#[tokio::test]
async fn what_belongs_to_a_function_goes_with_its_stack() {
    let template = format!(
        "{}      FunctionUrlConfig: {{ AuthType: NONE }}
      EventInvokeConfig: {{ MaximumRetryAttempts: 1 }}
  Allowed:
    Type: AWS::Lambda::Permission
    Properties: {{ FunctionName: !Ref Says, Action: 'lambda:InvokeFunction', Principal: sns.amazonaws.com }}
",
        PUBLISHED.replace(
            "    Properties: { FunctionName: says, Runtime: python3.12, Handler: app.handler, CodeUri: ./code, AutoPublishAlias: live }",
            "    Properties:\n      FunctionName: says\n      Runtime: python3.12\n      Handler: app.handler\n      CodeUri: ./code\n      AutoPublishAlias: live",
        )
    );
    let site = Site::start().await;
    site.write("code/app.py", "one");
    site.deploy(&template).await;
    let live = json!({ "FunctionName": "says", "Qualifier": "live" });
    let url = site.lambda("GetFunctionUrlConfig", live.clone()).await.unwrap();
    assert_eq!(url["AuthType"], "NONE");
    assert!(site.lambda("GetPolicy", says()).await.unwrap()["Policy"].as_str().unwrap().contains("sns.amazonaws.com"));
    let config = site.lambda("GetFunctionEventInvokeConfig", live.clone()).await.unwrap();
    assert_eq!(config["MaximumRetryAttempts"], 1);
    // What others have said of it goes too.
    let theirs =
        json!({ "FunctionName": "says", "StatementId": "theirs", "Action": "lambda:InvokeFunction", "Principal": "*" });
    site.lambda("AddPermission", theirs).await.unwrap();
    site.up.engine.delete("s", DeleteOptions::default()).await.unwrap();
    assert!(site.up.engine.stack("s").is_err());
    // The version is retained, as SAM has it; the function is gone with all of them.
    for (operation, input) in [
        ("GetFunction", says()),
        ("GetFunctionUrlConfig", live.clone()),
        ("GetPolicy", says()),
        ("GetFunctionEventInvokeConfig", live),
    ] {
        assert!(site.lambda(operation, input).await.is_err(), "{operation}");
    }
    // One of the same name begins anew.
    site.deploy(INLINE).await;
    assert_eq!(versions(&site).await, ["$LATEST"]);
    assert!(site.lambda("GetPolicy", says()).await.is_err());
}

#[tokio::test]
async fn functions_of_servers_before_this_one_are_taken_over() {
    let site = Site::start().await;
    site.deploy(INLINE).await;
    // Its code had another place, and nothing was told of it.
    let former = site.data().join("code").join("a".repeat(64));
    std::fs::create_dir_all(&former).unwrap();
    std::fs::write(former.join("index.py"), "former").unwrap();
    let known = latest(site.broker()).await;
    let made = bongsu_broker::Function {
        code: former.display().to_string().into(),
        code_digest: "".into(),
        details: "".into(),
        ..known
    };
    site.broker().put_function(made, PutWhen::Always).await.unwrap();
    assert_eq!(site.code.directory(&latest(site.broker()).await.code), former);
    site.deploy(INLINE).await;
    assert_eq!(code(&site, "$LATEST", "index.py").await, "def handler(event, context): pass");
    let told = site.lambda("GetFunctionConfiguration", says()).await.unwrap();
    assert_eq!(told["Description"], "It says something.");
}

async fn latest(broker: &Handle) -> bongsu_broker::Function {
    let described = broker.describe_function(FunctionRef::latest("says")).await.unwrap();
    bongsu_broker::Function::clone(&described.function)
}
