//! `AWS::Lambda::Function` → a function and where its code is.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use bongsu_broker::RESERVED_VARIABLES;

use crate::names;
use crate::node::Entry;
use crate::reader::Reader;
use crate::scope::Identity;
use crate::stack::{Definition, Reference};
use crate::types::{Naming, Read, Reading, ResourceType};
use crate::{Inputs, Secret, queue};

pub(crate) static TYPE: ResourceType = ResourceType {
    name: "AWS::Lambda::Function",
    identity,
    read: Read::Properties(|reading| read(reading).map(Definition::Function)),
    metadata: &["ConcurrencyPerProcess"],
    told: &[
        ("CodeSigningConfigArn", "code is not signed"),
        ("KmsKeyArn", "variables are kept as they are"),
        ("RecursiveLoop", "loops are not looked for"),
        ("RuntimeManagementConfig", "the runtimes are those of this machine"),
        ("SnapStart", "processes start from nothing"),
        ("VpcConfig", "functions are in the network of this machine"),
    ],
    replaced_by: &["FunctionName", "PackageType"],
};

/// The timeout of a function that names none, in seconds.
const TIMEOUT_DEFAULT: u32 = 3;
/// The memory of a function that names none, in MiB.
const MEMORY_DEFAULT: u32 = 128;
/// The room under `/tmp` of a function that names none, in MiB.
const EPHEMERAL_STORAGE_DEFAULT: u32 = 512;
/// How many layers a function may have.
const LAYERS_MAX: usize = 5;
/// The longest code that stands in the template itself, in bytes.
const INLINE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How many bytes the names and values of a function's variables may have together.
pub const ENVIRONMENT_BYTES_MAX: usize = 4096;
/// How many invocations a process may have at a time.
pub(crate) const CONCURRENCY_PER_PROCESS: RangeInclusive<u32> = 1..=1_600;
/// How much memory a capacity provider may give for each processor, in GiB.
const MEMORY_GIB_PER_VCPU: RangeInclusive<f64> = 2.0..=8.0;
/// What the executable of a `provided` runtime is called.
const PROVIDED_HANDLER: &str = "bootstrap";
/// A function to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionResource {
    /// The function's name.
    pub name: String,
    /// What `Fn::GetAtt … Arn` gives.
    pub arn: String,
    /// What runs the code.
    pub runtime: Runtime,
    /// `module.function` for Python and Node.js; unused by `provided` runtimes.
    pub handler: String,
    /// Where its code is.
    pub code: Code,
    /// How long an invocation may take, 1 to 900 seconds.
    pub timeout_seconds: u32,
    /// How much memory it asks for, 128 to 10240 MiB.
    pub memory_mebibytes: u32,
    /// Its environment variables; values are often credentials and do not print.
    pub environment: BTreeMap<String, Secret>,
    /// How many invocations may run at once; 0 switches the function off.
    pub reserved_concurrency: Option<u32>,
    /// Its `Description`.
    pub description: Option<String>,
    /// The role it is said to have; nothing is asked of it.
    pub role: Option<String>,
    /// Its layers, the lowest first.
    pub layers: Vec<Reference>,
    /// The ARN of the queue or topic that asynchronous events go to which it cannot do.
    pub dead_letter: Option<String>,
    /// How much room it has under `/tmp`, 512 to 10240 MiB.
    pub ephemeral_storage_mebibytes: u32,
    /// How many invocations one of its processes has at a time, 1 to 1600.
    pub concurrency_per_process: u32,
    /// The capacity provider that is named, which has no effect here.
    pub capacity_provider: Option<CapacityProvider>,
    /// What it is built for.
    pub architecture: Architecture,
    /// Whether its invocations are traced (`Active`).
    pub tracing: bool,
    /// How it writes its log.
    pub logging: Option<Box<LoggingResource>>,
    /// The key that its variables are said to be kept with.
    pub kms_key_arn: Option<String>,
    /// The networks it is said to be in.
    pub vpc: Option<Box<VpcResource>>,
    /// Whether its versions are said to start from what was kept (`PublishedVersions`).
    pub snap_start: bool,
    /// The tags of the function.
    pub tags: BTreeMap<String, String>,
    /// Whether the template publishes versions of it.
    pub is_published: bool,
}

/// How a function writes its log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggingResource {
    /// `Text` or `JSON`.
    pub format: Option<String>,
    /// The least level of the function's own lines.
    pub application_level: Option<String>,
    /// The least level of the platform's lines.
    pub system_level: Option<String>,
    /// The log group it is said to write to.
    pub group: Option<String>,
}

/// The networks that a function is said to be in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VpcResource {
    /// Their subnets.
    pub subnets: Vec<String>,
    /// Its security groups.
    pub security_groups: Vec<String>,
    /// Whether it uses IPv6 there.
    pub ipv6: bool,
}

/// Where code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A path as the template says it: relative to the template's own folder unless absolute.
    Directory(String),
    /// The text of the one file there is.
    Inline(String),
    /// A zip in the object store.
    Object {
        /// Its bucket.
        bucket: String,
        /// Its key.
        key: String,
        /// Its version, if one is named.
        version: Option<String>,
    },
}

/// The instances that a function runs on in AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapacityProvider {
    /// Its ARN.
    pub arn: String,
    /// The memory for each processor in GiB, a decimal number from 2 to 8.
    pub memory_gib_per_vcpu: Option<String>,
}

/// What a function is built for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Architecture {
    /// `x86_64`.
    #[default]
    X86,
    /// `arm64`.
    Arm,
}

/// What runs a function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// Python 3 of this minor version.
    Python3(u8),
    /// Node.js of this major version.
    Node(u8),
    /// An executable that speaks the Runtime API, built for Amazon Linux 2.
    ProvidedAl2,
    /// An executable that speaks the Runtime API, built for Amazon Linux 2023.
    ProvidedAl2023,
}

impl Runtime {
    fn parse(text: &str) -> Option<Runtime> {
        match text {
            "provided.al2" => Some(Runtime::ProvidedAl2),
            "provided.al2023" => Some(Runtime::ProvidedAl2023),
            _ => {
                let node = text.strip_prefix("nodejs").and_then(|rest| rest.strip_suffix(".x"));
                let python = text.strip_prefix("python3.").and_then(|minor| minor.parse().ok()).map(Runtime::Python3);
                let found = python.or_else(|| node?.parse().ok().map(Runtime::Node))?;
                // Refuses other spellings of the same number, such as `python3.011`.
                (found.to_string() == text).then_some(found)
            }
        }
    }
}

/// AWS's identifier: `python3.11`.
impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Runtime::Python3(minor) => write!(f, "python3.{minor}"),
            Runtime::Node(major) => write!(f, "nodejs{major}.x"),
            Runtime::ProvidedAl2 => f.write_str("provided.al2"),
            Runtime::ProvidedAl2023 => f.write_str("provided.al2023"),
        }
    }
}

/// The name given, or a generated one, and what follows from it.
fn identity(naming: &mut Naming<'_, '_>) -> Identity {
    let (inputs, given) = (naming.inputs, naming.text("FunctionName"));
    let name = given.unwrap_or_else(|| names::generated(inputs, naming.logical_id, "", names::FUNCTION_NAME_MAX));
    let attributes = vec![("Arn", names::function_arn(inputs, &name))];
    Identity::named(name, attributes)
}

/// `None` when something needed is missing.
fn read(Reading { identity, inputs, mut reader, metadata, .. }: Reading<'_, '_>) -> Option<FunctionResource> {
    let name = identity.name.clone();
    reader.text("FunctionName");
    if !names::is_function_name(&name) {
        reader.fault(
            reader.line_of("FunctionName"),
            "FunctionName can only include alphanumeric characters, hyphens, or underscores, 1 to 64 in length",
        );
    }
    if reader.one_of("PackageType", &["Zip", "Image"]).as_deref() == Some("Image") {
        reader.fault(reader.line_of("PackageType"), "PackageType Image is not supported: code is a zip or a folder");
        reader.pass_all();
        return None;
    }
    let runtime = runtime(&mut reader);
    let handler = handler(&mut reader, runtime.as_ref());
    let code = code(&mut reader, "Code", runtime.as_ref());
    let timeout_seconds = reader.whole("Timeout", 1..=900).unwrap_or(TIMEOUT_DEFAULT);
    let memory_mebibytes = reader.whole("MemorySize", 128..=10_240).unwrap_or(MEMORY_DEFAULT);
    let environment = environment(&mut reader);
    let reserved_concurrency = reader.whole("ReservedConcurrentExecutions", 0..=1_000_000);
    let description = reader.string("Description");
    let role = reader.string("Role");
    let layers = reader.references("Layers");
    if layers.len() > LAYERS_MAX {
        reader.fault(reader.line_of("Layers"), format!("a function has at most {LAYERS_MAX} layers"));
    }
    let dead_letter = inner(&mut reader, "DeadLetterConfig", |config| config.string("TargetArn")).flatten();
    if let Some(reason) = dead_letter.as_ref().and_then(|arn| dead_letter_fault(arn, inputs)) {
        reader.fault(reader.line_of("DeadLetterConfig"), format!("DeadLetterConfig: {reason}"));
    }
    let ephemeral_storage_mebibytes = inner(&mut reader, "EphemeralStorage", |size| size.whole("Size", 512..=10_240))
        .flatten()
        .unwrap_or(EPHEMERAL_STORAGE_DEFAULT);
    let tracing =
        inner(&mut reader, "TracingConfig", |config| config.one_of("Mode", &["Active", "PassThrough"])).flatten();
    let (capacity_provider, concurrency) = capacity(&mut reader).unzip();
    let asked = metadata.concurrency_per_process;
    if let (Some(_), Some((line, _))) = (&concurrency, asked) {
        reader.fault(line, "ConcurrencyPerProcess: there is a CapacityProviderConfig too");
    }
    let architecture = architecture(&mut reader);
    let logging = inner(&mut reader, "LoggingConfig", |config| LoggingResource {
        format: config.one_of("LogFormat", &["JSON", "Text"]),
        application_level: config.one_of("ApplicationLogLevel", &["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]),
        system_level: config.one_of("SystemLogLevel", &["DEBUG", "INFO", "WARN"]),
        group: config.string("LogGroup"),
    });
    let kms_key_arn = reader.string("KmsKeyArn");
    let vpc = inner(&mut reader, "VpcConfig", |config| VpcResource {
        subnets: config.strings("SubnetIds"),
        security_groups: config.strings("SecurityGroupIds"),
        ipv6: config.boolean("Ipv6AllowedForDualStack").unwrap_or_default(),
    });
    let snap_start =
        inner(&mut reader, "SnapStart", |config| config.one_of("ApplyOn", &["None", "PublishedVersions"])).flatten();
    let tags = queue::tags(&mut reader);
    reader.finish();
    Some(FunctionResource {
        arn: names::function_arn(inputs, &name),
        name,
        runtime: runtime?,
        handler: handler?,
        code: code?,
        timeout_seconds,
        memory_mebibytes,
        environment,
        reserved_concurrency,
        description,
        role,
        layers,
        dead_letter,
        ephemeral_storage_mebibytes,
        concurrency_per_process: concurrency.flatten().or(asked.map(|(_, number)| number)).unwrap_or(1),
        capacity_provider: capacity_provider.flatten(),
        architecture,
        tracing: tracing.as_deref() == Some("Active"),
        logging: logging.map(Box::new),
        kms_key_arn,
        vpc: vpc.map(Box::new),
        snap_start: snap_start.as_deref() == Some("PublishedVersions"),
        tags,
        // Known when the whole template is read.
        is_published: false,
    })
}

/// Reads a map with nothing but this in it.
fn inner<T>(reader: &mut Reader<'_>, name: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> Option<T> {
    let mut inner = reader.map(name)?;
    let found = read(&mut inner);
    inner.finish();
    Some(found)
}

fn runtime(reader: &mut Reader<'_>) -> Option<Runtime> {
    let text = reader.required("Runtime")?;
    let runtime = Runtime::parse(&text);
    if runtime.is_none() {
        let reason =
            format!("runtime {text} is not supported yet: python3.x, nodejs2x.x, provided.al2023 or provided.al2 is");
        reader.fault(reader.line_of("Runtime"), reason);
    }
    runtime
}

fn handler(reader: &mut Reader<'_>, runtime: Option<&Runtime>) -> Option<String> {
    let Some(Runtime::Python3(_) | Runtime::Node(_)) = runtime else {
        return Some(reader.string("Handler").unwrap_or_else(|| PROVIDED_HANDLER.to_owned()));
    };
    let handler = reader.required("Handler")?;
    let is_complete =
        handler.rsplit_once('.').is_some_and(|(module, function)| !module.is_empty() && !function.is_empty());
    if !is_complete {
        reader.fault(reader.line_of("Handler"), format!("Handler must be module.function, not {handler}"));
        return None;
    }
    Some(handler)
}

/// A path, or a map that says where the code is.
pub(crate) fn code(reader: &mut Reader<'_>, property: &str, runtime: Option<&Runtime>) -> Option<Code> {
    let line = reader.line_of(property);
    reader.require(property);
    let given = reader.take(property)?;
    if let Some(path) = given.as_text() {
        let is_path = !path.text.is_empty() && !path.text.contains("://");
        if !is_path {
            reader.fault(line, format!("{property} must be the path of a folder, or a map of S3Bucket and S3Key"));
        }
        return is_path.then(|| Code::Directory(path.text.clone()));
    }
    let mut map = reader.within(given, property)?;
    map.pass(&["S3ObjectStorageMode", "SourceKMSKeyArn"]);
    let inline = map.text("ZipFile").map(|text| text.text);
    let (bucket, key) = (map.string("S3Bucket"), map.string("S3Key"));
    let version = map.string("S3ObjectVersion");
    map.finish();
    match (inline, bucket, key) {
        (Some(text), None, None) => {
            let runs_text = matches!(runtime, None | Some(Runtime::Python3(_) | Runtime::Node(_)));
            if !runs_text {
                reader.fault(line, "ZipFile is for Python and Node.js: other runtimes need an executable");
            }
            if text.len() > INLINE_BYTES_MAX {
                reader.fault(line, format!("ZipFile has more than {INLINE_BYTES_MAX} bytes"));
            }
            Some(Code::Inline(text))
        }
        (None, Some(bucket), Some(key)) => Some(Code::Object { bucket, key, version }),
        _ => {
            reader.fault(line, format!("{property} must have either ZipFile or S3Bucket and S3Key"));
            None
        }
    }
}

fn dead_letter_fault(arn: &str, inputs: &Inputs) -> Option<String> {
    match names::queue_of_arn(arn, inputs).or_else(|_| names::topic_of_arn(arn, inputs)) {
        Ok(name) if name.ends_with(names::FIFO_SUFFIX) => Some("it must be a standard queue or topic".to_owned()),
        Ok(_) => None,
        Err(_) => Some("TargetArn must be the ARN of a queue or topic".to_owned()),
    }
}

/// The provider, and how many invocations each process has at a time.
fn capacity(reader: &mut Reader<'_>) -> Option<(Option<CapacityProvider>, Option<u32>)> {
    inner(reader, "CapacityProviderConfig", |config| {
        config.require("LambdaManagedInstancesCapacityProviderConfig");
        inner(config, "LambdaManagedInstancesCapacityProviderConfig", |instances| {
            let arn = instances.required("CapacityProviderArn");
            let memory = instances.decimal("ExecutionEnvironmentMemoryGiBPerVCpu", MEMORY_GIB_PER_VCPU);
            let memory_gib_per_vcpu = memory.map(|memory| memory.to_string());
            let number = instances.whole("PerExecutionEnvironmentMaxConcurrency", CONCURRENCY_PER_PROCESS);
            (arn.map(|arn| CapacityProvider { arn, memory_gib_per_vcpu }), number)
        })
    })
    .flatten()
}

fn architecture(reader: &mut Reader<'_>) -> Architecture {
    let given = reader.strings("Architectures");
    match given.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["x86_64"] => Architecture::X86,
        ["arm64"] => Architecture::Arm,
        _ => {
            reader.fault(reader.line_of("Architectures"), "Architectures must be [x86_64] or [arm64]");
            Architecture::X86
        }
    }
}

fn environment(reader: &mut Reader<'_>) -> BTreeMap<String, Secret> {
    let line = reader.line_of("Environment");
    let mut environment = BTreeMap::new();
    let Some(mut outer) = reader.map("Environment") else { return environment };
    let variables = outer.map("Variables").map(Reader::into_entries).unwrap_or_default();
    for Entry { key, line, node } in variables {
        let rest = key.strip_prefix(|first: char| first.is_ascii_alphabetic()).unwrap_or_default();
        let is_name = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if RESERVED_VARIABLES.contains(&key.as_str()) {
            outer.fault(line, format!("variable {key} is set by Lambda itself"));
        } else if !is_name {
            outer.fault(line, format!("variable {key} must begin with a letter, then letters, digits and _"));
        }
        match (node.as_text(), node.kind()) {
            (Some(value), _) => {
                environment.insert(key, Secret::from(value.text.as_str()));
            }
            (None, "a faulty value") => {}
            (None, kind) => outer.fault(line, format!("variable {key} must be a text, not {kind}")),
        }
    }
    let bytes: usize = environment.iter().map(|(name, value)| name.len() + value.expose().len()).sum();
    if bytes > ENVIRONMENT_BYTES_MAX {
        outer.fault(line, format!("the variables have {bytes} bytes together; {ENVIRONMENT_BYTES_MAX} are allowed"));
    }
    outer.finish();
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_has_one_spelling() {
        for text in ["python3.8", "python3.14", "nodejs22.x", "provided.al2", "provided.al2023"] {
            assert_eq!(Runtime::parse(text).map(|runtime| runtime.to_string()).as_deref(), Some(text));
        }
        for text in ["", "python3.", "python3.011", "python3.+9", "python2.7", "python3.999", "provided", "nodejs22"] {
            assert_eq!(Runtime::parse(text), None, "{text}");
        }
    }
}
