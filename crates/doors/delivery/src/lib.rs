//! Delivers to functions: processes that speak the Lambda Runtime API.
