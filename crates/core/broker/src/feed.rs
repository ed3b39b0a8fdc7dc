//! What queues feed by themselves: functions, through mappings, and pipes.

use std::sync::Arc;

use crate::{
    BATCH_MESSAGES_MAX, FunctionRef, MAPPING_BATCH_MESSAGES_MAX, MappingDefinition, Pipe, QueueId, QueueName, Seconds,
};

/// One of the things that a queue feeds. All of them have numbers of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Feed {
    Mapping(MappingDefinition),
    Pipe(Arc<Pipe>),
}

impl Feed {
    pub(crate) fn queue(&self) -> &QueueName {
        match self {
            Feed::Mapping(mapping) => &mapping.queue,
            Feed::Pipe(pipe) => &pipe.queue,
        }
    }

    pub(crate) fn is_enabled(&self) -> bool {
        match self {
            Feed::Mapping(mapping) => mapping.enabled,
            Feed::Pipe(pipe) => pipe.enabled,
        }
    }

    pub(crate) fn window(&self) -> Seconds {
        match self {
            Feed::Mapping(mapping) => mapping.window,
            Feed::Pipe(pipe) => pipe.window,
        }
    }

    pub(crate) fn concurrency_max(&self) -> Option<u32> {
        match self {
            Feed::Mapping(mapping) => mapping.concurrency_max,
            Feed::Pipe(pipe) => pipe.concurrency_max,
        }
    }

    pub(crate) fn mapping(&self) -> Option<&MappingDefinition> {
        match self {
            Feed::Mapping(mapping) => Some(mapping),
            Feed::Pipe(_) => None,
        }
    }

    pub(crate) fn pipe(&self) -> Option<&Arc<Pipe>> {
        match self {
            Feed::Mapping(_) => None,
            Feed::Pipe(pipe) => Some(pipe),
        }
    }

    /// The function that is invoked, where it is one.
    pub(crate) fn function(&self) -> Option<&FunctionRef> {
        self.mapping().map(|mapping| &mapping.function)
    }

    /// How many messages it takes at once from this queue.
    pub(crate) fn batch_messages(&self, queue: QueueId) -> usize {
        let size = match self {
            Feed::Mapping(mapping) => mapping.batch_size,
            Feed::Pipe(pipe) => pipe.batch_size,
        };
        let max = if queue.is_fifo() || self.window() == Seconds(0) {
            BATCH_MESSAGES_MAX
        } else {
            MAPPING_BATCH_MESSAGES_MAX as usize
        };
        (size as usize).clamp(1, max)
    }
}
