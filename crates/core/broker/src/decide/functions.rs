//! Functions: versions, aliases and settings.

use std::sync::Arc;

use crate::feed::Feed;
use crate::function::state::KnownFunction;
use crate::{
    Alias, Broker, Decision, Entropy, Fact, Function, FunctionDescription, FunctionRef, FunctionVersion, Inventory,
    InvokeConfig, Mapping, PutWhen, Rejection, Reply,
};

/// How many versions a function may have: each is held in memory.
pub const VERSIONS_MAX: usize = 1_000;
/// How many aliases a function may have.
pub const ALIASES_MAX: usize = 1_000;
/// How many functions there may be.
pub const FUNCTIONS_MAX: usize = 5_000;

impl Broker {
    /// Makes the latest version what is asked for; the same again changes nothing.
    pub(super) fn decide_put_function(
        &self,
        function: Function,
        when: PutWhen,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let known = self.functions.get(&function.name);
        let revision = known.map(|known| known.latest().value.revision);
        let exists = || Rejection::FunctionExists { name: function.name.clone() };
        let missing = || Rejection::FunctionDoesNotExist { name: function.name.clone() };
        check_put(when, revision, exists, missing)?;
        let function = Function { version: FunctionVersion::Latest, ..function };
        match known {
            Some(known) if known.latest().value.is_like(&function) => {
                return Ok(Decision::reply(describe(&known.latest().value, known)));
            }
            None if self.functions.len() >= FUNCTIONS_MAX => return Err(Rejection::TooManyFunctions),
            _ => {}
        }
        let function = Function { revision: entropy.next_uuid(), ..function };
        let (reserved, last_version) = known.map_or((None, 0), |known| (known.reserved, known.last_version));
        let described = FunctionDescription { function: Arc::new(function.clone()), reserved };
        let reply = Reply::Function(Box::new(described));
        Ok(Decision { reply, ..Decision::fact(Fact::FunctionSet { function, reserved, last_version }) })
    }

    /// How many invocations of all versions may run at once.
    pub(super) fn decide_set_concurrency(&self, name: &str, reserved: Option<u32>) -> Result<Decision, Rejection> {
        let known = self.function(name)?;
        if known.reserved == reserved {
            return Ok(Decision::reply(Reply::Done));
        }
        let function = Function::clone(&known.latest().value);
        Ok(Decision::fact(Fact::FunctionSet { function, reserved, last_version: known.last_version }))
    }

    /// Publishes the latest version under a number; if nothing has changed since the last time, that one is told.
    pub(super) fn decide_publish_version(
        &self,
        name: &str,
        revision: Option<u128>,
        details: Option<Box<str>>,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let known = self.function(name)?;
        let latest = &known.latest().value;
        if revision.is_some_and(|revision| revision != latest.revision) {
            return Err(Rejection::RevisionChanged);
        }
        let last = known.versions.get(&known.last_version).map(|placed| &placed.value);
        let is_same = |last: &Function| {
            let (version, details) = (last.version, last.details.clone());
            Function { version, details, revision: last.revision, ..Function::clone(latest) } == *last
        };
        if let Some(last) = last.filter(|last| is_same(last)) {
            return Ok(Decision::reply(describe(last, known)));
        }
        if known.versions.len() >= VERSIONS_MAX {
            return Err(Rejection::TooManyVersions);
        }
        let version = FunctionVersion::Number(known.last_version + 1);
        let details = details.unwrap_or_else(|| latest.details.clone());
        let function = Function { version, details, revision: entropy.next_uuid(), ..Function::clone(latest) };
        let described = FunctionDescription { function: Arc::new(function.clone()), reserved: known.reserved };
        let reply = Reply::Function(Box::new(described));
        Ok(Decision { reply, ..Decision::fact(Fact::VersionPublished { function }) })
    }

    /// Deletes a published version that no alias stands for, or else the function with all that belongs to it.
    pub(super) fn decide_delete_function(&self, name: &str, version: Option<u32>) -> Result<Decision, Rejection> {
        let known = self.function(name)?;
        if let Some(version) = version {
            if !known.versions.contains_key(&version) {
                return Err(Rejection::FunctionDoesNotExist { name: format!("{name}:{version}").into() });
            }
            let number = FunctionVersion::Number(version);
            let stands_for =
                |alias: &Alias| alias.version == number || alias.canary.is_some_and(|(version, _)| version == number);
            if known.aliases.values().any(|alias| stands_for(&alias.value)) {
                return Err(Rejection::VersionHasAlias);
            }
            return Ok(Decision::fact(Fact::VersionDeleted { function: name.into(), version }));
        }
        let is_of_function = |feed: &Feed| feed.function().is_some_and(|function| *function.name == *name);
        let mappings = self.feeds.iter().filter(|(_, feed)| is_of_function(&feed.value));
        let mut facts: Vec<Fact> = mappings.map(|(id, _)| Fact::MappingDeleted { id: *id }).collect();
        facts.push(Fact::FunctionDeleted { name: name.into() });
        Ok(Decision { facts, reply: Reply::Done, effects: Vec::new() })
    }

    pub(super) fn decide_describe_function(&self, function: &FunctionRef) -> Result<Decision, Rejection> {
        // An alias stands for its first version.
        let version = self.resolve(function, u64::MAX)?;
        Ok(Decision::reply(describe(version, self.function(&function.name)?)))
    }

    /// The latest version first, then by rising numbers.
    pub(super) fn decide_list_versions(&self, name: &str) -> Result<Decision, Rejection> {
        let known = self.function(name)?;
        let versions = std::iter::once(known.latest()).chain(known.versions.values());
        Ok(Decision::reply(Reply::Versions(versions.map(|placed| placed.value.clone()).collect())))
    }

    pub(super) fn decide_list_functions(&self) -> Decision {
        let mappings = self
            .feeds
            .iter()
            .filter_map(|(id, feed)| Some(Mapping { id: *id, definition: feed.value.mapping()?.clone() }));
        let functions = self
            .functions
            .values()
            .map(|known| FunctionDescription { function: known.latest().value.clone(), reserved: known.reserved });
        let inventory = Inventory { functions: functions.collect(), mappings: mappings.collect() };
        Decision::reply(Reply::Functions(inventory))
    }

    pub(super) fn decide_put_alias(
        &self,
        function: &str,
        alias: Alias,
        when: PutWhen,
        entropy: &mut Entropy,
    ) -> Result<Decision, Rejection> {
        let known = self.function(function)?;
        let before = known.aliases.get(&alias.name).map(|placed| &placed.value);
        let whole = || format!("{function}:{}", alias.name).into();
        let exists = || Rejection::AliasExists { name: whole() };
        let missing = || Rejection::AliasDoesNotExist { name: whole() };
        check_put(when, before.map(|before| before.revision), exists, missing)?;
        for version in std::iter::once(alias.version).chain(alias.canary.map(|(version, _)| version)) {
            if known.version(version).is_none() {
                return Err(Rejection::FunctionDoesNotExist { name: format!("{function}:{version}").into() });
            }
        }
        if before.is_none() && known.aliases.len() >= ALIASES_MAX {
            return Err(Rejection::TooManyAliases);
        }
        if let Some(before) = before.filter(|before| Alias { revision: before.revision, ..alias.clone() } == **before) {
            return Ok(Decision::reply(Reply::Alias(before.clone())));
        }
        let alias = Alias { revision: entropy.next_uuid(), ..alias };
        let reply = Reply::Alias(alias.clone());
        Ok(Decision { reply, ..Decision::fact(Fact::AliasSet { function: function.into(), alias }) })
    }

    /// One that is not there does not matter.
    pub(super) fn decide_delete_alias(&self, function: &str, name: &str) -> Result<Decision, Rejection> {
        Ok(match self.function(function)?.aliases.get(name) {
            Some(_) => Decision::fact(Fact::AliasDeleted { function: function.into(), name: name.into() }),
            None => Decision::reply(Reply::Done),
        })
    }

    pub(super) fn decide_list_aliases(&self, function: &str) -> Result<Decision, Rejection> {
        let aliases = self.function(function)?.aliases.values().map(|placed| placed.value.clone());
        Ok(Decision::reply(Reply::Aliases(aliases.collect())))
    }

    /// Says how asynchronous invocations by this name are treated; by default if nothing is said.
    pub(super) fn decide_put_invoke_config(
        &self,
        function: FunctionRef,
        config: Option<InvokeConfig>,
    ) -> Result<Decision, Rejection> {
        self.resolve(&function, 0)?;
        let known = self.function(&function.name)?.invoke_configs.get(function.qualifier());
        if known.map(|placed| &placed.value) == config.as_ref() {
            return Ok(Decision::reply(Reply::Done));
        }
        Ok(Decision::fact(Fact::InvokeConfigSet { function, config }))
    }

    /// By qualifier.
    pub(super) fn decide_list_invoke_configs(&self, name: &str) -> Result<Decision, Rejection> {
        let configs = self.function(name)?.invoke_configs.iter();
        let configs = configs.map(|(qualifier, placed)| (qualifier.clone(), placed.value.clone()));
        Ok(Decision::reply(Reply::InvokeConfigs(configs.collect())))
    }
}

fn describe(version: &Arc<Function>, known: &KnownFunction) -> Reply {
    Reply::Function(Box::new(FunctionDescription { function: version.clone(), reserved: known.reserved }))
}

/// Whether something may be put where this revision is now, if anything.
fn check_put(
    when: PutWhen,
    revision: Option<u128>,
    exists: impl FnOnce() -> Rejection,
    missing: impl FnOnce() -> Rejection,
) -> Result<(), Rejection> {
    match (when, revision) {
        (PutWhen::Absent, Some(_)) => Err(exists()),
        (PutWhen::Present { .. }, None) => Err(missing()),
        (PutWhen::Present { revision: Some(expected) }, Some(revision)) if expected != revision => {
            Err(Rejection::RevisionChanged)
        }
        _ => Ok(()),
    }
}
