//! A data directory of its own, and the server under test that is started on it, perhaps more than once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use bongsu_client::{Client, Identity, Settings};
use tempfile::TempDir;

use crate::function::Template;
use crate::process::Server;

const ACCESS_KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "us-east-1";

/// Makes homes for one server under test.
#[derive(Clone)]
pub struct Homes {
    /// The server's binary.
    pub bin: PathBuf,
    /// Where homes are made.
    pub parent: PathBuf,
}

impl Homes {
    /// An empty one.
    pub fn fresh(&self) -> Result<Home> {
        Ok(Home { bin: self.bin.clone(), folder: tempfile::tempdir_in(&self.parent)? })
    }
}

/// A folder for data and log; it goes away with this.
pub struct Home {
    bin: PathBuf,
    folder: TempDir,
}

impl Home {
    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server under test on what is there. One that is to get signed requests knows the caller, or it would
    /// not verify them.
    pub async fn start(&self, signed: bool) -> Result<Server> {
        let credentials = format!("{}/credentials", self.folder()?);
        if !signed {
            return self.start_server(&["serve"]).await;
        }
        let keys = format!("[bench]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET}\n");
        fs::write(&credentials, keys)?;
        self.start_server(&["serve", "--credentials", &credentials]).await
    }

    /// Starts the server under test with a clock that can be put forward.
    pub async fn start_with_test_clock(&self) -> Result<Server> {
        self.start_server(&["serve", "--test-clock"]).await
    }

    /// Starts the server under test with what a template describes.
    pub async fn start_with(&self, template: &Template) -> Result<Server> {
        let path = template.write(self.path())?;
        self.start_server(&["up", path.to_str().context("the template's path is not text")?]).await
    }

    async fn start_server(&self, command: &[&str]) -> Result<Server> {
        let bin = self.bin.canonicalize().with_context(|| format!("there is no server at {}", self.bin.display()))?;
        let folder = self.folder()?;
        let (data, log) = (format!("{folder}/data"), format!("{folder}/log"));
        let common = ["--api", "127.0.0.1:0", "--ingress", "127.0.0.1:0", "--data", &data];
        Server::start(&bin, &[command, &common].concat(), log.into()).await
    }

    fn folder(&self) -> Result<&str> {
        self.path().to_str().context("the data directory's path is not text")
    }

    /// Starts the bare HTTP server.
    pub async fn start_echo(&self) -> Result<Server> {
        Server::start(&std::env::current_exe()?, &["echo-server"], self.path().join("log")).await
    }

    /// Starts the web server that notifications are delivered to.
    pub async fn start_endpoints(&self) -> Result<Server> {
        Server::start(&std::env::current_exe()?, &["endpoint-server"], self.path().join("endpoints-log")).await
    }

    /// What its files occupy.
    pub fn disk_bytes(&self) -> Result<u64> {
        bytes_on_disk(self.path())
    }
}

/// A client of a server, as the one caller that it knows, or as nobody.
pub fn client(server: &Server, signed: bool) -> Result<Client> {
    let identity = signed.then(|| Identity {
        access_key_id: ACCESS_KEY.to_owned(),
        secret_access_key: SECRET.to_owned(),
        session_token: None,
        region: REGION.to_owned(),
    });
    let endpoint = format!("http://{}", server.address).parse()?;
    Ok(Client::new(Settings { endpoint, identity, ca_bundle: None })?)
}

fn bytes_on_disk(folder: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt;
    const BLOCK_BYTES: u64 = 512;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_on_disk(&entry.path())? } else { metadata.blocks() * BLOCK_BYTES };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_folders_count_as_disk_use() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/file"), vec![1; 100_000]).unwrap();
        assert!(bytes_on_disk(folder.path()).unwrap() >= 100_000);
    }
}
