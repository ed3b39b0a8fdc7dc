//! Runs the broker: the shard loop, the clock, waiting receivers, and effects.
