//! Whom functions run as, and whether that user can reach what they need.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

use crate::fence::Ids;

/// The user that owns nothing, by the same number on every system.
const NOBODY: Ids = Ids { uid: 65_534, gid: 65_534 };

const READ_AND_SEARCH: u32 = 0o5;
const WRITE_AND_SEARCH: u32 = 0o3;
const SEARCH: u32 = 0o1;

/// Whom functions run as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FunctionUser {
    /// Under a server that is root: nobody, who owns nothing, as long as nobody can reach the code; otherwise root
    /// without root's privileges. Under any other server: that server's user.
    #[default]
    Auto,
    /// The server's user.
    Same,
    /// This one. The server must be root, or that user.
    Ids(Ids),
}

/// Who runs a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The user, if it is not the server's.
    pub user: Option<Ids>,
    /// What nobody could not use, so that root stays root.
    pub unreachable: Option<PathBuf>,
}

impl FunctionUser {
    /// Picks the user for a function that reads and writes these directories, or says what that user cannot reach.
    pub fn choose(self, readable: &[PathBuf], writable: &[PathBuf]) -> Result<Chosen, String> {
        let is_root = geteuid().is_root();
        match self {
            FunctionUser::Ids(ids) if !is_root => {
                if geteuid().as_raw() == ids.uid {
                    return Ok(Chosen { user: None, unreachable: None });
                }
                Err(format!("Functions can run as user {} only under a server that is root", ids.uid))
            }
            FunctionUser::Ids(ids) => match unreachable(ids, readable, writable) {
                Some(path) => Err(format!("User {}, who runs functions, cannot use {}", ids.uid, path.display())),
                None => Ok(Chosen { user: Some(ids), unreachable: None }),
            },
            FunctionUser::Auto if is_root => {
                let unreachable = unreachable(NOBODY, readable, writable);
                Ok(Chosen { user: unreachable.is_none().then_some(NOBODY), unreachable })
            }
            FunctionUser::Auto | FunctionUser::Same => Ok(Chosen { user: None, unreachable: None }),
        }
    }
}

/// The first of these that the user cannot use; what does not exist is no obstacle.
fn unreachable(ids: Ids, readable: &[PathBuf], writable: &[PathBuf]) -> Option<PathBuf> {
    let cannot = |path: &&PathBuf, wanted| path.exists() && !can_use(ids, path, wanted);
    let readable = readable.iter().find(|path| cannot(path, READ_AND_SEARCH));
    readable.or_else(|| writable.iter().find(|path| cannot(path, WRITE_AND_SEARCH))).cloned()
}

fn can_use(ids: Ids, path: &Path, wanted: u32) -> bool {
    path.ancestors().skip(1).all(|folder| permits(ids, folder, SEARCH)) && permits(ids, path, wanted)
}

/// By the mode alone. Lists of access rights, where there are any, grant more.
fn permits(ids: Ids, path: &Path, wanted: u32) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    let wanted = if metadata.is_dir() { wanted } else { wanted & !SEARCH };
    let shift = match (metadata.uid() == ids.uid, metadata.gid() == ids.gid) {
        (true, _) => 6,
        (false, true) => 3,
        (false, false) => 0,
    };
    metadata.mode() >> shift & wanted == wanted
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder(mode: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), PermissionsExt::from_mode(mode)).unwrap();
        folder
    }

    #[test]
    fn a_user_reaches_what_the_modes_on_the_way_let_through() {
        let (open, closed) = (folder(0o755), folder(0o700));
        let inside = closed.path().join("inside");
        fs::create_dir(&inside).unwrap();
        let find = |readable: &Path, writable: &[PathBuf]| unreachable(NOBODY, &[readable.to_owned()], writable);
        assert_eq!(find(open.path(), &[]), None);
        assert_eq!(find(&inside, &[]), Some(inside.clone()));
        assert_eq!(find(open.path(), &[open.path().to_owned()]), Some(open.path().to_owned()));
        assert_eq!(find(Path::new("/nowhere"), &[]), None);
    }

    #[test]
    fn an_owner_is_judged_by_the_owners_mode() {
        let closed = folder(0o300);
        let metadata = fs::metadata(closed.path()).unwrap();
        let owner = Ids { uid: metadata.uid(), gid: metadata.gid() };
        assert!(permits(owner, closed.path(), WRITE_AND_SEARCH) && !permits(owner, closed.path(), READ_AND_SEARCH));
    }
}
