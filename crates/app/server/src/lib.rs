//! Wires rings together: configuration, listening, deploying.
