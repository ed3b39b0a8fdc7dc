//! File systems of a test's own: one on a loop device that can lose its power, and small ones in memory.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: whatever was not flushed is gone. Rust's `ioctl` is unsafe
/// code, Python's is not.
const SHUTDOWN: &str = "
import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))
";

/// An ext4 file system that writes nothing back by itself for a minute.
pub(crate) struct Disk {
    image: PathBuf,
    mount: Mount,
}

impl Disk {
    /// Makes and mounts it; an error says what the machine does not allow.
    pub(crate) fn create(bytes: u64) -> Result<Disk> {
        let folder = tempfile::tempdir()?;
        let image = folder.path().join("image");
        File::create(&image)?.set_len(bytes)?;
        run(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        let path = folder.path().join("mounted");
        fs::create_dir(&path)?;
        mount_image(&image, &path)?;
        Ok(Disk { image, mount: Mount { path, _folder: folder } })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.mount.path
    }

    /// From here on, nothing can be read or written, and what was not flushed is lost.
    pub(crate) fn cut_power(&mut self) -> Result<()> {
        run(Command::new("python3").args(["-c", SHUTDOWN]).arg(self.path()))
    }

    /// Mounts again what a power cut has left; nobody may use it meanwhile.
    pub(crate) fn power_up(&mut self) -> Result<()> {
        run(Command::new("umount").arg(self.path()))?;
        mount_image(&self.image, self.path())
    }
}

fn mount_image(image: &Path, path: &Path) -> Result<()> {
    run(Command::new("mount").args(["-t", "ext4", "-o", "loop,commit=60"]).arg(image).arg(path))
}

/// A mounted file system, unmounted when dropped.
pub(crate) struct Mount {
    path: PathBuf,
    _folder: TempDir,
}

impl Mount {
    /// A file system in memory with room for `bytes`; an error says what the machine does not allow.
    pub(crate) fn in_memory(bytes: u64) -> Result<Mount> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("mounted");
        fs::create_dir(&path)?;
        run(Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={bytes}"), "none"]).arg(&path))?;
        Ok(Mount { path, _folder: folder })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Allows reading only.
    pub(crate) fn make_read_only(&self) -> Result<()> {
        run(Command::new("mount").args(["-o", "remount,ro"]).arg(&self.path))
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: a failed test may leave a process that still has files open here.
        if let Err(error) = run(Command::new("umount").arg("--lazy").arg(&self.path)) {
            eprintln!("{error:#}");
        }
    }
}

fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {}", said.trim());
    Ok(())
}
