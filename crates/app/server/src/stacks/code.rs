//! Where functions' code lies: in the folder of a template on this machine, or under `code/` of the data directory.
//!
//! Code that came in a template is kept as `code/<sha256>/index.<suffix>`: the same text is the same directory.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use bongsu_template::{Code, Runtime};
use sha2::{Digest, Sha256};

use crate::Storage;

const FOLDER: &str = "code";

/// The folder of code.
pub(crate) struct CodeStore {
    folder: PathBuf,
    /// Ends with the process, if nothing else outlives it either.
    _ephemeral: Option<tempfile::TempDir>,
}

impl CodeStore {
    pub(crate) fn open(storage: &Storage) -> io::Result<CodeStore> {
        Ok(match storage {
            Storage::Directory(data) => CodeStore { folder: std::path::absolute(data)?.join(FOLDER), _ephemeral: None },
            Storage::Ephemeral => {
                let folder = tempfile::Builder::new().prefix("bongsu-code-").tempdir()?;
                CodeStore { folder: folder.path().to_owned(), _ephemeral: Some(folder) }
            }
        })
    }

    /// Refuses code that is not there, or not here.
    pub(super) fn check(&self, code: &Code, runtime: &Runtime, beside: Option<&Path>) -> Result<(), String> {
        match code {
            Code::Directory(path) => directory(path, beside).map(drop),
            Code::Inline(_) => file_name(runtime).map(drop),
            Code::Object { .. } => Err("code from a bucket is not supported yet".to_owned()),
        }
    }

    /// The directory that has the code, with all that was written there on disk.
    pub(super) async fn directory(
        &self,
        code: &Code,
        runtime: &Runtime,
        beside: Option<&Path>,
    ) -> Result<PathBuf, String> {
        match code {
            Code::Directory(path) => directory(path, beside),
            Code::Inline(text) => {
                let (folder, name, text) = (self.folder.clone(), file_name(runtime)?, text.clone());
                let keeping = tokio::task::spawn_blocking(move || keep(&folder, name, &text)).await;
                keeping
                    .map_err(io::Error::other)
                    .and_then(|kept| kept)
                    .map_err(|e| format!("its code cannot be kept: {e}"))
            }
            Code::Object { .. } => Err("code from a bucket is not supported yet".to_owned()),
        }
    }
}

fn directory(path: &str, beside: Option<&Path>) -> Result<PathBuf, String> {
    let Some(folder) = beside else {
        return Err(format!(
            "{path} is a directory beside the template, which only `bongsu up` can reach; over the wire code comes inline \
             (ZipFile) or from a bucket"
        ));
    };
    let code = folder.join(path);
    let is_directory = fs::metadata(&code).is_ok_and(|metadata| metadata.is_dir());
    if is_directory {
        Ok(code)
    } else {
        Err(format!("{} is not a directory; code comes from a directory", code.display()))
    }
}

fn file_name(runtime: &Runtime) -> Result<&'static str, String> {
    match runtime {
        Runtime::Python3(_) => Ok("index.py"),
        Runtime::Node(_) => Ok("index.js"),
        other => Err(format!("a function of the runtime {other} cannot have its code in the template")),
    }
}

/// Writes the text under its digest, unless it is there: whole, or not at all.
fn keep(folder: &Path, name: &str, text: &str) -> io::Result<PathBuf> {
    let digest = hex::encode(Sha256::new().chain_update(name).chain_update([0]).chain_update(text).finalize());
    let whole = folder.join(&digest);
    if whole.exists() {
        return Ok(whole);
    }
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    // Each has one of its own: others may keep the same text at the same time.
    let readable = Permissions::from_mode(0o755);
    let unfinished = tempfile::Builder::new().prefix("unfinished-").permissions(readable).tempdir_in(folder)?;
    let mut file = File::create(unfinished.path().join(name))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(unfinished.path())?.sync_all()?;
    match fs::rename(unfinished.path(), &whole) {
        Err(_) if whole.exists() => {}
        renamed => renamed?,
    }
    File::open(folder)?.sync_all()?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[tokio::test]
    async fn code_in_a_template_is_kept_under_its_digest() {
        let data = tempfile::tempdir().unwrap();
        let store = CodeStore::open(&Storage::Directory(data.path().to_owned())).unwrap();
        let code = Code::Inline("def handler(event, context): pass".to_owned());
        let first = store.directory(&code, &Runtime::Python3(11), None).await.unwrap();
        assert_eq!(fs::read_to_string(first.join("index.py")).unwrap(), "def handler(event, context): pass");
        assert_eq!(store.directory(&code, &Runtime::Python3(12), None).await.unwrap(), first);
        assert_ne!(store.directory(&code, &Runtime::Node(20), None).await.unwrap(), first);
        assert!(store.check(&code, &Runtime::ProvidedAl2023, None).is_err());
    }

    #[test]
    fn the_same_code_is_kept_by_many_at_a_time() {
        let data = tempfile::tempdir().unwrap();
        let keep = || keep(data.path(), "index.py", "the same").unwrap();
        let kept: Vec<_> = thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(keep)).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(kept.iter().all(|path| *path == kept[0]));
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_directory_needs_a_template_beside_it() {
        let data = tempfile::tempdir().unwrap();
        let store = CodeStore::open(&Storage::Ephemeral).unwrap();
        let check = |path: &str, beside| store.check(&Code::Directory(path.to_owned()), &Runtime::Python3(11), beside);
        assert!(check(".", Some(data.path())).is_ok());
        assert!(check("nowhere", Some(data.path())).unwrap_err().contains("is not a directory"));
        assert!(check(".", None).unwrap_err().contains("only `bongsu up` can reach"));
    }
}
