//! The clock of `--test-clock`: how far a test put it forward outlives the process, like everything else.
//!
//! The data directory holds it in `test-clock`: milliseconds ahead of the machine's clock, in decimal, and a line feed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bongsu_runtime::{Clock, ShiftedClock};
use tokio::sync::Mutex;

use crate::Storage;

const FILE: &str = "test-clock";
/// What the file is called until it is whole.
const UNFINISHED: &str = "test-clock.unfinished";
/// 9999-12-31T23:59:59.999Z in milliseconds: later times have no text.
const LATEST: u64 = 253_402_300_799_999;

/// Why there is no test clock.
#[derive(Debug, thiserror::Error)]
pub enum TestClockError {
    /// How far it is ahead cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file says something else.
    #[error("{} does not say by how many milliseconds the test clock is ahead", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
}

/// Why the clock was not put forward.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAdvanced {
    #[error("The clock ends with the year 9999.")]
    TooFar,
    #[error("It cannot be kept how far the clock is ahead: {0}.")]
    NotKept(#[from] io::Error),
}

/// The clock, and where it is kept how far it is ahead.
pub(crate) struct TestClock {
    clock: ShiftedClock,
    /// Nowhere, when nothing outlives the process.
    directory: Option<PathBuf>,
    /// Held by whoever puts it forward, so that the file has what the clock has.
    turn: Mutex<()>,
}

impl TestClock {
    /// Takes up the clock of a data directory, which exists and is this process's own.
    pub(crate) fn open(storage: &Storage) -> Result<TestClock, TestClockError> {
        let directory = match storage {
            Storage::Directory(directory) => Some(directory.clone()),
            Storage::Ephemeral => None,
        };
        let ahead = directory.as_deref().map_or(Ok(Duration::ZERO), read)?;
        Ok(TestClock { clock: ShiftedClock::ahead_by(ahead), directory, turn: Mutex::new(()) })
    }

    pub(crate) fn clock(&self) -> Clock {
        Clock::Shifted(self.clock.clone())
    }

    /// Puts the clock forward once it is durable how far.
    pub(crate) async fn advance(&self, by: Duration) -> Result<(), NotAdvanced> {
        let _turn = self.turn.lock().await;
        if u128::from(self.clock.now().0) + by.as_millis() > u128::from(LATEST) {
            return Err(NotAdvanced::TooFar);
        }
        if let Some(directory) = self.directory.clone() {
            let ahead = self.clock.ahead() + by;
            let keeping = tokio::task::spawn_blocking(move || keep(&directory, ahead));
            keeping.await.map_err(io::Error::other)??;
        }
        self.clock.advance(by);
        Ok(())
    }
}

fn read(directory: &Path) -> Result<Duration, TestClockError> {
    let path = directory.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => match text.trim_end().parse().ok().filter(|milliseconds| *milliseconds <= LATEST) {
            Some(milliseconds) => Ok(Duration::from_millis(milliseconds)),
            None => Err(TestClockError::Malformed { path }),
        },
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(Duration::ZERO),
        Err(source) => Err(TestClockError::Unreadable { path, source }),
    }
}

fn keep(directory: &Path, ahead: Duration) -> io::Result<()> {
    let unfinished = directory.join(UNFINISHED);
    let mut file = File::create(&unfinished)?;
    writeln!(file, "{}", ahead.as_millis())?;
    file.sync_all()?;
    fs::rename(unfinished, directory.join(FILE))?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn ahead(storage: &Storage) -> Duration {
        TestClock::open(storage).unwrap().clock.ahead()
    }

    #[tokio::test]
    async fn a_directory_keeps_how_far_its_clock_is_ahead() {
        let directory = tempfile::tempdir().unwrap();
        let storage = Storage::Directory(directory.path().to_owned());
        let clock = TestClock::open(&storage).unwrap();
        for days in 1..3 {
            clock.advance(DAY).await.unwrap();
            assert_eq!(ahead(&storage), DAY * days);
        }
        fs::write(directory.path().join(FILE), "soon\n").unwrap();
        assert!(matches!(TestClock::open(&storage), Err(TestClockError::Malformed { .. })));
    }

    #[tokio::test]
    async fn a_clock_that_cannot_be_kept_is_not_put_forward() {
        let directory = tempfile::tempdir().unwrap();
        let clock = TestClock::open(&Storage::Directory(directory.path().join("gone"))).unwrap();
        assert!(matches!(clock.advance(DAY).await, Err(NotAdvanced::NotKept(_))));
        assert_eq!(clock.clock.ahead(), Duration::ZERO);
    }

    #[tokio::test]
    async fn the_clock_ends_with_the_year_9999() {
        let clock = TestClock::open(&Storage::Ephemeral).unwrap();
        let left = Duration::from_millis(LATEST - clock.clock.now().0);
        assert!(matches!(clock.advance(left + DAY).await, Err(NotAdvanced::TooFar)));
        clock.advance(left - DAY).await.unwrap();
        assert!(clock.clock.now().iso_8601().starts_with("9999-12-30T"));
    }
}
