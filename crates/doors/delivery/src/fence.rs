//! What a function's process is kept from, put up by the process itself before it becomes the function.
//!
//! Each part is put up where the system offers it; [`Fence::enter`] says which ones hold.

use std::path::{Path, PathBuf};
use std::{fs, io};

use landlock::{
    ABI, Access, AccessFs, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};
use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::process::{
    DumpableBehavior, Gid, Resource, Rlimit, Uid, getegid, geteuid, getrlimit, set_dumpable_behavior, setrlimit,
};
use rustix::thread::{
    CapabilitySet, capability_is_in_bounding_set, remove_capability_from_bounding_set, set_no_new_privs,
    set_thread_gid, set_thread_groups, set_thread_uid,
};
use serde::{Deserialize, Serialize};

/// All processes and threads of the function's user: the kernel counts no other way, so that this stops a fork bomb and
/// shares out nothing.
const PROCESSES_MAX: u64 = 16 * 1024;
/// What a function has to itself, and what it takes that for.
const TMP: &str = "/tmp";
/// The newest kernel interface whose rules are known here; older kernels get what they have of it.
const LANDLOCK_ABI: ABI = ABI::V6;

/// Where a system keeps what every program may need.
const SYSTEM: &[&str] = &[
    "/bin",
    "/etc",
    "/gnu",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix",
    "/opt",
    "/proc",
    "/run/systemd/resolve",
    "/sbin",
    "/snap",
    "/sys",
    "/usr",
    "/var/lib/ca-certificates",
];
/// Devices that hold nothing.
const DEVICES: &[&str] = &["/dev/full", "/dev/null", "/dev/random", "/dev/tty", "/dev/urandom", "/dev/zero"];
/// What a root that could not become somebody else keeps: the code may belong to another user.
const KEPT_BY_ROOT: CapabilitySet = CapabilitySet::DAC_OVERRIDE.union(CapabilitySet::DAC_READ_SEARCH);

/// What a function's process may do to the machine it runs on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fence {
    /// Files and directories that may be read and executed, besides those of the system.
    pub readable: Vec<PathBuf>,
    /// Directories that may be written, besides `tmp`.
    pub writable: Vec<PathBuf>,
    /// An empty directory of this process alone.
    pub tmp: PathBuf,
    /// Whom the process runs as, if not as the server.
    pub user: Option<Ids>,
    /// The largest file that may be written, in bytes.
    pub file_bytes_max: u64,
    /// The most private memory that may be mapped, in bytes: a stop for what grows faster than anybody looks.
    pub data_bytes_max: u64,
    /// The most files that may be open, connections among them.
    pub open_files_max: u64,
}

/// A user and a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ids {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
}

/// Which parts of a fence hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The version of Landlock's interface by which files are fenced in; none if they are not.
    pub landlock: Option<u32>,
    /// Whether the kernel had everything that is asked of Landlock here.
    pub landlock_whole: bool,
    /// Whether `/tmp` is the process's own. Otherwise all share the system's.
    pub own_tmp: bool,
    /// Whom the process runs as.
    pub user: u32,
}

/// Why a fence could not be put up.
#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    /// The process may not become its user.
    #[error("cannot become user {uid}, group {gid}: {error}")]
    User {
        /// The user.
        uid: u32,
        /// The group.
        gid: u32,
        /// What the kernel says.
        error: io::Error,
    },
    /// A limit is refused.
    #[error("cannot set a limit: {0}")]
    Limit(io::Error),
    /// Privileges cannot be given up.
    #[error("cannot give up privileges: {0}")]
    Privileges(io::Error),
    /// Landlock is there and refuses.
    #[error("cannot fence files in: {0}")]
    Landlock(#[from] RulesetError),
}

impl Fence {
    /// Fences this process in, for good. It must have a single thread.
    pub fn enter(&self) -> Result<Held, FenceError> {
        self.limit().map_err(FenceError::Limit)?;
        // With the rights of a root that has them all; otherwise in a namespace of users, once this is the right one.
        let mut own_tmp = self.may_own_tmp() && geteuid().is_root() && self.mount_tmp(CloneFlags::CLONE_NEWNS).is_ok();
        self.become_user()?;
        if !own_tmp && self.may_own_tmp() {
            own_tmp = self.mount_tmp(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUSER).is_ok();
        }
        set_no_new_privs(true).map_err(|error| FenceError::Privileges(error.into()))?;
        let (landlock, landlock_whole) = self.fence_files(own_tmp)?;
        Ok(Held { landlock, landlock_whole, own_tmp, user: geteuid().as_raw() })
    }

    fn limit(&self) -> io::Result<()> {
        for (resource, maximum) in [
            (Resource::Core, 0),
            (Resource::Nofile, self.open_files_max),
            (Resource::Nproc, PROCESSES_MAX),
            (Resource::Fsize, self.file_bytes_max),
            (Resource::Data, self.data_bytes_max),
        ] {
            // Nobody may raise what is lower already.
            let maximum = getrlimit(resource).maximum.map_or(maximum, |given| given.min(maximum));
            setrlimit(resource, Rlimit { current: Some(maximum), maximum: Some(maximum) })?;
        }
        Ok(())
    }

    /// A `/tmp` of its own would hide what lies in the common one.
    fn may_own_tmp(&self) -> bool {
        !self.readable.iter().chain(&self.writable).any(|path| path.starts_with(TMP))
    }

    fn mount_tmp(&self, namespaces: CloneFlags) -> io::Result<()> {
        let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
        // A process that has changed its user may not write about itself otherwise.
        set_dumpable_behavior(DumpableBehavior::Dumpable)?;
        unshare(namespaces)?;
        if namespaces.contains(CloneFlags::CLONE_NEWUSER) {
            fs::write("/proc/self/setgroups", "deny")?;
            fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
            fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))?;
        }
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        Ok(mount_bind(&self.tmp, TMP)?)
    }

    fn become_user(&self) -> Result<(), FenceError> {
        if let Some(Ids { uid, gid }) = self.user {
            let refused = |error: rustix::io::Errno| FenceError::User { uid, gid, error: error.into() };
            set_thread_groups(&[]).map_err(refused)?;
            set_thread_gid(Gid::from_raw(gid)).map_err(refused)?;
            return set_thread_uid(Uid::from_raw(uid)).map_err(refused);
        }
        if geteuid().is_root() {
            // What is not in this set is gone when the process becomes the function.
            for capability in CapabilitySet::all().difference(KEPT_BY_ROOT).iter() {
                if capability_is_in_bounding_set(capability).unwrap_or(false) {
                    remove_capability_from_bounding_set(capability)
                        .map_err(|error| FenceError::Privileges(error.into()))?;
                }
            }
        }
        Ok(())
    }

    /// Which version of Landlock holds, and whether the kernel knows all of what is asked.
    fn fence_files(&self, own_tmp: bool) -> Result<(Option<u32>, bool), FenceError> {
        let read = AccessFs::from_read(LANDLOCK_ABI);
        let write = AccessFs::from_all(LANDLOCK_ABI) & !AccessFs::Execute;
        let system = SYSTEM.iter().map(Path::new);
        // Functions write to `/tmp`, whether it is named to them or not.
        let tmp = if own_tmp { [Path::new(TMP); 2] } else { [Path::new(TMP), &self.tmp] };
        let status = Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK_ABI))?
            .scope(Scope::Signal)?
            .create()?
            .add_rules(path_beneath_rules(system.chain(self.readable.iter().map(PathBuf::as_path)), read))?
            .add_rules(path_beneath_rules(DEVICES, write))?
            .add_rules(path_beneath_rules(tmp, AccessFs::from_all(LANDLOCK_ABI)))?
            .add_rules(path_beneath_rules(&self.writable, AccessFs::from_all(LANDLOCK_ABI)))?
            .restrict_self()?;
        let LandlockStatus::Available { effective_abi, kernel_abi } = status.landlock else { return Ok((None, false)) };
        let version = kernel_abi.map_or(effective_abi as u32, i32::cast_unsigned);
        Ok((Some(version), status.ruleset == RulesetStatus::FullyEnforced))
    }
}
