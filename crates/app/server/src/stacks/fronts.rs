//! What the front door serves: the APIs and function URLs of all stacks, exchanged as a whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use bongsu_gateway::{Api, Apis, FrontDoor, FunctionUrl, RouteError};

/// What one resource has the front door serve.
#[derive(Clone, Debug)]
pub(crate) enum Front {
    Api(Api),
    Url(FunctionUrl),
}

/// A stack's name, and the logical id of a resource.
pub(crate) type FrontKey = (String, String);

/// All that the front door serves.
pub(crate) struct Fronts {
    /// Whether anybody could put messages in through a route that takes unsigned requests.
    pub(crate) is_exposed: bool,
    /// Held while the front door is given others.
    served: Mutex<BTreeMap<FrontKey, Front>>,
    front_door: OnceLock<Arc<FrontDoor>>,
}

impl Fronts {
    /// Nothing is served yet.
    pub(crate) fn new(is_exposed: bool) -> Fronts {
        Fronts { is_exposed, served: Mutex::default(), front_door: OnceLock::new() }
    }

    /// What is to be served by a front door that is opened now. From [`open`](Self::open) on it follows every change.
    pub(crate) fn apis(&self) -> Result<Apis, RouteError> {
        compile(self.served().values().cloned())
    }

    /// Tells the front door that serves from here on.
    pub(crate) fn open(&self, front_door: Arc<FrontDoor>) {
        self.front_door.get_or_init(|| front_door);
    }

    /// Refuses what could not be served beside the others.
    pub(crate) fn check(&self, key: &FrontKey, front: Front) -> Result<(), RouteError> {
        let served = self.served();
        let others = served.iter().filter(|(other, _)| *other != key).map(|(_, front)| front.clone());
        compile(others.chain([front])).map(drop)
    }

    /// Serves this for a resource, or nothing. Requests under way end as they began.
    pub(crate) fn replace(&self, key: FrontKey, front: Option<Front>) -> Result<(), RouteError> {
        let mut served = self.served();
        let mut changed = served.clone();
        match front {
            Some(front) => drop(changed.insert(key, front)),
            None => drop(changed.remove(&key)),
        }
        let apis = compile(changed.values().cloned())?;
        if let Some(front_door) = self.front_door.get() {
            front_door.replace(apis);
        }
        *served = changed;
        Ok(())
    }

    fn served(&self) -> MutexGuard<'_, BTreeMap<FrontKey, Front>> {
        self.served.lock().expect("nothing panics while it holds this lock")
    }
}

fn compile(fronts: impl Iterator<Item = Front>) -> Result<Apis, RouteError> {
    let (mut apis, mut urls) = (Vec::new(), Vec::new());
    for front in fronts {
        match front {
            Front::Api(api) => apis.push(api),
            Front::Url(url) => urls.push(url),
        }
    }
    Apis::new(apis, urls)
}
