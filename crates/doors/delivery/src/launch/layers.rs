//! Where a layer has what for whom.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html>

use std::path::{Path, PathBuf};

use crate::interpreter::Interpreter;

/// Where these layers have modules of Python, those of the later ones first.
pub(crate) fn python(layers: &[PathBuf], python: &Interpreter) -> Vec<PathBuf> {
    let version = python.version.rsplit_once('.').map_or(python.version.as_str(), |(version, _)| version);
    let packages = format!("python/lib/python{version}/site-packages");
    existing(layers, &[&packages, "python"])
}

/// Where these layers have modules of Node, those of the later ones first.
pub(crate) fn node(layers: &[PathBuf], node: &Interpreter) -> Vec<PathBuf> {
    let version = node.version.split_once('.').map_or(node.version.as_str(), |(version, _)| version);
    existing(layers, &[&format!("nodejs/node{version}/node_modules"), "nodejs/node_modules"])
}

/// Where these layers have programs.
pub(crate) fn programs(layers: &[PathBuf]) -> Vec<PathBuf> {
    existing(layers, &["bin"])
}

/// Where these layers have libraries.
pub(crate) fn libraries(layers: &[PathBuf]) -> Vec<PathBuf> {
    existing(layers, &["lib"])
}

fn existing(layers: &[PathBuf], places: &[&str]) -> Vec<PathBuf> {
    let all = layers.iter().rev().flat_map(|layer| places.iter().map(|place| layer.join(Path::new(place))));
    all.filter(|path| path.is_dir()).collect()
}
