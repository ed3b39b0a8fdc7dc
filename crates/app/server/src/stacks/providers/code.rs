//! Where the code of a template's functions and layers comes from, in the words of Lambda.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use bongsu_aws_api::lambda::{CodeFrom, NewCode};
use bongsu_template::{Code, Runtime};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Cx;

/// Refuses code that is not there, or not here.
pub(super) fn check(code: &Code, runtime: Option<&Runtime>, cx: &Cx<'_>) -> Result<(), String> {
    match code {
        Code::Directory(path) => directory(path, cx).map(drop),
        Code::Inline(_) => file_name(runtime).map(drop),
        Code::Object { .. } => Ok(()),
    }
}

/// What Lambda is asked for. Of a directory that versions are made of, a copy: they stay as they are.
pub(super) fn from(
    code: &Code,
    runtime: Option<&Runtime>,
    is_published: bool,
    cx: &Cx<'_>,
) -> Result<CodeFrom, String> {
    Ok(match code {
        Code::Directory(path) if is_published => CodeFrom::Given(NewCode::Copy(directory(path, cx)?)),
        Code::Directory(path) => CodeFrom::Given(NewCode::Live(directory(path, cx)?)),
        Code::Inline(text) => CodeFrom::Given(NewCode::Archive(archive(file_name(runtime)?, text).into())),
        Code::Object { bucket, key, version } => {
            CodeFrom::Object { bucket: bucket.clone(), key: key.clone(), version: version.clone() }
        }
    })
}

fn directory(path: &str, cx: &Cx<'_>) -> Result<PathBuf, String> {
    let Some(folder) = cx.site.folder else {
        return Err(format!(
            "{path} is a directory beside the template, which only `bongsu up` can reach; over the wire code comes inline \
             (ZipFile) or from a bucket"
        ));
    };
    let code = folder.join(path);
    if code.is_dir() {
        Ok(code)
    } else {
        Err(format!("{} is not a directory; code comes from a directory", code.display()))
    }
}

fn file_name(runtime: Option<&Runtime>) -> Result<&'static str, String> {
    match runtime {
        Some(Runtime::Python3(_)) => Ok("index.py"),
        Some(Runtime::Node(_)) => Ok("index.js"),
        Some(other) => Err(format!("a function of the runtime {other} cannot have its code in the template")),
        None => Err("a layer cannot have its content in the template".to_owned()),
    }
}

/// The same text is the same archive.
fn archive(name: &str, text: &str) -> Vec<u8> {
    const MEMORY: &str = "memory takes everything";
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default());
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file(name, options).expect(MEMORY);
    writer.write_all(text.as_bytes()).expect(MEMORY);
    writer.finish().expect(MEMORY).into_inner()
}
