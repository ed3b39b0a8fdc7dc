//! What a Map is about: its items, in batches if it is asked to, and how many run at once.

use bongsu_jsonata::{Object, Value};

use super::Machine;
use crate::definition::{Batcher, ItemSource, Map, StateKind};
use crate::fault::{self, Fault};
use crate::history::Event;
use crate::intrinsic::uuid_bits;
use crate::limits::{
    DISTRIBUTED_CONCURRENCY_MAX, DISTRIBUTED_ITEMS_MAX, INLINE_CONCURRENCY_MAX, INLINE_ITEMS_MAX, PAYLOAD_BYTES_MAX,
    SECONDS_MAX,
};
use crate::map_run;
use crate::query::type_name;
use crate::strand::{Purpose, Run, StrandId};
use crate::template::Template;

impl Machine<'_> {
    /// Begins a Map: its iterations, or the reading of what they are about.
    pub(super) fn begin_map(&mut self, id: StrandId, map: &Map) -> Result<(), Fault> {
        let input = self.effective_input(id)?;
        match &map.items {
            ItemSource::Input(template) => {
                let value = match template {
                    Some(template) => self.evaluate(id, template, &input, None)?,
                    None => input,
                };
                let Some(items) = value.as_array() else { return Err(not_items(template.as_ref(), &value)) };
                let items = self.prepared(id, map, items.to_vec())?;
                let run = if map.distributed { Some(self.new_run(id, map)?) } else { None };
                let count = items.len() as u32;
                match &run {
                    Some(run) => self.tell_run(id, count, run),
                    None => self.tell(id, Event::MapStateStarted(count)),
                };
                self.begin_iterations(id, map, items, run)
            }
            ItemSource::Reader(reader) => {
                let parameters = match &reader.parameters {
                    Some(template) => self.evaluate(id, template, &input, None)?,
                    None => Value::Object(Object::new()),
                };
                let parameters = self.keep_bounded(parameters, &[], &self.state(id).name)?;
                let run = self.new_run(id, map)?;
                // The items are counted when they have been read: too late for this event.
                self.tell_run(id, 0, &run);
                self.request(id, Purpose::Read(run), parameters);
                Ok(())
            }
        }
    }

    /// The items were read.
    pub(super) fn items_read(&mut self, id: StrandId, run: Run, value: Value) -> Result<(), Fault> {
        let StateKind::Map(map) = &self.state(id).work else { return Ok(()) };
        let ItemSource::Reader(reader) = &map.items else { return Ok(()) };
        let unreadable = |text: &str| Fault::new(fault::ITEM_READER_FAILED, text);
        let Some(items) = value.as_array() else {
            return Err(unreadable("Attempting to map over non-iterable node."));
        };
        let most = match self.amount(id, "MaxItems", reader.items_max.as_ref(), 0, 100_000_000)? {
            Some(0) => return Err(unreadable("field MaxItems must be positive")),
            most => most.map_or(usize::MAX, |most| most as usize),
        };
        let items = self.prepared(id, map, items[..items.len().min(most)].to_vec())?;
        self.begin_iterations(id, map, items, Some(run))
    }

    /// What iterations are given: the items, or batches of them.
    fn prepared(&mut self, id: StrandId, map: &Map, items: Vec<Value>) -> Result<Vec<Value>, Fault> {
        let most = if map.distributed { DISTRIBUTED_ITEMS_MAX } else { INLINE_ITEMS_MAX };
        if items.len() > most {
            return Err(Fault::runtime(format!("A Map of this kind takes no more than {most} items")));
        }
        match &map.batcher {
            Some(batcher) => self.batches(id, batcher, items),
            None => Ok(items),
        }
    }

    /// A run of a distributed Map that is about to begin.
    fn new_run(&mut self, id: StrandId, map: &Map) -> Result<Run, Fault> {
        let count = self.amount(id, "ToleratedFailureCount", map.tolerated_count.as_ref(), 0, SECONDS_MAX)?;
        let percentage = self.amount(id, "ToleratedFailurePercentage", map.tolerated_percentage.as_ref(), 0, 100)?;
        Ok(Run {
            id: uuid_bits(self.random),
            started_at: self.now,
            tolerated_count: count,
            tolerated_percentage: percentage,
        })
    }

    /// Tells that a distributed Map begins.
    fn tell_run(&mut self, id: StrandId, count: u32, run: &Run) -> u32 {
        self.tell(id, Event::MapStateStarted(count));
        let arn = map_run::arn(self.surrounding.machine_arn(), &self.map_label(id), run.id);
        self.tell(id, Event::MapRunStarted(arn.into()))
    }

    /// How many iterations run at once; zero asks for no limit.
    pub(super) fn concurrency(&mut self, id: StrandId, map: &Map) -> Result<u32, Fault> {
        let most = if map.distributed { DISTRIBUTED_CONCURRENCY_MAX } else { INLINE_CONCURRENCY_MAX };
        let asked = self.amount(id, "MaxConcurrency", map.concurrency.as_ref(), 0, SECONDS_MAX)?;
        Ok(asked.filter(|asked| *asked > 0).map_or(most, |asked| asked.min(most)))
    }

    /// Items in batches, each of so many items and bytes at most.
    fn batches(&mut self, id: StrandId, batcher: &Batcher, items: Vec<Value>) -> Result<Vec<Value>, Fault> {
        let most = DISTRIBUTED_ITEMS_MAX as u32;
        let items_max = self.amount(id, "MaxItemsPerBatch", batcher.items_max.as_ref(), 1, most)?.unwrap_or(most);
        let bytes_most = PAYLOAD_BYTES_MAX as u32;
        let bytes_max = self.amount(id, "MaxInputBytesPerBatch", batcher.bytes_max.as_ref(), 1, bytes_most)?;
        let bytes_max = bytes_max.unwrap_or(bytes_most) as usize;
        let shared = match &batcher.input {
            Some(template) => {
                let input = self.effective_input(id)?;
                Some(self.evaluate(id, template, &input, None)?)
            }
            None => None,
        };
        // What surrounds the items: their key, the brackets, and what all batches share.
        let around = 16 + shared.as_ref().map_or(0, |shared| shared.to_string().len() + 14);
        let (mut batches, mut batch, mut bytes) = (Vec::new(), Vec::new(), around);
        for item in items {
            let size = item.to_string().len() + 1;
            if !batch.is_empty() && (batch.len() >= items_max as usize || bytes + size > bytes_max) {
                batches.push(batch_of(shared.as_ref(), std::mem::take(&mut batch)));
                bytes = around;
            }
            bytes += size;
            batch.push(item);
        }
        if !batch.is_empty() {
            batches.push(batch_of(shared.as_ref(), batch));
        }
        Ok(batches)
    }
}

fn batch_of(shared: Option<&Value>, items: Vec<Value>) -> Value {
    let mut batch = Object::new();
    if let Some(shared) = shared {
        batch.insert("BatchInput", shared.clone());
    }
    batch.insert("Items", Value::from(items));
    Value::Object(batch)
}

fn not_items(template: Option<&Template>, value: &Value) -> Fault {
    match template {
        Some(Template::Query(query)) if query.is_path() => {
            Fault::runtime(format!("Reference path \"{}\" must point to array.", query.text()))
        }
        Some(template) => template.unexpected("Items", "array", value),
        None => Fault::runtime(format!("The items of a Map must be an array, but were of type {}.", type_name(value))),
    }
}
