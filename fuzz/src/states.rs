//! `states` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| bongsu_fuzz_targets::states(input));
