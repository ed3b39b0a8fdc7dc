//! Tags of functions and mappings.

use std::collections::BTreeMap;

use bongsu_broker::{Function, FunctionRef, MappingId, PutWhen, Rejection};
use bongsu_runtime::Refusal;

use super::details::FunctionDetails;
use super::function_name::FunctionName;
use super::mapping_settings::MappingDetails;
use super::mapping_uuid::mapping_of_uuid;
use super::refusal::{TRIES_MAX, invalid, resource_not_found, too_busy};
use crate::error::ApiError;
use crate::operation::Context;

const TAGS_MAX: usize = 50;
const KEY_LENGTH_MAX: usize = 128;
const VALUE_LENGTH_MAX: usize = 256;

pub(super) type Tags = BTreeMap<String, String>;

pub(super) fn check(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() > TAGS_MAX {
        return Err(invalid(format!("Number of tags exceeds resource tag limit of {TAGS_MAX}.")));
    }
    let is_good = |(key, value): (&String, &String)| {
        (1..=KEY_LENGTH_MAX).contains(&key.chars().count()) && value.chars().count() <= VALUE_LENGTH_MAX
    };
    match tags.iter().find(|tag| !is_good(*tag)) {
        Some((key, _)) => Err(invalid(format!("The tag {key} is too long, or its key is empty."))),
        None => Ok(()),
    }
}

/// What can have tags.
pub(super) enum Tagged {
    Function(Box<str>),
    Mapping(MappingId),
}

impl Context<'_> {
    pub(super) fn tagged(&self, arn: &str) -> Result<Tagged, ApiError> {
        self.check_account("*")?;
        let parts: Vec<&str> = arn.split(':').collect();
        let of_mapping = |uuid: &&str| mapping_of_uuid(uuid).ok_or_else(resource_not_found);
        match parts[..] {
            ["arn", _, "lambda", _, _, "function", ..] => {
                let function = self.own_function(arn, None)?;
                match FunctionName::parse(arn).and_then(|named| named.qualifier) {
                    Some(_) => Err(invalid(
                        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
                    )),
                    None => Ok(Tagged::Function(function.name)),
                }
            }
            ["arn", _, "lambda", _, _, "event-source-mapping", ref uuid] => Ok(Tagged::Mapping(of_mapping(uuid)?)),
            _ => Err(invalid(format!("{arn} is not the ARN of a function or of an event source mapping."))),
        }
    }

    pub(super) async fn tags(&self, tagged: &Tagged) -> Result<Tags, ApiError> {
        Ok(match tagged {
            Tagged::Function(name) => {
                FunctionDetails::of(&self.described(&FunctionRef::latest(name)).await?.function).tags
            }
            Tagged::Mapping(id) => MappingDetails::of(&self.mapping(*id).await?.definition).tags,
        })
    }

    /// Changes the tags, whatever others do meanwhile.
    pub(super) async fn change_tags(&self, tagged: &Tagged, change: impl Fn(&mut Tags)) -> Result<(), ApiError> {
        match tagged {
            Tagged::Function(name) => self.change_tags_of_function(name, change).await,
            Tagged::Mapping(id) => {
                let mut definition = self.mapping(*id).await?.definition;
                let mut details = MappingDetails::of(&definition);
                change(&mut details.tags);
                check(&details.tags)?;
                definition.details = details.to_json();
                let when = PutWhen::Present { revision: None };
                let put = self.broker.put_mapping(Some(*id), definition, when).await;
                put.map(drop).map_err(|refusal| self.refused(refusal))
            }
        }
    }

    async fn change_tags_of_function(&self, name: &str, change: impl Fn(&mut Tags)) -> Result<(), ApiError> {
        for _ in 0..TRIES_MAX {
            let latest = self.described(&FunctionRef::latest(name)).await?.function;
            let mut details = FunctionDetails::of(&latest);
            change(&mut details.tags);
            check(&details.tags)?;
            let function = Function { details: details.to_json(), ..Function::clone(&latest) };
            let when = PutWhen::Present { revision: Some(latest.revision) };
            match self.broker.put_function(function, when).await {
                Err(Refusal::Rejected(Rejection::RevisionChanged)) => {}
                put => return put.map(drop).map_err(|refusal| self.refused(refusal)),
            }
        }
        Err(too_busy())
    }
}
