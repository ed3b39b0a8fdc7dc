//! What the numbers were measured on.

use std::{fmt, fs, path::Path, thread};

use anyhow::Result;
use serde::Serialize;

/// The machine, as far as it matters to the numbers.
#[derive(Serialize)]
pub struct Machine {
    cpu: String,
    cores: usize,
    kernel: String,
    file_system: String,
}

impl Machine {
    /// Describes this machine and the file system that holds `data`.
    pub fn describe(data: &Path) -> Result<Self> {
        let unknown = || "unknown".to_owned();
        let data = data.canonicalize()?;
        Ok(Self {
            cpu: parse_cpu_model(&fs::read_to_string("/proc/cpuinfo")?).unwrap_or_else(unknown),
            cores: thread::available_parallelism()?.get(),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            file_system: parse_file_system(&fs::read_to_string("/proc/self/mountinfo")?, &data).unwrap_or_else(unknown),
        })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, kernel, file_system } = self;
        write!(f, "{cpu}, {cores} cores, Linux {kernel}, data on {file_system}")
    }
}

fn parse_cpu_model(cpuinfo: &str) -> Option<String> {
    let (_, model) = cpuinfo.lines().find(|line| line.starts_with("model name"))?.split_once(':')?;
    Some(model.trim().to_owned())
}

/// The type of the deepest mount that holds `path`; of two mounts at one place the later one is seen.
fn parse_file_system(mountinfo: &str, path: &Path) -> Option<String> {
    let mounts = mountinfo.lines().filter_map(|line| {
        let (place, device) = line.split_once(" - ")?;
        Some((Path::new(place.split(' ').nth(4)?), device.split(' ').next()?))
    });
    let holding = mounts.filter(|(place, _)| path.starts_with(place));
    holding.max_by_key(|(place, _)| place.components().count()).map(|(_, kind)| kind.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_mount_names_the_file_system() {
        let mounts = "25 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                      30 25 0:26 / /tmp rw shared:9 - tmpfs tmpfs rw\n\
                      31 25 0:27 / /tmpfiles rw - xfs /dev/vdb rw\n";
        assert_eq!(parse_file_system(mounts, Path::new("/tmp/data")).as_deref(), Some("tmpfs"));
        assert_eq!(parse_file_system(mounts, Path::new("/home")).as_deref(), Some("ext4"));
    }

    #[test]
    fn this_machine_can_be_described() {
        assert!(Machine::describe(Path::new(".")).unwrap().to_string().contains("cores, Linux"));
    }
}
