//! HTTPS: only a certificate that is trusted, valid and of the right name gets a request.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bongsu_delivery::http::{Attempt, Fault, HttpSettings, Outcome};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::harness::{Names, Served, Step, answer, courier, play, post, settings};

struct Secure {
    served: Served,
    bundle: PathBuf,
    _folder: TempDir,
}

/// Serves one connection after the other with a certificate that signs itself.
async fn serve(params: CertificateParams, scripts: Vec<Vec<Step>>) -> Secure {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, seen) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for (connection, script) in scripts.into_iter().enumerate() {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not like the certificate hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            play(&mut stream, connection, script, &tell, &mut 0).await.unwrap_or_default();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle.pem");
    std::fs::write(&bundle, certificate.pem()).unwrap();
    Secure { served: Served { port, seen }, bundle, _folder: folder }
}

fn of(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).unwrap()
}

impl Secure {
    async fn post(&self, host: &str, bundle: Option<PathBuf>) -> Attempt {
        let resolver = Names::new(&[&["127.0.0.1"]]);
        let courier = courier(HttpSettings { ca_bundle: bundle, resolver, ..settings() });
        post(&courier, &format!("https://{host}:{}/", self.served.port)).await
    }
}

fn tls_fault(attempt: &Attempt) -> &str {
    assert_eq!((attempt.outcome, attempt.status), (Outcome::Retry, None), "{attempt:?}");
    match &attempt.fault {
        Some(Fault::Tls(text)) => text,
        fault => panic!("{fault:?}"),
    }
}

#[tokio::test]
async fn a_certificate_of_the_bundle_is_enough() {
    for host in ["hook.example", "127.0.0.1"] {
        let mut secure = serve(of(host), vec![vec![answer(200, "thanks")]]).await;
        let attempt = secure.post(host, Some(secure.bundle.clone())).await;
        assert_eq!((attempt.outcome, attempt.provider_response.as_str()), (Outcome::Delivered, "thanks"));
        secure.served.request().await;
    }
}

#[tokio::test]
async fn a_connection_is_secured_once_for_several_requests() {
    let mut secure = serve(of("hook.example"), vec![vec![answer(200, ""), answer(200, "")]]).await;
    let resolver = Names::new(&[&["127.0.0.1"]]);
    let courier = courier(HttpSettings { ca_bundle: Some(secure.bundle.clone()), resolver, ..settings() });
    let url = format!("https://hook.example:{}/", secure.served.port);
    for _ in 0..2 {
        assert_eq!(post(&courier, &url).await.outcome, Outcome::Delivered);
        assert_eq!(secure.served.request().await.0, 0);
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_no_request() {
    let mut secure = serve(of("hook.example"), vec![vec![answer(200, "")]; 2]).await;
    let other = serve(of("hook.example"), vec![]).await;
    for bundle in [Some(other.bundle.clone()), None] {
        let attempt = secure.post("hook.example", bundle).await;
        assert!(tls_fault(&attempt).contains("certificate"), "{attempt:?}");
    }
    assert_eq!(secure.served.requests_left(), 0);
}

#[tokio::test]
async fn a_certificate_of_another_name_gets_no_request() {
    let mut secure = serve(of("hook.example"), vec![vec![answer(200, "")]; 2]).await;
    for host in ["other.example", "127.0.0.1"] {
        let attempt = secure.post(host, Some(secure.bundle.clone())).await;
        assert!(tls_fault(&attempt).contains("not valid for name"), "{attempt:?}");
    }
    assert_eq!(secure.served.requests_left(), 0);
}

#[tokio::test]
async fn a_certificate_that_has_expired_gets_no_request() {
    let mut params = of("hook.example");
    params.not_before = date_time_ymd(2019, 1, 1);
    params.not_after = date_time_ymd(2020, 1, 1);
    let mut secure = serve(params, vec![vec![answer(200, "")]]).await;
    let attempt = secure.post("hook.example", Some(secure.bundle.clone())).await;
    assert!(tls_fault(&attempt).contains("expired"), "{attempt:?}");
    assert_eq!(secure.served.requests_left(), 0);
}

#[tokio::test]
async fn an_endpoint_that_speaks_no_tls_is_tried_again_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    tls_fault(&post(&courier(settings()), &url).await);
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_given_up_before_the_attempt() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", silent.local_addr().unwrap());
    let connect_timeout = Duration::from_millis(50);
    let attempt = post(&courier(HttpSettings { connect_timeout, ..settings() }), &url).await;
    assert_eq!((attempt.outcome, attempt.fault), (Outcome::Retry, Some(Fault::TimedOut)));
}
