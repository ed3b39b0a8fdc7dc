//! One server from start to stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use std::{env, io};

use bongsu_aws_api::events::Calls;
use bongsu_aws_api::lambda::Deployer;
use bongsu_aws_api::sigv4::Verifier;
use bongsu_aws_api::{AwsApi, Pipes, PublicUrl, REQUEST_BYTES_MAX, ScheduleCalls, Tasks};
use bongsu_broker::FAULTS_TAG;
use bongsu_delivery::http::{AddressGuard, HttpCourier, HttpSettings, IDLE_MAX};
use bongsu_delivery::{Functions, FunctionsConfig};
use bongsu_function_log::LogStore;
use bongsu_gateway::RouteError;
use bongsu_http::{Limits, Listener};
use bongsu_journal::{FileJournal, Journal, MemoryJournal, OpenError, Options};
use bongsu_notification::{Addresses, Signatures, SigningKey, SigningKeyError};
use bongsu_runtime::{Blobs, Clock, DELIVERIES_MAX, Fatal, Outside, StartError};
use rustix::process::{Resource, getrlimit};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinError;
use tracing::{info, warn};

use crate::api::UPLOADS_MAX;
use crate::clock_door::ClockDoor;
use crate::code::Code;
use crate::code_source::Buckets;
use crate::courier::Couriers;
use crate::credentials::{self, add_functions, for_functions};
use crate::functions::{FunctionLog, Place, Processes};
use crate::http_calls::HttpCalls;
use crate::ingress::{self, Ways};
use crate::invocations::Invocations;
use crate::log_tails::LogTails;
use crate::logs_door::LogsDoor;
use crate::mail::Maildir;
use crate::notifications::Notifications;
use crate::stacks::{Engine, Fronts, Store, Surroundings, Template, Up, Watch, World};
use crate::test_clock::TestClock;
use crate::{
    API_ALSO_MAX, Config, CredentialsError, DeployError, ElasticMqError, Net, StacksError, Storage, TestClockError,
    api, objects,
};

/// Connections to the AWS endpoint at once: ten thousand consumers that wait, and some that do something.
const API_CONNECTIONS_MAX: usize = 16_384;

/// Of the files that may be open, one in so many may be a connection to an endpoint. The others are for clients, the
/// journal and functions.
const OPEN_FILES_A_DELIVERY: usize = 2;
/// One in so many may be such a connection that is kept for the next delivery.
const OPEN_FILES_AN_IDLE_CONNECTION: usize = 8;

/// Why a server did not start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A port cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// As configured.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Listening where strangers can reach it needs a decision.
    #[error(
        "{address} can be reached from outside: configure credentials with --credentials FILE, or say --insecure to let \
         anybody use every queue"
    )]
    ApiExposed {
        /// As configured.
        address: SocketAddr,
    },
    /// Further addresses need the same decision.
    #[error(
        "{address} (of --api-also, or of the ElasticMQ configuration) can be reached from outside: configure credentials \
         with --credentials FILE, say --insecure to let anybody use every queue, or listen on loopback with --api-also \
         127.0.0.1:9324"
    )]
    ApiAlsoExposed {
        /// As configured.
        address: SocketAddr,
    },
    /// More addresses than are served.
    #[error("--api-also can be given at most {API_ALSO_MAX} times")]
    TooManyAddresses,
    /// The credentials are wrong.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The data directory cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Open(#[from] OpenError),
    /// The files of the object store cannot be used.
    #[error("the directory of the object store cannot be used: {0}")]
    Blobs(io::Error),
    /// The files of the log of functions cannot be used.
    #[error("the directory of the log of functions cannot be used: {0}")]
    FunctionLog(io::Error),
    /// The data directory cannot be read.
    #[error("the data directory cannot be read: {0}")]
    Start(#[from] StartError),
    /// The test clock cannot be taken up.
    #[error(transparent)]
    TestClock(#[from] TestClockError),
    /// The stacks cannot be read.
    #[error(transparent)]
    Stacks(#[from] StacksError),
    /// The stacks cannot be kept.
    #[error("the stacks cannot be kept; the log says why")]
    StacksNotKept,
    /// Code of functions cannot be kept.
    #[error("code of functions cannot be kept: {0}")]
    Code(io::Error),
    /// The template cannot be deployed.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The queues of an ElasticMQ configuration cannot be made.
    #[error(transparent)]
    ElasticMq(#[from] ElasticMqError),
    /// The routes contradict each other.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The key that notifications are signed with cannot be used.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// Notifications cannot be delivered over HTTP.
    #[error("notifications cannot be delivered: {0}")]
    Http(io::Error),
    /// No randomness to be had.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// Nothing more can be made durable. Everything that was acknowledged is safe.
    #[error("stopped, because nothing more can be made durable: {0}")]
    Fatal(#[from] Fatal),
}

/// Serves until `stop` resolves, or until nothing more can be made durable.
pub async fn serve(config: Config, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
    let function_credentials = for_functions().map_err(ServeError::Random)?;
    let credentials = credentials::read(config.credentials.as_deref(), |name| env::var_os(name), config.account)?;
    let is_open = credentials.is_none();
    let verifier = match credentials {
        Some(mut credentials) => {
            add_functions(&mut credentials, &function_credentials, config.account);
            Verifier::new(credentials, &config.region)
        }
        None => Verifier::development(&config.account.to_string()),
    };
    let api_limits =
        Limits { body_bytes_max: REQUEST_BYTES_MAX, connections_max: API_CONNECTIONS_MAX, ..Limits::default() };
    let api = listen(config.api, api_limits.clone()).await?;
    let mut apis_also = Vec::with_capacity(config.api_also.len());
    for also in &config.api_also {
        apis_also.push(listen(*also, api_limits.clone()).await?);
    }
    let ingress = listen(config.ingress, ingress::limits()).await?;
    let (api_address, ingress_address) = (address(&api, config.api), address(&ingress, config.ingress));
    let (api_url, ingress_url) = (format!("http://{api_address}"), format!("http://{ingress_address}"));
    let mut api_urls = vec![api_url.clone()];
    api_urls.extend(apis_also.iter().zip(&config.api_also).map(|(also, at)| format!("http://{}", address(also, *at))));
    let queues_url = config.public_url.as_ref().map_or_else(|| api_url.clone(), PublicUrl::to_string);
    let template = config.template.as_ref().map(Template::new).transpose()?;
    check_exposure(&config, is_open)?;
    if let Some(file) = &config.elasticmq {
        file.tell_notices();
    }

    let journal = open(&config.storage)?;
    let logs = logs(&config).map_err(ServeError::FunctionLog)?;
    let log_tails = Arc::new(LogTails::default());
    let functions = Functions::new(FunctionsConfig {
        region: config.region.clone(),
        account: config.account.to_string(),
        endpoint_url: api_url.clone(),
        credentials: function_credentials.clone(),
        launcher: config.launcher.clone(),
        logs: Arc::new(FunctionLog { tails: log_tails.clone(), store: logs.clone() }),
    });
    let (spans, exporting) = config.otlp_endpoint.clone().map(bongsu_traces::start).unzip();
    let code = Code::open(data_directory(&config.storage)).map_err(ServeError::Code)?;
    let test_clock = config.test_clock.then(|| TestClock::open(&config.storage)).transpose()?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(ServeError::Random)?;
    let clock = test_clock.as_ref().map_or(Clock::System, TestClock::clock);
    let place = Place {
        region: config.region.clone(),
        account: config.account,
        code: code.clone(),
        clock: clock.clone(),
        spans: spans.clone(),
    };
    let processes = Processes::new(functions, place);
    let notifications = Arc::new(notifications(&config, &queues_url)?);
    let http = HttpCourier::new(http_settings(&config, is_open)).map_err(ServeError::Http)?;
    let mail = Maildir::of(data_directory(&config.storage));
    let couriers =
        Couriers::new(notifications.clone(), http.clone(), processes.clone(), config.account, mail, clock.clone());
    let (tasks, pipes) = (Arc::new(Tasks::default()), Arc::new(Pipes::default()));
    let schedule_calls = Arc::new(ScheduleCalls::default());
    let options = bongsu_runtime::Options {
        clock: clock.clone(),
        seed,
        recent_bytes_max: config.recent_bytes_max,
        faults: config.faults,
        outside: Outside {
            functions: Arc::new(processes.clone()),
            courier: Arc::new(couriers),
            envelopes: notifications.clone(),
            blobs: blobs(&config.storage).map_err(ServeError::Blobs)?,
            deliveries_max: DELIVERIES_MAX,
            connections_max: connections_max(),
            tasks: tasks.clone(),
            schedule_calls: schedule_calls.clone(),
            pipes: pipes.clone(),
        },
    };
    let (broker, shard) = bongsu_runtime::start(journal, options).await?;
    let mut shard = tokio::spawn(shard.run());

    let functions = Arc::new(Invocations {
        broker: broker.clone(),
        processes: processes.clone(),
        log_tails,
        account: config.account,
        region: config.region.as_str().into(),
    });
    let fronts = Arc::new(Fronts::new(!config.insecure && !config.ingress.ip().is_loopback()));
    let aws = bongsu_aws_api::Config {
        account: config.account,
        region: config.region.clone(),
        verifier: verifier.clone(),
        // Clients sign with this machine's time, whatever a test says the time is.
        clock: Clock::System,
        cooldowns: config.cooldowns,
        host: api_address.to_string(),
        slow_after: config.slow_after,
        spans: spans.clone(),
        public_url: config.public_url.clone(),
        functions: functions.clone(),
        code: Arc::new(code.clone()),
        code_source: Arc::new(Buckets { broker: broker.clone(), account: config.account }),
        function_urls: fronts.clone(),
        function_url_host: format!("localhost:{}", ingress_address.port()),
        calls: Calls::new(Arc::new(HttpCalls::new(http.clone()))),
        function_logs: logs.clone(),
        stacks: None,
    };
    let world = Arc::new(World {
        broker: broker.clone(),
        account: config.account,
        region: config.region.clone(),
        lambda: Deployer::new(aws.clone(), broker.clone()),
        fronts: fronts.clone(),
    });
    let surroundings = Surroundings {
        region: config.region.clone(),
        account: config.account.to_string(),
        api_base: queues_url.clone(),
        ingress_base: ingress_url.clone(),
    };
    let store = Store::of(data_directory(&config.storage));
    let stacks = Engine::open(store, surroundings, world.clone(), clock.clone())?;
    // Whatever keeps a stack from being taken up has been told in the log.
    stacks.recover().await.map_err(|_| ServeError::StacksNotKept)?;
    let mut summary = String::new();
    if let Some(file) = &config.elasticmq {
        for queue in file.deploy(&broker, config.account, &config.region).await? {
            summary += &format!("Queue    {queue}  {queues_url}/{}/{queue}\n", config.account);
        }
    }
    let up = template.map(|template| Up {
        engine: stacks.clone(),
        broker: broker.clone(),
        account: config.account,
        template,
    });
    if let Some(up) = &up {
        summary += &up.deploy().await?;
    }
    let aws = bongsu_aws_api::Config { stacks: Some(Arc::new(stacks.clone())), ..aws };
    let aws = Arc::new(AwsApi::new(aws, broker.clone()));
    tasks.open(&aws);
    pipes.open(&aws);
    schedule_calls.open(&aws);
    aws.serve_function_urls().await.map_err(|_| ServeError::StacksNotKept)?;
    // Of functions that went while this was being written, or before their code was.
    aws.sweep_code();
    let front_door = ingress::open(
        fronts.apis()?,
        Ways {
            broker: broker.clone(),
            functions,
            aws: aws.clone(),
            credentials: function_credentials,
            http,
            account: config.account,
            region: config.region.clone(),
            clock,
            slow_after: config.slow_after,
        },
    );
    fronts.open(front_door.clone());

    if test_clock.is_some() {
        warn!(
            "THE TIME IS A TEST'S: whoever is on this machine can put it forward with POST \
             {api_url}/_bongsu/clock/advance; start without --test-clock where messages matter"
        );
    }
    if config.faults {
        warn!(
            "THINGS GO WRONG ON PURPOSE where queues and subscriptions say so ({FAULTS_TAG}); start without --faults where \
             messages matter"
        );
    }
    let door = Arc::new(api::Door {
        s3: objects::door(&config, verifier, api_limits.clone(), &aws, broker.clone()),
        aws,
        notifications,
        broker: broker.clone(),
        front_door: front_door.clone(),
        clock: ClockDoor::new(broker.clone(), test_clock),
        logs: LogsDoor::new(logs.clone(), config.insecure),
        limits: api_limits,
        uploads: Semaphore::new(UPLOADS_MAX),
        processes: processes.clone(),
        metrics_open: config.metrics_open || config.insecure,
        spans,
        started_at: SystemTime::now(),
    });

    let (stopping, stopped) = watch::channel(());
    let until_stop = || {
        let mut stopped = stopped.clone();
        async move { stopped.changed().await.unwrap_or_default() }
    };
    let serve_apis: Vec<_> = std::iter::once(api)
        .chain(apis_also)
        .map(|listener| {
            let door = door.clone();
            let answer = move |request, peer| api::answer(door.clone(), request, peer);
            tokio::spawn(listener.serve(answer, until_stop()))
        })
        .collect();
    let serve_ingress = tokio::spawn(ingress.serve(
        move |request, peer: SocketAddr| {
            let front_door = front_door.clone();
            async move { front_door.handle(request, peer.ip()).await }
        },
        until_stop(),
    ));
    let data = data_directory(&config.storage).map(Path::to_owned);
    let watching = tokio::spawn(Watch { up, code, processes: processes.clone(), data }.begin().await);
    announce(&summary, &api_urls, &ingress_url);

    tokio::select! {
        () = stop => info!("stopping"),
        // Not told to stop: the journal failed. Nobody is answered any more.
        ended = &mut shard => return outcome(ended),
    }
    // Everybody who listens has heard it or is gone.
    stopping.send(()).unwrap_or_default();
    door.logs.stop();
    watching.abort();
    stacks.stop().await;
    broker.stop().await;
    // A door that panicked has said so; what remains is to stop.
    for serving in serve_apis.into_iter().chain([serve_ingress]) {
        drop(serving.await);
    }
    processes.stop().await;
    if let Some(logs) = logs {
        // A panic there has been told of.
        tokio::task::spawn_blocking(move || logs.flush()).await.unwrap_or_default();
    }
    if let Some(exporting) = exporting {
        exporting.finish().await;
    }
    outcome(shard.await)
}

/// How the shard ended. A panic there is a broken invariant: it goes on here, and never passes for an orderly stop.
fn outcome(ended: Result<Result<(), Fatal>, JoinError>) -> Result<(), ServeError> {
    match ended {
        Ok(ended) => ended.map_err(ServeError::from),
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

async fn listen(address: SocketAddr, limits: Limits) -> Result<Listener, ServeError> {
    Listener::bind(address, limits).await.map_err(|source| ServeError::Listen { address, source })
}

fn address(listener: &Listener, configured: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(configured)
}

/// Loopback by default; anything else needs credentials, or the word `--insecure`.
fn check_exposure(config: &Config, is_open: bool) -> Result<(), ServeError> {
    if config.api_also.len() > API_ALSO_MAX {
        return Err(ServeError::TooManyAddresses);
    }
    if config.insecure {
        return Ok(());
    }
    if !config.api.ip().is_loopback() && is_open {
        return Err(ServeError::ApiExposed { address: config.api });
    }
    let exposed = config.api_also.iter().find(|also| !also.ip().is_loopback() && is_open);
    exposed.map_or(Ok(()), |address| Err(ServeError::ApiAlsoExposed { address: *address }))
}

fn open(storage: &Storage) -> Result<Arc<dyn Journal>, OpenError> {
    Ok(match storage {
        Storage::Ephemeral => Arc::new(MemoryJournal::new()),
        Storage::Directory(directory) => Arc::new(FileJournal::open(Options::new(journal_directory(directory)))?),
    })
}

/// What is too large for the journal, in a folder beside it.
fn blobs(storage: &Storage) -> io::Result<Blobs> {
    data_directory(storage).map_or_else(|| Ok(Blobs::in_memory()), |data| Blobs::open(&data.join("objects")))
}

/// What functions print, in a folder beside the journal, whose lock keeps it for this process too.
fn logs(config: &Config) -> io::Result<Option<Arc<LogStore>>> {
    let bytes_max = config.function_log_bytes_max;
    let store = match data_directory(&config.storage) {
        _ if bytes_max == 0 => return Ok(None),
        Some(data) => LogStore::open(&data.join("logs"), bytes_max)?,
        None => LogStore::temporary(bytes_max)?,
    };
    Ok(Some(Arc::new(store)))
}

fn data_directory(storage: &Storage) -> Option<&Path> {
    match storage {
        Storage::Directory(directory) => Some(directory),
        Storage::Ephemeral => None,
    }
}

/// The key lies in the data directory, which the journal has made by now and keeps for this process.
fn notifications(config: &Config, url: &str) -> Result<Notifications, SigningKeyError> {
    let key = data_directory(&config.storage).map_or_else(|| Ok(SigningKey::ephemeral()), SigningKey::open)?;
    let certificates = config.certificate_url.as_ref().map_or_else(|| url.to_owned(), PublicUrl::to_string);
    let addresses = Addresses::new(url, &certificates);
    Ok(Notifications::new(config.region.clone(), Signatures::new(key), addresses))
}

/// Where everybody who can reach the server is on this machine, so may be their endpoints.
fn http_settings(config: &Config, is_open: bool) -> HttpSettings {
    let mut guard = AddressGuard::public_only();
    if is_open && !config.insecure {
        guard = guard.allow(Net::loopback());
    }
    let guard = config.allowed_endpoints.iter().cloned().fold(guard, AddressGuard::allow);
    let idle_max = IDLE_MAX.min(open_files_max() / OPEN_FILES_AN_IDLE_CONNECTION);
    let (ca_bundle, attempts_max) = (config.ca_bundle.clone(), connections_max());
    HttpSettings { ca_bundle, attempts_max, idle_max, ..HttpSettings::new(guard) }
}

/// For deliveries: functions need none.
fn connections_max() -> usize {
    DELIVERIES_MAX.min(open_files_max() / OPEN_FILES_A_DELIVERY)
}

fn open_files_max() -> usize {
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

/// The journal has a folder of its own, so that others can stand beside it.
fn journal_directory(data: &Path) -> PathBuf {
    data.join("journal")
}

/// Tells a person, or a script that waits for `Ready.`, that everything works.
fn announce(summary: &str, apis: &[String], ingress: &str) {
    let apis: String = apis.iter().map(|api| format!("API      {api}\n")).collect();
    let mut out = io::stdout().lock();
    // Without anybody who reads it there is nobody to tell.
    write!(out, "{summary}{apis}Ingress  {ingress}\nReady.\n").and_then(|()| out.flush()).unwrap_or_default();
}
