//! The seeds and the findings of the fuzz targets, each run once.

mod inputs;
