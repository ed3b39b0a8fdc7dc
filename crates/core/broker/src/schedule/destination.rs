//! Who can get what a schedule sends.

use bytes::Bytes;

use crate::wire::{Malformed, Wire};
use crate::{Destination, MachineRef};

const MACHINE: u8 = 3;
const OPERATION: u8 = 4;

/// Who gets what a schedule sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleDestination {
    /// Whoever can be told of other things as well.
    Told(Destination),
    /// A state machine: an execution of it begins.
    Machine(MachineRef),
    /// An operation that a door calls.
    Operation {
        /// The service as AWS's SDK for Java names it: `sqs`.
        service: Box<str>,
        /// The operation with a small first letter: `sendMessage`.
        action: Box<str>,
    },
}

impl<T: Into<Destination>> From<T> for ScheduleDestination {
    fn from(destination: T) -> ScheduleDestination {
        ScheduleDestination::Told(destination.into())
    }
}

/// Whoever can be told of other things as well is written as there.
impl Wire for ScheduleDestination {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            ScheduleDestination::Told(destination) => destination.put(out),
            ScheduleDestination::Machine(machine) => {
                out.push(MACHINE);
                machine.put(out);
            }
            ScheduleDestination::Operation { service, action } => {
                out.push(OPERATION);
                service.put(out);
                action.put(out);
            }
        }
    }

    fn take(from: &mut Bytes) -> Result<Self, Malformed> {
        match from.first() {
            Some(&MACHINE) => {
                u8::take(from)?;
                Ok(ScheduleDestination::Machine(Wire::take(from)?))
            }
            Some(&OPERATION) => {
                u8::take(from)?;
                Ok(ScheduleDestination::Operation { service: Wire::take(from)?, action: Wire::take(from)? })
            }
            _ => Destination::take(from).map(ScheduleDestination::Told),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FunctionRef, QueueName};

    #[test]
    fn the_bytes_of_every_destination_are_pinned() {
        let queue = QueueName { account: crate::Account(1), name: "q".into() };
        let machine = MachineRef { name: "m".into(), qualifier: Some("1".into()) };
        let operation = ScheduleDestination::Operation { service: "sqs".into(), action: "sendMessage".into() };
        for (destination, hex) in [
            (queue.into(), "00010171"),
            (FunctionRef::latest("f").into(), "02016600"),
            (ScheduleDestination::Machine(machine), "03016d010131"),
            (operation, "04037371730b73656e644d657373616765"),
        ] {
            let mut bytes = Vec::new();
            destination.put(&mut bytes);
            assert_eq!(hex::encode(&bytes), hex, "{destination:?}");
            assert_eq!(ScheduleDestination::take(&mut Bytes::from(bytes)), Ok(destination));
        }
        assert!(ScheduleDestination::take(&mut Bytes::from_static(&[5])).is_err());
    }
}
