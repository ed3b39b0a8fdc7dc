//! Decides what happens to queues, messages, functions and their mappings: a pure state machine.
