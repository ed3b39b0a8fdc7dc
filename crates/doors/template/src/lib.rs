//! Reads CloudFormation and SAM templates into resources.
