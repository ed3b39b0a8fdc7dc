//! Deployments against providers that do as they are told.
