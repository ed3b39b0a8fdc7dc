//! Watches a template and the code beside it, so that `bongsu up` follows every change.
//!
//! It looks again and again instead of being told by the kernel: code often lies on mounts (containers, virtual machines,
//! networks) that tell nothing. It takes no more than a small share of the time, however many files there are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use bongsu_template::{self as template, Definition, FunctionResource, MachineDefinition, StateMachineResource};
use tracing::{error, info, warn};

use super::up::Up;
use crate::code::Code;
use crate::functions::Processes;
use crate::tree;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// One look takes at most one in so many of the time.
const LOOK_SHARE: u32 = 20;
/// How many files of a directory are looked at. A larger one is not followed.
const FILES_MAX: usize = 20_000;

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
        for (path, look) in &looks {
            // Whatever is watched from now on is as it was when it was first looked at.
            self.acted.entry(path.clone()).or_insert(*look);
        }
        self.acted.retain(|path, _| looks.contains_key(path));
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

/// Follows code that is used where it lies and, for `bongsu up`, its template with what is deployed of it.
pub(crate) struct Watch {
    pub(crate) up: Option<Up>,
    pub(crate) code: Code,
    pub(crate) processes: Processes,
    pub(crate) data: Option<PathBuf>,
}

impl Watch {
    /// Looks once, so that no change from here on is missed; what is returned follows changes until it is dropped.
    pub(crate) async fn begin(self) -> impl Future<Output = ()> {
        let data = self.data.as_ref().and_then(|data| data.canonicalize().ok());
        let mut watched = Watched::default();
        watched.compare(looks(self.paths(), data.clone()).await);
        async move {
            if let Some(up) = self.up.as_ref().filter(|up| up.is_outdated()) {
                up.reload().await;
            }
            loop {
                let begun = Instant::now();
                let paths = self.paths();
                if paths.is_empty() {
                    self.code.more_live().await;
                    continue;
                }
                let changed = watched.compare(looks(paths, data.clone()).await);
                if !changed.is_empty() {
                    self.follow(&changed).await;
                }
                let next_look = tokio::time::sleep(LOOK_EVERY.max(begun.elapsed() * LOOK_SHARE));
                tokio::select! {
                    () = next_look => {}
                    () = self.code.more_live() => {}
                }
            }
        }
    }

    fn paths(&self) -> BTreeSet<PathBuf> {
        let mut paths = self.code.live();
        paths.extend(self.up.iter().flat_map(Up::deployed_from));
        paths
    }

    async fn follow(&self, changed: &[PathBuf]) {
        for path in changed {
            for name in self.processes.code_changed(path) {
                info!(function = %name, "its code changed: processes that have read it take no more invocations");
            }
        }
        if let Some(up) = &self.up
            && up.deployed_from().iter().any(|path| changed.contains(path))
        {
            up.reload().await;
        }
    }
}

impl Up {
    /// The template, and what is read when it is deployed: directories whose code is copied, and definitions.
    fn deployed_from(&self) -> Vec<PathBuf> {
        let mut paths = vec![self.template.path().to_owned()];
        let Ok(record) = self.engine.registry().living(self.template.name()) else { return paths };
        let Some(Ok(stack)) = record.deployed.as_ref().map(|source| self.engine.read(&record.name, &record.id, source))
        else {
            return paths;
        };
        for resource in &stack.resources {
            match &resource.definition {
                Definition::Function(FunctionResource {
                    code: template::Code::Directory(path),
                    is_published: true,
                    ..
                })
                | Definition::StateMachine(StateMachineResource {
                    definition: MachineDefinition::File(path), ..
                }) => {
                    paths.push(self.template.folder().join(path));
                }
                _ => {}
            }
        }
        paths
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
}

/// What these files and directories look like.
async fn looks(paths: BTreeSet<PathBuf>, data: Option<PathBuf>) -> BTreeMap<PathBuf, Look> {
    let looking = tokio::task::spawn_blocking(move || {
        paths.into_iter().map(|path| (path.clone(), look(&path, data.as_deref()))).collect()
    });
    looking.await.unwrap_or_default()
}

/// What a file or directory looks like: the names, sizes and times of all that is in it. Nothing if it is not there, or too
/// large to be followed.
fn look(path: &Path, data: Option<&Path>) -> Look {
    let Some(files) = tree::files(path, data, FILES_MAX).ok()? else {
        warn!(path = %path.display(), files_max = FILES_MAX, "the directory is too large to be followed");
        return None;
    };
    let mut hasher = DefaultHasher::new();
    for file in files {
        // One that is gone meanwhile is seen at the next look.
        let Ok(metadata) = fs::metadata(&file) else { continue };
        let modified = metadata.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        (file, metadata.len(), modified).hash(&mut hasher);
    }
    Some(hasher.finish())
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
