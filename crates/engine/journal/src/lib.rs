//! Makes facts durable: the journal's contract, the segment-file engine, and the promises every engine keeps.
