//! Power cuts: a file system that forgets everything that was not flushed.

use bongsu_testkit::Server;

use crate::disk::Disk;
use crate::load::{End, Load};
use crate::random::Random;
use crate::skip;

/// Each costs an unmount, a mount and a replay.
const CUTS: u64 = 10;
/// Acknowledged sends and deletes from one cut to the next.
const SUCCESSES: std::ops::Range<u64> = 200..3_000;
/// Room for the journal and its reserve.
const DISK_BYTES: u64 = 2 << 30;

#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let mut disk = match Disk::create(DISK_BYTES) {
        Ok(disk) => disk,
        Err(reason) => return skip("what_was_acknowledged_survives_power_cuts", &format!("{reason:#}")),
    };
    let mut random = Random::new(u64::from(std::process::id()));
    let mut server = Server::serve(&disk.path().join("data"));
    let load = Load::start(&server, End::FailingDisk, &mut random);
    for _ in 0..CUTS {
        load.run(random.within(SUCCESSES));
        load.pause();
        disk.cut_power().unwrap();
        server.kill_nine();
        disk.power_up().unwrap();
        server.restart().unwrap();
        load.resume();
    }
    let counts = load.finish(&server);
    println!("{counts:?}");
}
