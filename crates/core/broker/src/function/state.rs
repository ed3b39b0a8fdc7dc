//! All functions with their versions, aliases and settings, and how facts change them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alias::{Alias, InvokeConfig};
use super::{Function, FunctionRef, FunctionVersion, Placed};
use crate::{Broker, CONCURRENCY_DEFAULT, Place, Rejection};

/// Everything known of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownFunction {
    /// Absent only during a replay, until it is read.
    pub(crate) latest: Option<Placed<Arc<Function>>>,
    pub(crate) reserved: Option<u32>,
    /// The highest number that was given to a version.
    pub(crate) last_version: u32,
    pub(crate) versions: BTreeMap<u32, Placed<Arc<Function>>>,
    pub(crate) aliases: BTreeMap<Box<str>, Placed<Alias>>,
    /// By qualifier.
    pub(crate) invoke_configs: BTreeMap<Box<str>, Placed<InvokeConfig>>,
}

impl KnownFunction {
    pub(crate) fn latest(&self) -> &Placed<Arc<Function>> {
        self.latest.as_ref().expect("only a replay sees a function without its latest version")
    }

    pub(crate) fn version(&self, version: FunctionVersion) -> Option<&Placed<Arc<Function>>> {
        match version {
            FunctionVersion::Latest => self.latest.as_ref(),
            FunctionVersion::Number(number) => self.versions.get(&number),
        }
    }

    pub(crate) fn resolve(&self, qualifier: &str, roll: u64) -> Option<&Arc<Function>> {
        let version = match FunctionVersion::parse(qualifier) {
            Some(version) => version,
            None => self.aliases.get(qualifier)?.value.version_of(roll),
        };
        Some(&self.version(version)?.value)
    }

    pub(crate) fn concurrency_max(&self) -> u32 {
        self.reserved.unwrap_or(CONCURRENCY_DEFAULT)
    }
}

impl Broker {
    pub(crate) fn function(&self, name: &str) -> Result<&KnownFunction, Rejection> {
        self.functions.get(name).ok_or_else(|| Rejection::FunctionDoesNotExist { name: name.into() })
    }

    /// The version that one invocation gets; `roll` decides where an alias shares them out.
    pub(crate) fn resolve(&self, function: &FunctionRef, roll: u64) -> Result<&Arc<Function>, Rejection> {
        let missing = || Rejection::FunctionDoesNotExist { name: function.to_string().into() };
        self.function(&function.name)?.resolve(function.qualifier(), roll).ok_or_else(missing)
    }

    fn function_or_placeholder(&mut self, name: &str) -> &mut KnownFunction {
        let replaying = self.replaying;
        self.functions.entry(name.into()).or_insert_with(|| {
            assert!(replaying, "only existing functions have versions and aliases");
            KnownFunction::default()
        })
    }

    pub(crate) fn set_function(&mut self, function: &Function, reserved: Option<u32>, last_version: u32, place: Place) {
        let known = self.functions.entry(function.name.clone()).or_default();
        known.latest = Some(Placed { value: Arc::new(function.clone()), place });
        known.reserved = reserved;
        known.last_version = known.last_version.max(last_version);
        self.wake_mapped_queues();
        self.function_has_room(&function.name);
    }

    pub(crate) fn publish_version(&mut self, function: &Function, place: Place) {
        let FunctionVersion::Number(number) = function.version else {
            unreachable!("the latest version is set, not published")
        };
        let known = self.function_or_placeholder(&function.name);
        known.last_version = known.last_version.max(number);
        known.versions.insert(number, Placed { value: Arc::new(function.clone()), place });
    }

    pub(crate) fn remove_version(&mut self, name: &str, number: u32) {
        let removed = self.functions.get_mut(name).and_then(|known| known.versions.remove(&number));
        assert!(removed.is_some() || self.replaying, "only a version that is there is removed");
    }

    pub(crate) fn remove_function(&mut self, name: &str) {
        let known = self.functions.remove(name).is_some();
        assert!(known || self.replaying, "only a defined function is deleted");
        self.forget_invocations(name);
        // What waits for it to have room waits for nothing any more, and fails.
        self.function_has_room(name);
    }

    pub(crate) fn set_alias(&mut self, function: &str, alias: &Alias, place: Place) {
        let placed = Placed { value: alias.clone(), place };
        self.function_or_placeholder(function).aliases.insert(alias.name.clone(), placed);
        self.wake_mapped_queues();
    }

    pub(crate) fn remove_alias(&mut self, function: &str, name: &str) {
        let removed = self.functions.get_mut(function).and_then(|known| known.aliases.remove(name));
        assert!(removed.is_some() || self.replaying, "only an alias that is there is removed");
    }

    pub(crate) fn set_invoke_config(&mut self, function: &FunctionRef, config: Option<&InvokeConfig>, place: Place) {
        let known = self.function_or_placeholder(&function.name);
        match config {
            Some(config) => {
                let placed = Placed { value: config.clone(), place };
                known.invoke_configs.insert(function.qualifier().into(), placed);
            }
            None => drop(known.invoke_configs.remove(function.qualifier())),
        }
        self.schedule_invocations(&function.name);
    }

    /// Functions whose deletion came later than the journal reaches back; nobody can name them.
    pub(crate) fn finish_replay_of_functions(&mut self) {
        let lost = self.functions.iter().filter(|(_, known)| known.latest.is_none());
        let lost: Vec<Box<str>> = lost.map(|(name, _)| name.clone()).collect();
        lost.into_iter().for_each(|name| self.remove_placeholder(&name));
        let names: Vec<Box<str>> = self.invocations.queues().map(Box::from).collect();
        for name in names {
            match self.functions.contains_key(&name) {
                true => self.schedule_invocations(&name),
                false => self.forget_invocations(&name),
            }
        }
    }

    fn remove_placeholder(&mut self, name: &str) {
        self.functions.remove(name);
        self.forget_invocations(name);
    }
}
