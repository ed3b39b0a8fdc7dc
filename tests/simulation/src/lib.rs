//! Seeds, simulated disks, and invariants.
