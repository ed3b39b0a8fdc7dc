//! Aliases: which versions they lead to, as requests give it and answers tell it.

use bongsu_broker::MachineAlias;
use serde::{Deserialize, Serialize};

use super::arn;
use super::parameters::invalid;
use crate::codec::Integer;
use crate::error::ApiError;

const DESCRIPTION_CHARS_MAX: usize = 256;

/// One version, and how many of a hundred executions it gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Route {
    state_machine_version_arn: String,
    weight: Option<Integer>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouteTold {
    state_machine_version_arn: String,
    weight: u32,
}

/// Versions by their numbers, and how many of a hundred executions each gets.
pub(super) type Weights = Vec<(u32, u32)>;

/// The machine and the routes that are given, whose weights make 100.
pub(super) fn routes(given: &[Route]) -> Result<(Box<str>, Weights), ApiError> {
    let mut machine = None;
    let mut routes = Vec::new();
    for route in given {
        let (name, version) = arn::qualified(&route.state_machine_version_arn)?;
        let version =
            version.parse().map_err(|_| invalid("Routing configuration must contain state machine version ARNs"))?;
        if machine.get_or_insert_with(|| name.clone()) != &name {
            return Err(invalid(
                "Routing configuration must contain state machine version ARNs of the same state machine",
            ));
        }
        let weight = route.weight.map_or(0, |Integer(weight)| weight);
        let weight = u32::try_from(weight).ok().filter(|weight| *weight <= 100);
        let weight = weight.ok_or_else(|| invalid("The weight of a route is a number from 0 to 100"))?;
        routes.push((version, weight));
    }
    let sum: u32 = routes.iter().map(|(_, weight)| weight).sum();
    match machine {
        Some(machine) if routes.len() <= 2 && sum == 100 && is_distinct(&routes) => Ok((machine, routes)),
        _ => Err(invalid(
            "Routing configuration must contain one version, or two different ones, with weights that make 100",
        )),
    }
}

fn is_distinct(routes: &[(u32, u32)]) -> bool {
    routes.first().map(|first| first.0) != routes.get(1).map(|second| second.0)
}

pub(super) fn check_description(description: &str) -> Result<(), ApiError> {
    match description.chars().count() > DESCRIPTION_CHARS_MAX {
        true => Err(invalid(format!("A description has at most {DESCRIPTION_CHARS_MAX} characters"))),
        false => Ok(()),
    }
}

pub(super) fn told(machine_arn: &str, alias: &MachineAlias) -> Vec<RouteTold> {
    let route = |(version, weight): &(u32, u32)| RouteTold {
        state_machine_version_arn: format!("{machine_arn}:{version}"),
        weight: *weight,
    };
    alias.routes.iter().map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(machine: &str, version: &str, weight: i64) -> Route {
        let arn = format!("arn:aws:states:us-east-1:000000000000:stateMachine:{machine}:{version}");
        Route { state_machine_version_arn: arn, weight: Some(Integer(weight)) }
    }

    #[test]
    fn weights_make_a_hundred_over_one_or_two_versions_of_one_machine() {
        assert_eq!(routes(&[route("m", "1", 100)]).unwrap(), ("m".into(), vec![(1, 100)]));
        assert!(routes(&[route("m", "1", 90), route("m", "2", 10)]).is_ok());
        for wrong in [
            vec![],
            vec![route("m", "1", 99)],
            vec![route("m", "1", 50), route("m", "1", 50)],
            vec![route("m", "1", 50), route("n", "2", 50)],
            vec![route("m", "x", 100)],
            vec![route("m", "1", -1), route("m", "2", 101)],
        ] {
            assert!(routes(&wrong).is_err(), "{wrong:?}");
        }
    }
}
