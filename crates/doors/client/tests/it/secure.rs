//! HTTPS: only a certificate that is trusted gets a request.

use std::path::PathBuf;
use std::sync::Arc;

use bongsu_client::{CallError, Client, Settings};
use rcgen::generate_simple_self_signed;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::scripted::answer;

const QUEUE_URL: &str = "HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"QueueUrl\":\"http://h/0/q\"}";

/// The endpoint's URL, and a bundle with its certificate.
async fn serve_one() -> (String, PathBuf, TempDir) {
    let own = generate_simple_self_signed(["localhost".to_owned()]).expect("a test server");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key)
        .expect("a test server");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut stream = TlsAcceptor::from(Arc::new(config)).accept(stream).await.expect("a test server");
        answer(&mut stream, &[QUEUE_URL], &mut Vec::new()).await;
    });
    let folder = tempfile::tempdir().expect("a test server");
    let bundle = folder.path().join("bundle.pem");
    std::fs::write(&bundle, own.cert.pem()).expect("a test server");
    (url, bundle, folder)
}

fn client(url: &str, bundle: PathBuf) -> Client {
    Client::new(Settings { endpoint: url.parse().expect("a URL"), identity: None, ca_bundle: Some(bundle) })
        .expect("a test server")
}

#[tokio::test]
async fn a_trusted_certificate_is_enough() {
    let (url, bundle, _folder) = serve_one().await;
    assert_eq!(client(&url, bundle).queue_url("q", None).await.unwrap(), "http://h/0/q");
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_gets_no_request() {
    let (url, _, _folder) = serve_one().await;
    let (_, other_bundle, _other_folder) = serve_one().await;
    let error = client(&url, other_bundle).queue_url("q", None).await.unwrap_err();
    assert!(matches!(error, CallError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("certificate"), "{error}");
}
