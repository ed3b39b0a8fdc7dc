//! Rules for what people read: links lead somewhere, notes say something, the licence is there.

use std::path::{Component, Path, PathBuf};

use super::File;

/// What users can notice of a change, a file each, until a release collects them.
const CHANGES: &str = "changes/unreleased/";

/// The faults of all documents, and of documents that are missing.
pub(super) fn check(root: &Path, files: &[File]) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    for file in files {
        if file.path.ends_with(".md") {
            let broken = relative_links(&file.text).filter(|link| !leads_somewhere(root, &file.path, link));
            faults.extend(broken.map(|link| format!("{}: the link to {link} leads nowhere", file.path)));
        }
        if file.path.starts_with(CHANGES) && file.text.trim().is_empty() {
            faults.push(format!("{}: says nothing", file.path));
        }
    }
    if !files.iter().any(|file| file.path == "LICENSE" && !file.text.trim().is_empty()) {
        faults.push("LICENSE: missing".to_owned());
    }
    faults
}

/// The targets of `[text](target)` that stay within the repository, without their anchors.
fn relative_links(markdown: &str) -> impl Iterator<Item = &str> {
    let prose = markdown.split("```").step_by(2);
    let targets = prose.flat_map(|prose| prose.split("](").skip(1)).filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.split('#').next().unwrap_or_default());
    targets.filter(|target| !target.is_empty() && !target.contains(':') && !target.contains(char::is_whitespace))
}

fn leads_somewhere(root: &Path, from: &str, link: &str) -> bool {
    let start = Path::new(from).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    for component in start.join(link).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::ParentDir if !path.pop() => return false,
            Component::RootDir | Component::Prefix(_) => return false,
            Component::ParentDir | Component::CurDir => {}
        }
    }
    root.join(path).exists()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn links_within_the_repository_must_lead_somewhere() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("docs")).unwrap();
        fs::write(root.path().join("docs/a.md"), "").unwrap();
        for (from, link, holds) in [
            ("README.md", "docs/a.md", true),
            ("README.md", "docs/", true),
            ("README.md", "docs/a.md#part", true),
            ("README.md", "#part", true),
            ("README.md", "https://example.com/x", true),
            ("README.md", "docs/b.md", false),
            ("README.md", "../docs/a.md", false),
            ("docs/a.md", "a.md", true),
            ("docs/a.md", "../docs/a.md", true),
            ("docs/a.md", "docs/a.md", false),
        ] {
            let files = [file(from, &format!("see [here]({link}).")), file("LICENSE", "text")];
            assert_eq!(check(root.path(), &files).is_empty(), holds, "{from} -> {link}");
        }
    }

    #[test]
    fn code_in_a_document_has_no_links() {
        assert_eq!(relative_links("```rust\nx[0](y)\n```\n[a](b)").collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn an_empty_note_about_a_change_is_a_fault() {
        let files = [file("changes/unreleased/a.md", " \n"), file("LICENSE", "text")];
        assert_eq!(check(Path::new("."), &files), ["changes/unreleased/a.md: says nothing"]);
    }

    #[test]
    fn the_licence_must_be_there() {
        assert_eq!(check(Path::new("."), &[]), ["LICENSE: missing"]);
    }
}
