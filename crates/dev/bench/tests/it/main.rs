//! The benchmark as its users run it.

mod run;
