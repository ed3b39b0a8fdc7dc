//! In which order resources are made: each after those it needs, otherwise as the template has them.

use std::collections::{BTreeMap, BTreeSet};

/// Positions in order of creation, or the names of a circle in the template's order.
pub(crate) fn of_creation(resources: &[(&str, &BTreeSet<String>)]) -> Result<Vec<usize>, Vec<String>> {
    let positions: BTreeMap<&str, usize> = resources.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
    let needs: Vec<BTreeSet<usize>> = resources
        .iter()
        .map(|(_, needs)| needs.iter().filter_map(|name| positions.get(name.as_str()).copied()).collect())
        .collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); resources.len()];
    for (at, needs) in needs.iter().enumerate() {
        needs.iter().for_each(|need| needed_by[*need].push(at));
    }
    let mut missing: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut ready: BTreeSet<usize> = (0..resources.len()).filter(|at| missing[*at] == 0).collect();
    let mut ordered = Vec::with_capacity(resources.len());
    while let Some(next) = ready.pop_first() {
        ordered.push(next);
        for waiting in &needed_by[next] {
            missing[*waiting] -= 1;
            if missing[*waiting] == 0 {
                ready.insert(*waiting);
            }
        }
    }
    if ordered.len() == resources.len() {
        return Ok(ordered);
    }
    let mut circle: BTreeSet<usize> = (0..resources.len()).filter(|at| missing[*at] > 0).collect();
    // Who is only waiting for the circle is not part of it.
    while let Some(outside) = circle.iter().copied().find(|at| !circle.iter().any(|other| needs[*other].contains(at))) {
        circle.remove(&outside);
    }
    Err(circle.into_iter().map(|at| resources[at].0.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(resources: &[(&str, &[&str])]) -> Result<Vec<usize>, Vec<String>> {
        let needs: Vec<BTreeSet<String>> =
            resources.iter().map(|(_, needs)| needs.iter().map(|name| (*name).to_owned()).collect()).collect();
        let resources: Vec<_> = resources.iter().zip(&needs).map(|((name, _), needs)| (*name, needs)).collect();
        of_creation(&resources)
    }

    #[test]
    fn each_comes_after_what_it_needs_and_otherwise_as_written() {
        assert_eq!(order(&[("a", &["c"]), ("b", &[]), ("c", &["d"]), ("d", &[]), ("e", &[])]), Ok(vec![1, 3, 2, 0, 4]));
    }

    #[test]
    fn a_circle_is_named_without_those_that_wait_for_it() {
        let circle = order(&[("waits", &["a"]), ("a", &["b"]), ("free", &[]), ("b", &["a", "free"])]);
        assert_eq!(circle, Err(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(order(&[("self", &["self"])]), Err(vec!["self".to_owned()]));
    }
}
