//! A tiny blocking HTTP/1.1 client: one kept-alive connection, a deadline on every wait, no retries.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A response larger than this is taken for a fault of the server.
const BODY_BYTES_MAX: usize = 64 << 20;
/// As many header lines a response may have.
const HEADERS_MAX: usize = 100;
/// How long a connection may take to be established on loopback.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no response, by what the caller may conclude from it.
#[derive(Debug)]
pub enum Error {
    /// No connection came about: the server has not seen the request.
    NotSent(io::Error),
    /// The request was on its way when the connection failed: it may have been carried out or not.
    Unknown(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::NotSent(error) => write!(f, "not sent: {error}"),
            Error::Unknown(error) => write!(f, "sent, but no answer: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The body as it came, after chunks are joined.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header with this lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    fn keeps_alive(&self) -> bool {
        !self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }
}

/// One connection to one server, opened when first needed and again after a failure.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    timeout: Duration,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// A client of the server at `address` that gives up after `timeout` without a byte.
    #[must_use]
    pub fn new(address: SocketAddr, timeout: Duration) -> Client {
        Client { address, timeout, connection: None }
    }

    /// `GET target`.
    ///
    /// # Errors
    ///
    /// As [`Client::request`].
    pub fn get(&mut self, target: &str) -> Result<Response, Error> {
        self.request("GET", target, &[], b"")
    }

    /// `POST target` with a body.
    ///
    /// # Errors
    ///
    /// As [`Client::request`].
    pub fn post(&mut self, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Response, Error> {
        self.request("POST", target, headers, body)
    }

    /// Sends one request and reads its response, whatever the status.
    ///
    /// # Errors
    ///
    /// [`Error::NotSent`] when no connection comes about, [`Error::Unknown`] when one fails after that.
    pub fn request(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address, self.timeout).map_err(Error::NotSent)?,
        };
        let request = render(method, target, self.address, headers, body);
        connection.get_mut().write_all(&request).map_err(Error::Unknown)?;
        let response = read_response(&mut connection).map_err(Error::Unknown)?;
        if response.keeps_alive() {
            self.connection = Some(connection);
        }
        Ok(response)
    }
}

fn connect(address: SocketAddr, timeout: Duration) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, CONNECT_TIMEOUT)?;
    // While nobody listens, TCP may pick the port as our own and connect the socket to itself.
    if stream.local_addr()? == address {
        return Err(io::Error::new(ErrorKind::ConnectionRefused, "connected to itself"));
    }
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.set_write_timeout(Some(timeout))?;
    Ok(BufReader::new(stream))
}

fn render(method: &str, target: &str, host: SocketAddr, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{method} {target} HTTP/1.1\r\n");
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        request += &format!("host: {host}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    request += &format!("content-length: {}\r\n\r\n", body.len());
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}

fn read_response(from: &mut impl BufRead) -> io::Result<Response> {
    let status = read_line(from)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| malformed("status line"))?;
    let mut response = Response { status, headers: read_headers(from)?, body: Vec::new() };
    let chunked = response.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"));
    response.body = match response.header("content-length") {
        _ if chunked => read_chunks(from)?,
        Some(length) => read_exactly(from, length.parse().map_err(|_| malformed("content-length"))?)?,
        None if status == 204 || status == 304 => Vec::new(),
        None => read_to_close(from)?,
    };
    Ok(response)
}

fn read_headers(from: &mut impl BufRead) -> io::Result<Vec<(String, String)>> {
    let mut headers = Vec::new();
    loop {
        let line = read_line(from)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let (name, value) = line.split_once(':').ok_or_else(|| malformed("header line"))?;
        if headers.len() == HEADERS_MAX {
            return Err(malformed("number of headers"));
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
}

fn read_chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let size = usize::from_str_radix(&read_line(from)?, 16).map_err(|_| malformed("chunk size"))?;
        if body.len().saturating_add(size) > BODY_BYTES_MAX {
            return Err(malformed("body size"));
        }
        body.extend(read_exactly(from, size)?);
        read_line(from)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

fn read_exactly(from: &mut impl BufRead, length: usize) -> io::Result<Vec<u8>> {
    if length > BODY_BYTES_MAX {
        return Err(malformed("body size"));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body)?;
    Ok(body)
}

fn read_to_close(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    from.take(BODY_BYTES_MAX as u64).read_to_end(&mut body)?;
    Ok(body)
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(64 << 10).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("malformed response: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_may_come_with_a_length_in_chunks_or_until_the_end() {
        for (raw, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", "abc"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n", "abc"),
            ("HTTP/1.1 200 OK\r\n\r\nabc", "abc"),
            ("HTTP/1.1 204 No Content\r\n\r\n", ""),
        ] {
            let response = read_response(&mut raw.as_bytes()).unwrap();
            assert_eq!(response.text(), body, "{raw}");
        }
    }

    #[test]
    fn a_response_cut_short_is_an_error() {
        for raw in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "nonsense\r\n\r\n"] {
            assert!(read_response(&mut raw.as_bytes()).is_err(), "{raw}");
        }
    }

    #[test]
    fn a_refused_connection_means_that_nothing_was_sent() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = Client::new(free, Duration::from_secs(1)).get("/");
        assert!(matches!(refused, Err(Error::NotSent(_))), "{refused:?}");
    }
}
