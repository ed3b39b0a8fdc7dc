//! What of each service works: `docs/compat/<service>.md` for people and `docs/compat/<service>.json` for tests, both made of
//! the tables that the code itself is made of.

mod cloudformation;
mod events;
mod lambda;
mod pipes;
mod scheduler;
pub(crate) mod shapes;
mod sns;
mod sqs;
mod states;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::error::{ErrorKind, Namespace};
use shapes::Shape;

/// One operation.
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    /// What can be said of it in a line.
    pub(crate) works: &'static str,
    /// The modules of `tests/it` that call it.
    pub(crate) modules: &'static [&'static str],
    /// The errors of the service that it may answer; every operation may answer those that all AWS services share.
    pub(crate) errors: &'static [ErrorKind],
}

/// One known difference from the service.
pub(crate) struct Deviation {
    /// By which it is spoken of.
    pub(crate) id: &'static str,
    /// What is different, for users.
    pub(crate) text: &'static str,
    /// `module::test` of `tests/it`, or a file under `crates/` and its test.
    pub(crate) shown_by: &'static str,
}

const fn row(id: &'static str, text: &'static str, shown_by: &'static str) -> Deviation {
    Deviation { id, text, shown_by }
}

/// Everything that is said of one service.
struct Compat {
    /// What the page begins with.
    opening: &'static str,
    operations: &'static [Operation],
    /// What is said below the operations.
    besides: &'static str,
    /// Sections about attributes.
    attributes: String,
    deviations: &'static [Deviation],
    /// Whose errors it answers, and those that only it shows of what all services share.
    namespaces: &'static [Namespace],
    /// What each operation takes.
    inputs: Vec<(&'static str, Shape)>,
}

impl Compat {
    /// The page, from all tables.
    fn page(&self) -> String {
        let mut page = self.opening.to_owned();
        page += "\n## Operations\n\n| operation | works | exercised by |\n| --- | --- | --- |\n";
        for Operation { name, works, modules, .. } in self.operations {
            writeln!(page, "| {name} | {works} | {} |", listed(modules)).unwrap();
        }
        page += self.besides;
        page += &self.attributes;
        page += "\n## Errors\n\n| error | code | status | answered by |\n| --- | --- | --- | --- |\n";
        for kind in self.kinds() {
            let answered_by = self.answered_by(kind);
            writeln!(page, "| {} | {} | {} | {answered_by} |", kind.shape(), kind.code(), kind.status()).unwrap();
        }
        page += "\n## Deviations\n\n| name | deviation | shown by |\n| --- | --- | --- |\n";
        for deviation in self.deviations {
            writeln!(page, "| {} | {} | `{}` |", deviation.id, deviation.text, deviation.shown_by).unwrap();
        }
        page
    }

    /// The errors that the service may answer.
    fn kinds(&self) -> impl Iterator<Item = ErrorKind> {
        let is_answered = |kind: &ErrorKind| kind.namespace() == Namespace::Coral || self.is_own(*kind);
        ErrorKind::ALL.iter().copied().filter(is_answered)
    }

    fn is_own(&self, kind: ErrorKind) -> bool {
        self.namespaces.contains(&kind.namespace())
    }

    fn answered_by(&self, kind: ErrorKind) -> String {
        if !self.is_own(kind) {
            return "all, as all AWS services do".to_owned();
        }
        let operations = self.operations.iter().filter(|operation| operation.errors.contains(&kind));
        let names: Vec<&str> = operations.map(|operation| operation.name).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    }

    /// The same for programs: what every operation takes and which errors it answers, and what errors look like. `more` is
    /// what only this service has.
    fn description(&self, more: Value) -> String {
        let inputs: BTreeMap<_, _> = self.inputs.iter().cloned().collect();
        let operation = |row: &Operation| {
            let errors: Vec<&str> = row.errors.iter().map(|kind| kind.shape()).collect();
            (row.name, json!({ "input": inputs[row.name], "errors": errors }))
        };
        let operations: BTreeMap<_, _> = self.operations.iter().map(operation).collect();
        let error = |kind: ErrorKind| {
            let own = kind.namespace() == self.namespaces[0];
            (kind, json!({ "code": kind.code(), "status": kind.status(), "ofTheService": own }))
        };
        let errors: Map<_, _> = self.kinds().map(error).map(|(kind, said)| (self.name_of(kind), said)).collect();
        let mut whole = json!({ "operations": operations, "errors": errors });
        let members = whole.as_object_mut().expect("it was just made");
        members.extend(more.as_object().cloned().unwrap_or_default());
        format!("{whole:#}\n")
    }

    /// By its shape, unless the service's model and the framework have shapes of one name.
    fn name_of(&self, kind: ErrorKind) -> String {
        let twice = self.kinds().filter(|other| other.shape() == kind.shape()).count() > 1;
        if twice && !self.is_own(kind) { format!("Shared{}", kind.shape()) } else { kind.shape().to_owned() }
    }

    #[track_caller]
    fn has_a_row_for_each(&self, names: &[&str]) {
        let rows: Vec<&str> = self.operations.iter().map(|operation| operation.name).collect();
        assert_eq!(rows, names);
    }

    #[track_caller]
    fn names_tests_that_exist(&self) {
        for Operation { name, modules, .. } in self.operations {
            for tests in *modules {
                let calls = [format!("\"{name}\""), format!("Action={name}&")];
                let source = source(module(tests));
                assert!(calls.iter().any(|call| source.contains(call)), "{tests} does not call {name}");
            }
        }
        for deviation in self.deviations {
            let (place, test) = deviation.shown_by.rsplit_once("::").expect("a file and a test");
            let path = if place.contains('/') { repository().join("crates").join(place) } else { module(place) };
            let found = source(path).contains(&format!("fn {test}()"));
            assert!(found, "{}: there is no {}", deviation.id, deviation.shown_by);
        }
    }

    #[track_caller]
    fn names_a_deviation_once(&self) {
        let mut ids: Vec<&str> = self.deviations.iter().map(|deviation| deviation.id).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    }
}

fn source(path: PathBuf) -> String {
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn module(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/{name}.rs"))
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}
