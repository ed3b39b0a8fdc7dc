//! How much a shard allows itself of the journal, in proportion to the journal's segments.

use bongsu_journal::{BATCH_BYTES_MAX, SEGMENT_BYTES};

/// No command's facts are larger than this: a batch send of 1 MiB and what surrounds it.
const COMMAND_BYTES_MAX: u64 = 2 << 20;
/// Room in the journal that sends leave to everything else, so that a full disk can be emptied.
const ROOM_KEPT_FROM_SENDS: u64 = 8 << 20;
/// Room in the journal that deletes and receives leave to cleaning, and cleaning to them, when it begins.
const ROOM_KEPT_FOR_CLEANING: u64 = 4 << 20;
/// The journal is not cleaned while it takes no more than this, unless the disk is full.
const DISK_BYTES_FLOOR: u64 = 160 << 20;
/// While cleaning owes more than this, further commands wait for it.
const CLEANING_DEBT_MAX: u64 = 16 << 20;
/// How much cleaning looks at in one turn of the loop.
const CLEANING_STEP_BYTES: u64 = 512 << 10;

/// The sizes that a shard keeps to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) batch_bytes_max: usize,
    pub(crate) command_bytes_max: usize,
    pub(crate) room_kept_from_sends: u64,
    pub(crate) room_kept_for_cleaning: u64,
    pub(crate) disk_bytes_floor: u64,
    pub(crate) cleaning_debt_max: u64,
    pub(crate) cleaning_step_bytes: usize,
}

impl Limits {
    /// For segments of this size. Smaller ones than usual take smaller batches, and smaller messages.
    pub(crate) fn for_segments_of(bytes: u64) -> Limits {
        let scaled = |usual: u64| usual * bytes / SEGMENT_BYTES;
        Limits {
            batch_bytes_max: BATCH_BYTES_MAX.min(scaled(BATCH_BYTES_MAX as u64) as usize),
            command_bytes_max: scaled(COMMAND_BYTES_MAX) as usize,
            room_kept_from_sends: scaled(ROOM_KEPT_FROM_SENDS),
            room_kept_for_cleaning: scaled(ROOM_KEPT_FOR_CLEANING),
            disk_bytes_floor: scaled(DISK_BYTES_FLOOR),
            cleaning_debt_max: scaled(CLEANING_DEBT_MAX),
            cleaning_step_bytes: scaled(CLEANING_STEP_BYTES) as usize,
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::for_segments_of(SEGMENT_BYTES)
    }
}
