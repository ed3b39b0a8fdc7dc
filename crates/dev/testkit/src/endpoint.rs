//! A web server that topics deliver to, good or bad on purpose.
//!
//! Topics may open thousands of connections to it at once: it runs on a thread of its own and blocks nobody.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 20_000;
/// Questions that wait to be looked at.
const QUESTIONS_MAX: usize = 100;
/// How long a question may take to arrive.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Sent at once of what is large.
const CHUNK_BYTES: usize = 64 << 10;

/// A request to the endpoint.
#[derive(Debug)]
pub struct Arrival {
    /// When it was there as a whole.
    pub at: Instant,
    /// What was asked for.
    pub target: String,
    /// Names in lower case.
    pub headers: HashMap<String, String>,
    /// What was delivered.
    pub body: Vec<u8>,
}

impl Arrival {
    /// The body as text.
    ///
    /// # Panics
    ///
    /// When it is none.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("what topics deliver is text")
    }

    fn is_question(&self) -> bool {
        self.headers.get("x-amz-sns-message-type").is_some_and(|kind| kind.ends_with("Confirmation"))
    }
}

/// What the endpoint does with a request.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Answers with this status and an empty body.
    Status(u16),
    /// Redirects (302) to there.
    Redirect(String),
    /// Answers 200 with so many bytes.
    Large(u64),
    /// Sends a status of 200 byte by byte with so much time between two of them, and never comes to its end.
    Slow(Duration),
    /// Keeps the connection and says nothing.
    Never,
}

/// A running endpoint. It ends when dropped: from then on connections are refused.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    is_secure: bool,
    questions: Mutex<Receiver<Value>>,
    _runtime: Runtime,
}

impl Endpoint {
    /// Listens on a free loopback port. Questions whether to confirm are answered with 200 and kept for
    /// [`Endpoint::question`]; for everything else `answer` says what becomes of it.
    ///
    /// # Panics
    ///
    /// When there is no port.
    #[must_use]
    pub fn start(answer: impl Fn(&Arrival) -> Answer + Send + Sync + 'static) -> Endpoint {
        Endpoint::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer)
    }

    /// The same on a reserved port, or one that an endpoint before has left.
    ///
    /// # Panics
    ///
    /// When the port is taken.
    #[must_use]
    pub fn start_at(address: SocketAddr, answer: impl Fn(&Arrival) -> Answer + Send + Sync + 'static) -> Endpoint {
        Endpoint::listen(address, None, Arc::new(answer))
    }

    /// The same over TLS, with a certificate that nobody else has signed.
    ///
    /// # Panics
    ///
    /// When there is no port.
    #[must_use]
    pub fn self_signed(answer: impl Fn(&Arrival) -> Answer + Send + Sync + 'static) -> Endpoint {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![made.cert.der().clone()], key.into()).expect("a certificate");
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Endpoint::listen(SocketAddr::from(([127, 0, 0, 1], 0)), Some(acceptor), Arc::new(answer))
    }

    fn listen(address: SocketAddr, tls: Option<TlsAcceptor>, answer: Arc<AnswerFor>) -> Endpoint {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a thread");
        let (sender, questions) = sync_channel(QUESTIONS_MAX);
        let is_secure = tls.is_some();
        let listener = {
            let _entered = runtime.enter();
            let listener = bind(address).and_then(|socket| socket.listen(BACKLOG));
            listener.unwrap_or_else(|error| panic!("cannot listen on {address}: {error}"))
        };
        let address = listener.local_addr().expect("a listener has an address");
        runtime.spawn(accept(listener, tls, Door { answer, questions: sender }));
        Endpoint { address, is_secure, questions: Mutex::new(questions), _runtime: runtime }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its URL, with a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        match self.is_secure {
            true => format!("https://localhost:{}{path}", self.address.port()),
            false => format!("http://{}{path}", self.address),
        }
    }

    /// The next question whether to confirm a subscription, or the end of one.
    ///
    /// # Panics
    ///
    /// When none comes in time.
    #[must_use]
    pub fn question(&self) -> Value {
        self.questions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv_timeout(QUESTION_TIMEOUT)
            .expect("a question whether to confirm")
    }
}

/// A port where nobody listens unless an [`Endpoint`] is started there, and that the system lends to nobody else.
#[derive(Debug)]
pub struct Port(TcpSocket);

impl Port {
    /// Takes a free port.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn reserve() -> Port {
        Port(bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port"))
    }

    /// Where it is.
    ///
    /// # Panics
    ///
    /// Never: a reserved port has an address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a port has an address")
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

type AnswerFor = dyn Fn(&Arrival) -> Answer + Send + Sync;

#[derive(Clone)]
struct Door {
    answer: Arc<AnswerFor>,
    questions: SyncSender<Value>,
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, door: Door) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Too many open files: some are about to be closed.
            Err(_) => {
                sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        let (tls, door) = (tls.clone(), door.clone());
        tokio::spawn(async move {
            // A client that goes away has its reasons.
            let served = match tls {
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => door.serve(stream).await,
                    Err(error) => Err(error),
                },
                None => door.serve(stream).await,
            };
            served.unwrap_or_default();
        });
    }
}

impl Door {
    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let arrival = read(&mut stream).await?;
            if arrival.is_question() {
                // A question that nobody looks at is not waited for.
                drop(self.questions.try_send(serde_json::from_slice(&arrival.body)?));
                status(&mut stream, 200).await?;
                continue;
            }
            match (self.answer)(&arrival) {
                Answer::Status(code) => status(&mut stream, code).await?,
                Answer::Redirect(to) => {
                    let head = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
                    stream.write_all(head.as_bytes()).await?;
                }
                Answer::Large(bytes) => large(&mut stream, bytes).await?,
                Answer::Slow(pause) => {
                    for byte in b"HTTP/1.1 200 OK\r\nx: ".iter().chain(std::iter::repeat(&b'x')) {
                        stream.write_all(&[*byte]).await?;
                        sleep(pause).await;
                    }
                }
                Answer::Never => std::future::pending().await,
            }
        }
    }
}

async fn read(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Arrival> {
    let line = line(stream).await?;
    let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        let line = self::line(stream).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Arrival { at: Instant::now(), target, headers, body })
}

async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

async fn status(stream: &mut (impl AsyncWrite + Unpin), code: u16) -> io::Result<()> {
    let head = format!("HTTP/1.1 {code} As told\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await
}

async fn large(stream: &mut (impl AsyncWrite + Unpin), bytes: u64) -> io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let chunk = [b'x'; CHUNK_BYTES];
    for _ in 0..bytes.div_ceil(CHUNK_BYTES as u64) {
        stream.write_all(&chunk).await?;
    }
    Ok(())
}
