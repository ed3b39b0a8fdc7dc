//! TLS with the certificates that the system trusts, or those of one file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Trusts what the system trusts, or, if a bundle is named, what is in it and nothing else. A system without
/// certificates is no error here: its attempts over TLS fail, and those without TLS need none.
pub(crate) fn connector(bundle: Option<&Path>) -> io::Result<TlsConnector> {
    let certificates = match bundle {
        Some(path) => {
            read_bundle(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?
        }
        // A certificate of the system's that cannot be read is no reason to trust none of the others.
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(certificates);
    if let (Some(path), 0) = (bundle, trusted) {
        return Err(io::Error::other(format!("{}: no certificate can be used", path.display())));
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn read_bundle(path: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let pem = std::fs::read(path)?;
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(io::Error::other)?;
    if certificates.is_empty() { Err(io::Error::other("no certificates")) } else { Ok(certificates) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_that_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("bundle.pem");
        let fault = || connector(Some(&bundle)).err().unwrap().to_string();
        assert!(fault().contains("bundle.pem: No such file"), "{}", fault());
        std::fs::write(&bundle, "not a certificate").unwrap();
        assert!(fault().ends_with("bundle.pem: no certificates"), "{}", fault());
    }
}
