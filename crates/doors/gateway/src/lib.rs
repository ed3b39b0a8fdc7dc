//! The front door: routes, webhook providers, signature to command.
