//! One server from start to stop.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

use bongsu_aws_api::sigv4::Verifier;
use bongsu_aws_api::{AwsApi, REQUEST_BYTES_MAX};
use bongsu_delivery::{FunctionCredentials, Functions, FunctionsConfig};
use bongsu_gateway::{FrontDoor, RouteError};
use bongsu_http::{Limits, Listener};
use bongsu_journal::{FileJournal, Journal, MemoryJournal, OpenError, Options};
use bongsu_runtime::{Clock, Fatal, Handle, StartError};
use tokio::sync::watch;
use tokio::task::JoinError;
use tracing::info;

use crate::credentials::{for_functions, with_functions};
use crate::deploy::Plan;
use crate::functions::{FunctionLog, Processes};
use crate::ingress::Webhooks;
use crate::{Config, CredentialsError, DeployError, Storage, api, read_credentials};

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
    /// An unsigned route where strangers can reach it needs a decision.
    #[error(
        "{address} can be reached from outside and route {route} takes unsigned requests: say --insecure to allow it"
    )]
    IngressExposed {
        /// As configured.
        address: SocketAddr,
        /// The route.
        route: String,
    },
    /// The credentials file cannot be read.
    #[error("{}: {source}", path.display())]
    CredentialsUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The credentials file is wrong.
    #[error("{}: {source}", path.display())]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: CredentialsError,
    },
    /// The data directory cannot be used.
    #[error("the data directory cannot be used: {0}")]
    Open(#[from] OpenError),
    /// The data directory cannot be read.
    #[error("the data directory cannot be read: {0}")]
    Start(#[from] StartError),
    /// The template cannot be deployed.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The routes contradict each other.
    #[error(transparent)]
    Route(#[from] RouteError),
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
    let verifier = verifier(&config, &function_credentials)?;
    let api_limits = Arc::new(Limits { body_bytes_max: REQUEST_BYTES_MAX, ..Limits::default() });
    let api = listen(config.api, Limits::clone(&api_limits)).await?;
    let ingress = listen(config.ingress, Limits::default()).await?;
    let (api_address, ingress_address) = (address(&api, config.api), address(&ingress, config.ingress));
    let (api_url, ingress_url) = (format!("http://{api_address}"), format!("http://{ingress_address}"));
    let plan = config.template.as_ref().map(|template| Plan::read(template, &config, &api_url, &ingress_url));
    let plan = plan.transpose()?;
    check_exposure(&config, plan.as_ref())?;

    let functions = Functions::new(FunctionsConfig {
        region: config.region.clone(),
        account: config.account.to_string(),
        endpoint_url: api_url.clone(),
        credentials: function_credentials,
        launcher: config.launcher.clone(),
        logs: Arc::new(FunctionLog),
    });
    let processes = Processes::new(functions, config.region.clone());
    let journal = open(&config.storage)?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(ServeError::Random)?;
    let options = bongsu_runtime::Options {
        clock: Clock::System,
        seed,
        recent_bytes_max: config.recent_bytes_max,
        functions: Arc::new(processes.clone()),
    };
    let (broker, shard) = bongsu_runtime::start(journal, options).await?;
    let mut shard = tokio::spawn(shard.run());

    // Routes that cannot be served are found before anything is made.
    let routes = plan.as_ref().map_or(Ok(Vec::new()), Plan::routes)?;
    let front_door = front_door(&broker, &config, routes).map_err(|error| match &plan {
        Some(plan) => ServeError::Deploy(plan.route_fault(&error)),
        None => ServeError::Route(error),
    })?;
    let summary = match &plan {
        Some(plan) => plan.deploy(&broker, &config).await?,
        None => String::new(),
    };
    let aws = Arc::new(AwsApi::new(
        bongsu_aws_api::Config {
            account: config.account,
            region: config.region.clone(),
            verifier,
            clock: Clock::System,
            cooldowns: config.cooldowns,
            host: api_address.to_string(),
        },
        broker.clone(),
    ));

    let (stopping, stopped) = watch::channel(());
    let until_stop = || {
        let mut stopped = stopped.clone();
        async move { stopped.changed().await.unwrap_or_default() }
    };
    let serve_api =
        tokio::spawn(api.serve(move |request, _| api::answer(aws.clone(), api_limits.clone(), request), until_stop()));
    let serve_ingress = tokio::spawn(ingress.serve(
        move |request, _| {
            let front_door = front_door.clone();
            async move { front_door.handle(request).await }
        },
        until_stop(),
    ));
    announce(&summary, &api_url, &ingress_url);

    tokio::select! {
        () = stop => info!("stopping"),
        // Not told to stop: the journal failed. Nobody is answered any more.
        ended = &mut shard => return outcome(ended),
    }
    // Everybody who listens has heard it or is gone.
    stopping.send(()).unwrap_or_default();
    broker.stop().await;
    // A door that panicked has said so; what remains is to stop.
    drop((serve_api.await, serve_ingress.await));
    processes.stop().await;
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

fn verifier(config: &Config, functions: &FunctionCredentials) -> Result<Verifier, ServeError> {
    let Some(path) = &config.credentials else { return Ok(Verifier::development(&config.account.to_string())) };
    let text =
        fs::read_to_string(path).map_err(|source| ServeError::CredentialsUnreadable { path: path.clone(), source })?;
    let credentials = read_credentials(&text, config.account)
        .map_err(|source| ServeError::Credentials { path: path.clone(), source })?;
    Ok(Verifier::new(with_functions(credentials, functions, config.account), &config.region))
}

/// Loopback by default; anything else needs credentials, or the word `--insecure`.
fn check_exposure(config: &Config, plan: Option<&Plan>) -> Result<(), ServeError> {
    if config.insecure {
        return Ok(());
    }
    if !config.api.ip().is_loopback() && config.credentials.is_none() {
        return Err(ServeError::ApiExposed { address: config.api });
    }
    match plan.and_then(Plan::unsigned_route) {
        Some(route) if !config.ingress.ip().is_loopback() => {
            Err(ServeError::IngressExposed { address: config.ingress, route })
        }
        _ => Ok(()),
    }
}

fn open(storage: &Storage) -> Result<Arc<dyn Journal>, OpenError> {
    Ok(match storage {
        Storage::Ephemeral => Arc::new(MemoryJournal::new()),
        Storage::Directory(directory) => Arc::new(FileJournal::open(Options::new(journal_directory(directory)))?),
    })
}

/// The journal has a folder of its own, so that others can stand beside it.
fn journal_directory(data: &Path) -> PathBuf {
    data.join("journal")
}

fn front_door(
    broker: &Handle,
    config: &Config,
    routes: Vec<bongsu_gateway::Route>,
) -> Result<Arc<FrontDoor>, RouteError> {
    let webhooks = Webhooks { broker: broker.clone(), account: config.account };
    let clock: bongsu_gateway::Clock = Arc::new(|| Clock::System.now().0);
    Ok(Arc::new(FrontDoor::new(routes, Arc::new(webhooks), clock, Limits::default())?))
}

/// Tells a person, or a script that waits for `Ready.`, that everything works.
fn announce(summary: &str, api: &str, ingress: &str) {
    let mut out = io::stdout().lock();
    // Without anybody who reads it there is nobody to tell.
    write!(out, "{summary}API      {api}\nIngress  {ingress}\nReady.\n").and_then(|()| out.flush()).unwrap_or_default();
}
