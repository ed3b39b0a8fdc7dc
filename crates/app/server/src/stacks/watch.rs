//! Watches a template and the code beside it, so that `bongsu up` follows every change.
//!
//! It looks again and again instead of being told by the kernel: code often lies on mounts (containers, virtual machines,
//! networks) that tell nothing. It takes no more than a small share of the time, however many files there are.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bongsu_template::{Code, Definition};
use tracing::{error, info, warn};

use super::up::Up;
use crate::functions::Processes;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// One look takes at most one in so many of the time.
const LOOK_SHARE: u32 = 20;
/// How many files of a directory are looked at. A larger one is not followed.
const FILES_MAX: usize = 20_000;
/// What changes by being used.
const SKIPPED: [&str; 3] = [".git", "__pycache__", ".pytest_cache"];

/// What a directory or file looked like.
type Look = Option<u64>;

/// What is watched, and what it looked like.
#[derive(Default)]
struct Watched {
    /// What was acted upon.
    acted: BTreeMap<PathBuf, Look>,
    /// What it looked like the last time. An editor may still be at it.
    seen: BTreeMap<PathBuf, Look>,
}

impl Watched {
    /// The paths that have changed, once they look the same twice.
    fn compare(&mut self, looks: BTreeMap<PathBuf, Look>) -> Vec<PathBuf> {
        let is_settled = looks == self.seen;
        self.seen = looks;
        if !is_settled {
            return Vec::new();
        }
        let changed = self.seen.iter().filter(|(path, look)| self.acted.get(*path).is_some_and(|acted| acted != *look));
        let changed = changed.map(|(path, _)| path.clone()).collect();
        self.acted.clone_from(&self.seen);
        changed
    }
}

impl Up {
    /// Looks once, so that no change from here on is missed; what is returned follows changes until it is dropped.
    pub(crate) async fn watch(self, processes: Processes, data: Option<PathBuf>) -> impl Future<Output = ()> {
        let data = data.and_then(|data| data.canonicalize().ok());
        let (looks, _) = self.look(data.clone()).await;
        let mut watched = Watched { acted: looks.clone(), seen: looks };
        async move {
            if self.is_outdated() {
                self.reload().await;
            }
            loop {
                let begun = Instant::now();
                let (looks, functions) = self.look(data.clone()).await;
                for path in watched.compare(looks) {
                    if path == self.template.path() {
                        self.reload().await;
                    }
                    for (name, _) in functions.iter().filter(|(_, code)| *code == path) {
                        info!(function = %name, "its code changed: processes that have read it take no more invocations");
                        processes.code_changed(name);
                    }
                }
                tokio::time::sleep(LOOK_EVERY.max(begun.elapsed() * LOOK_SHARE)).await;
            }
        }
    }

    /// What the template and the code beside it look like, and whose code it is.
    async fn look(&self, data: Option<PathBuf>) -> (BTreeMap<PathBuf, Look>, Vec<(String, PathBuf)>) {
        let functions = self.functions();
        let mut paths: Vec<PathBuf> = functions.iter().map(|(_, code)| code.clone()).collect();
        paths.push(self.template.path().to_owned());
        let looking = tokio::task::spawn_blocking(move || {
            paths.into_iter().map(|path| (path.clone(), look(&path, data.as_deref()))).collect()
        });
        (looking.await.unwrap_or_default(), functions)
    }

    /// Whether the template was changed while it was being deployed.
    fn is_outdated(&self) -> bool {
        let record = self.engine.registry().living(self.template.name());
        let deployed = record.ok().and_then(|record| Some(record.deployed.as_ref()?.template.clone()));
        deployed.is_some_and(|deployed| fs::read_to_string(self.template.path()).is_ok_and(|now| now != deployed))
    }

    /// Deploys the template as it is now. A faulty one leaves everything as it was.
    async fn reload(&self) {
        match self.deploy().await {
            Ok(told) => {
                let mut out = io::stdout().lock();
                // Without anybody who reads it there is nobody to tell.
                writeln!(out, "{told}Reloaded.").and_then(|()| out.flush()).unwrap_or_default();
            }
            Err(fault) => error!("the template is not deployed, and everything stays as it was: {fault}"),
        }
    }

    /// The functions whose code lies beside the template.
    fn functions(&self) -> Vec<(String, PathBuf)> {
        let Ok(record) = self.engine.registry().living(self.template.name()) else { return Vec::new() };
        let Some(Ok(stack)) = record.deployed.as_ref().map(|source| self.engine.read(&record.name, &record.id, source))
        else {
            return Vec::new();
        };
        let function = |definition: &Definition| match definition {
            Definition::Function(function) => match &function.code {
                Code::Directory(path) => Some((function.name.clone(), self.template.folder().join(path))),
                _ => None,
            },
            _ => None,
        };
        stack.resources.iter().filter_map(|resource| function(&resource.definition)).collect()
    }
}

/// What a file or directory looks like: the names, sizes and times of all that is in it. Nothing if it is not there, or too
/// large to be followed.
fn look(path: &Path, data: Option<&Path>) -> Look {
    let mut hasher = DefaultHasher::new();
    let mut left = FILES_MAX;
    look_into(path, data, &mut hasher, &mut left)?;
    if left == 0 {
        warn!(path = %path.display(), files_max = FILES_MAX, "the directory is too large to be followed");
        return None;
    }
    Some(hasher.finish())
}

fn look_into(path: &Path, data: Option<&Path>, hasher: &mut DefaultHasher, left: &mut usize) -> Option<()> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_dir() {
        let modified = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        (path, metadata.len(), modified).hash(hasher);
        return Some(());
    }
    // The server writes there all the time.
    if data.is_some_and(|data| path.canonicalize().is_ok_and(|path| path == data)) {
        return Some(());
    }
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(path).ok()? {
        let entry = entry.ok()?;
        let is_skipped = SKIPPED.iter().any(|skipped| entry.file_name() == *skipped);
        // A link to a directory may lead round in a circle.
        let is_link_to_directory = entry.file_type().is_ok_and(|kind| kind.is_symlink()) && entry.path().is_dir();
        if !is_skipped && !is_link_to_directory {
            entries.push(entry.path());
        }
    }
    entries.sort();
    for entry in entries {
        *left = left.saturating_sub(1);
        if *left == 0 {
            return Some(());
        }
        // One that is gone meanwhile is seen at the next look.
        look_into(&entry, data, hasher, left);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_it_has_settled() {
        let mut watched = Watched::default();
        let looks = |n| BTreeMap::from([(PathBuf::from("a"), Some(n)), (PathBuf::from("b"), Some(0))]);
        for (n, expected) in
            [(1, false), (1, false), (2, false), (3, false), (3, true), (3, false), (1, false), (1, true)]
        {
            assert_eq!(!watched.compare(looks(n)).is_empty(), expected, "{n}");
        }
    }

    #[test]
    fn what_is_watched_from_now_on_has_not_changed() {
        let mut watched = Watched::default();
        for _ in 0..3 {
            assert!(watched.compare(BTreeMap::from([(PathBuf::from("a"), Some(1))])).is_empty());
        }
        let both = || BTreeMap::from([(PathBuf::from("a"), Some(1)), (PathBuf::from("b"), Some(1))]);
        assert!(watched.compare(both()).is_empty() && watched.compare(both()).is_empty());
    }

    #[test]
    fn a_directory_looks_otherwise_when_a_file_of_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        file("code/app.py", "one");
        let data = folder.path().join("code/data").canonicalize().ok();
        let first = look(&folder.path().join("code"), data.as_deref());
        assert!(first.is_some());
        file("code/__pycache__/app.pyc", "compiled");
        assert_eq!(look(&folder.path().join("code"), None), first);
        file("code/deep/er.py", "two");
        let second = look(&folder.path().join("code"), None);
        assert_ne!(second, first);
        file("code/app.py", "longer");
        assert_ne!(look(&folder.path().join("code"), None), second);
        assert_eq!(look(&folder.path().join("nowhere"), None), None);
    }

    #[test]
    fn what_the_server_writes_is_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let data = data.canonicalize().unwrap();
        let before = look(folder.path(), Some(&data));
        fs::write(data.join("journal"), "x").unwrap();
        assert_eq!(look(folder.path(), Some(&data)), before);
    }
}
