//! A broker, its object store and its functions, and templates deployed to them one after the other.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bongsu_aws_api::events::Calls;
use bongsu_aws_api::lambda::{Deployer, NoFunctions};
use bongsu_aws_api::sigv4::Verifier;
use bongsu_broker::{Account, BucketName, EventOrigin, ObjectKey, Tags};
use bongsu_journal::MemoryJournal;
use bongsu_runtime::{Clock, Handle, ObjectPut, Options, Outside};
use serde_json::Value;
use tempfile::TempDir;

use crate::code::Code;
use crate::code_source::Buckets;
use crate::stacks::{Engine, Fronts, Store, Surroundings, Template, Up, World};
use crate::{DeployError, TemplateFile};

const REGION: &str = "us-east-1";
const BUCKET: &str = "code";

/// Where the one stack `s` is deployed, by `up`; and others, by their own engine's door.
pub(super) struct Site {
    pub(super) up: Up,
    pub(super) code: Code,
    folder: TempDir,
    data: TempDir,
    /// What any client would use.
    lambda: Deployer,
}

impl Site {
    pub(super) async fn start() -> Site {
        let options = Options {
            clock: Clock::System,
            seed: [7; 32],
            recent_bytes_max: 1 << 20,
            faults: false,
            outside: Outside::default(),
        };
        let (broker, shard) = bongsu_runtime::start(Arc::new(MemoryJournal::new()), options).await.unwrap();
        tokio::spawn(shard.run());
        let account = Account(0);
        let data = tempfile::tempdir().unwrap();
        let code = Code::open(Some(data.path())).unwrap();
        let fronts = Arc::new(Fronts::new(false));
        let config = bongsu_aws_api::Config {
            account,
            region: REGION.to_owned(),
            verifier: Verifier::development("000000000000"),
            clock: Clock::System,
            cooldowns: false,
            host: "localhost".to_owned(),
            slow_after: Duration::from_secs(1),
            spans: None,
            stacks: None,
            public_url: None,
            functions: Arc::new(NoFunctions),
            code: Arc::new(code.clone()),
            code_source: Arc::new(Buckets { broker: broker.clone(), account }),
            function_urls: fronts.clone(),
            function_url_host: "localhost".to_owned(),
            calls: Calls::to_nobody(),
            function_logs: None,
        };
        let lambda = || Deployer::new(config.clone(), broker.clone());
        let world = World { broker: broker.clone(), account, region: REGION.to_owned(), lambda: lambda(), fronts };
        let surroundings = Surroundings {
            region: REGION.to_owned(),
            account: "000000000000".to_owned(),
            api_base: "http://127.0.0.1:4566".to_owned(),
            ingress_base: "http://127.0.0.1:8080".to_owned(),
        };
        let engine = Engine::open(Store::of(None), surroundings, Arc::new(world), Clock::System).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = TemplateFile {
            path: folder.path().join("T"),
            parameters: BTreeMap::new(),
            stack_name: Some("s".to_owned()),
        };
        let template = Template::new(&file).unwrap();
        let lambda = lambda();
        Site { up: Up { engine, broker, account, template }, code, folder, data, lambda }
    }

    pub(super) fn broker(&self) -> &Handle {
        &self.up.broker
    }

    pub(super) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Writes a file beside the template.
    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) async fn try_deploy(&self, template: &str) -> Result<String, DeployError> {
        self.write("T", template);
        self.up.deploy().await
    }

    pub(super) async fn deploy(&self, template: &str) -> String {
        self.try_deploy(template).await.unwrap()
    }

    /// Puts an object into the bucket `code`, which is made if it has to be.
    pub(super) async fn put_object(&self, key: &str, bytes: Vec<u8>) {
        let (bucket, key) = (BucketName::parse(BUCKET).unwrap(), ObjectKey::parse(key).unwrap());
        // It may be there.
        drop(self.broker().create_bucket(bucket.clone(), Account(0), Tags::new()).await);
        let mut staging = self.broker().stage();
        staging.write(bytes.into()).await.unwrap();
        let staged = staging.finish().await.unwrap();
        self.broker().put_object(bucket, key, staged, ObjectPut::default(), EventOrigin::default()).await.unwrap();
    }

    /// What Step Functions answers.
    pub(super) async fn states(&self, operation: &str, input: Value) -> Result<Value, String> {
        let answer = self.lambda.ask_states(operation, input).await;
        answer.map_err(|refusal| refusal.message().to_owned())
    }

    /// What EventBridge answers to a client, or the reason why not.
    pub(super) async fn events(&self, operation: &str, input: Value) -> Result<Value, String> {
        const ID: &str = "00000000-0000-4000-8000-000000000000";
        self.lambda.ask_events(operation, ID, input).await.map_err(|refusal| refusal.message().to_owned())
    }

    /// What Lambda answers to a client, or the reason why not.
    pub(super) async fn lambda(&self, operation: &str, input: Value) -> Result<Value, String> {
        self.lambda.ask(operation, input).await.map_err(|refusal| refusal.message().to_owned())
    }
}
