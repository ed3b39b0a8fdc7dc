//! Archives that are kept, and archives that are not.

use std::io::Write;

use bytes::Bytes;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn zip(files: &[(&str, &str)]) -> Bytes {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let mode = if name.ends_with("bootstrap") { 0o755 } else { 0o640 };
        writer.start_file(*name, SimpleFileOptions::default().unix_permissions(mode)).expect("a new file");
        writer.write_all(content.as_bytes()).expect("memory takes everything");
    }
    writer.finish().expect("a whole archive").into_inner().into()
}

async fn kept(code: &Code, zip: Bytes) -> Result<PathBuf, CodeRefusal> {
    code.keep(NewCode::Archive(zip)).await.map(|kept| code.directory(&kept.code))
}

fn open() -> (tempfile::TempDir, Code) {
    let folder = tempfile::tempdir().expect("a directory");
    let code = Code::open(Some(folder.path())).expect("a place for code");
    (folder, code)
}

#[tokio::test]
async fn an_archive_is_unpacked_once_and_found_again() {
    let (folder, code) = open();
    let archive = zip(&[("app.py", "one"), ("lib/a/b.py", "two"), ("bootstrap", "#!/bin/sh")]);
    let directory = kept(&code, archive.clone()).await.expect("a good archive");
    assert_eq!(fs::read_to_string(directory.join("lib/a/b.py")).expect("a file"), "two");
    let mode = |name: &str| fs::metadata(directory.join(name)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("app.py"), mode("bootstrap"), mode("lib")), (0o644, 0o755, 0o755));
    fs::write(directory.join("mark"), "same").expect("a file");
    assert_eq!(kept(&code, archive).await, Ok(directory.clone()));
    assert!(directory.join("mark").exists());
    let other = kept(&code, zip(&[("app.py", "other")])).await.expect("a good archive");
    assert_ne!(other, directory);
    assert_eq!(fs::read_dir(folder.path().join(FOLDER)).expect("a folder").count(), 2);
}

#[tokio::test]
async fn nothing_is_put_outside_and_nothing_is_left_of_what_is_refused() {
    let (folder, code) = open();
    let mut link = ZipWriter::new(Cursor::new(Vec::new()));
    link.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).expect("a link");
    let link: Bytes = link.finish().expect("a whole archive").into_inner().into();
    for archive in
        [zip(&[("../out", "x")]), zip(&[("/out", "x")]), zip(&[("a/../../out", "x")]), zip(&[("a\\b", "x")]), link]
    {
        assert!(matches!(kept(&code, archive).await, Err(CodeRefusal::Unsafe(_))));
    }
    assert!(matches!(kept(&code, zip(&[("a", "x"), ("a/b", "x")])).await, Err(CodeRefusal::Unsafe(_))));
    let whole = zip(&[("app.py", "one")]);
    for broken in [Bytes::from_static(b"PK"), Bytes::new(), whole.slice(..whole.len() - 30)] {
        assert_eq!(kept(&code, broken).await, Err(CodeRefusal::NotAnArchive));
    }
    assert!(!folder.path().join("out").exists() && !folder.path().join(FOLDER).join("out").exists());
    assert_eq!(fs::read_dir(folder.path().join(FOLDER)).expect("a folder").count(), 0);
}

#[tokio::test]
async fn an_archive_that_says_less_than_it_holds_is_bounded_all_the_same() {
    let (_folder, code) = open();
    let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
    bomb.start_file("zeros", SimpleFileOptions::default()).expect("a new file");
    let zeros = vec![0; 1 << 20];
    for _ in 0..=(UNZIPPED_BYTES_MAX >> 20) {
        bomb.write_all(&zeros).expect("memory takes everything");
    }
    let bomb: Bytes = bomb.finish().expect("a whole archive").into_inner().into();
    assert_eq!(kept(&code, bomb).await, Err(CodeRefusal::TooLarge(UNZIPPED_BYTES_MAX)));
}

#[tokio::test]
async fn what_nothing_refers_to_goes_and_what_is_being_brought_stays() {
    let (folder, code) = open();
    let alive = code.keep(NewCode::Archive(zip(&[("a", "alive")]))).await.expect("a good archive");
    let (alive, held) = (alive.code, alive.held);
    let gone = kept(&code, zip(&[("a", "gone")])).await.expect("a good archive");
    fs::create_dir(folder.path().join(FOLDER).join("unfinished-0-x")).expect("a directory");
    let keeps: BTreeSet<Box<str>> = [alive.clone()].into();
    code.sweep(Box::pin(async move { Some(keeps) }));
    tokio::task::yield_now().await;
    assert!(gone.exists());
    drop(held);
    // Whoever brings code now comes after the sweep, which has waited for longer.
    kept(&code, zip(&[("a", "alive")])).await.expect("a good archive");
    assert!(code.directory(&alive).exists() && !gone.exists());
    assert_eq!(fs::read_dir(folder.path().join(FOLDER)).expect("a folder").count(), 1);
}

#[test]
fn where_nothing_lasts_the_code_goes_with_the_server() {
    let code = Code::open(None).expect("a place for code");
    let root = code.0.root.clone();
    assert!(root.join(FOLDER).is_dir());
    drop(code);
    assert!(!root.exists());
}

#[tokio::test]
async fn a_directory_is_copied_once_and_what_is_written_to_it_later_is_another() {
    let (folder, code) = open();
    let source = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| {
        let path = source.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("app.py", "one");
    write("lib/deep/a.py", "two");
    write("__pycache__/app.pyc", "compiled");
    let copied = async || code.keep(NewCode::Copy(source.path().to_owned())).await.expect("a good directory");
    let first = copied().await;
    let directory = code.directory(&first.code);
    assert_eq!(fs::read_to_string(directory.join("lib/deep/a.py")).expect("a file"), "two");
    assert!(!directory.join("__pycache__").exists());
    assert_eq!((first.size, first.sha256.is_some()), (6, true));
    write("__pycache__/app.pyc", "compiled again");
    assert_eq!(copied().await.code, first.code);
    write("app.py", "uno");
    let second = copied().await;
    assert!(second.code != first.code && second.sha256 != first.sha256);
    assert_eq!(fs::read_to_string(directory.join("app.py")).expect("a file"), "one");
    let nowhere = source.path().join("nowhere");
    let refused = code.keep(NewCode::Copy(nowhere.clone())).await.err();
    assert_eq!(refused, Some(CodeRefusal::NotADirectory(nowhere)));
    assert_eq!(fs::read_dir(folder.path().join(FOLDER)).expect("a folder").count(), 2);
}

#[tokio::test]
async fn code_that_is_used_where_it_lies_is_known_as_long_as_something_refers_to_it() {
    let (_folder, code) = open();
    let source = tempfile::tempdir().expect("a directory");
    let kept = code.keep(NewCode::Live(source.path().to_owned())).await.expect("a directory");
    assert_eq!((code.directory(&kept.code).as_path(), kept.sha256), (source.path(), None));
    assert_eq!(code.live(), [source.path().to_owned()].into());
    drop(kept.held);
    code.sweep(Box::pin(async { Some(BTreeSet::new()) }));
    // Whoever brings code now comes after the sweep.
    kept_after_sweep(&code).await;
    assert!(code.live().is_empty() && source.path().exists());
}

#[tokio::test]
async fn code_of_servers_before_this_one_is_found_and_goes_when_nothing_refers_to_it() {
    let folder = tempfile::tempdir().expect("a directory");
    let (old, gone) = ("a".repeat(64), "b".repeat(64));
    for name in [&old, &gone] {
        fs::create_dir_all(folder.path().join("code").join(name)).expect("a directory");
    }
    let code = Code::open(Some(folder.path())).expect("a place for code");
    let here = folder.path().join("code").join(&old);
    assert_eq!(code.directory(&here.display().to_string()), here);
    // The data directory was somewhere else when its path was written down.
    let moved = format!("/elsewhere/code/{old}");
    assert_eq!(code.directory(&moved), here);
    code.sweep(Box::pin(async move { Some([moved.into()].into()) }));
    kept_after_sweep(&code).await;
    assert!(here.is_dir() && !folder.path().join("code").join(&gone).exists());
    assert!(code.live().is_empty());
}

async fn kept_after_sweep(code: &Code) {
    tokio::task::yield_now().await;
    kept(code, zip(&[("a", "after")])).await.expect("a good archive");
}
