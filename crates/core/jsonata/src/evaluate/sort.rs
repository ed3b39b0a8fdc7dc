//! Sorting: by the terms of `^(…)`, or by a function. Stable, and by merging, since comparisons may fail.

use std::cmp::Ordering;

use super::operators::{compare_texts, is_ordered};
use super::{Evaluator, FrameId};
use crate::error::Error;
use crate::node::{Node, Term};
use crate::value::{Object, Value};

impl Evaluator<'_> {
    pub(super) fn sort(
        &mut self,
        node: &Node,
        terms: &[Term],
        values: Vec<Value>,
        frame: FrameId,
    ) -> Result<Vec<Value>, Error> {
        self.merge_sort(values, &mut |evaluator, left, right| {
            evaluator.is_after(node, terms, (Some(left), frame), (Some(right), frame))
        })
    }

    pub(super) fn sort_tuples(
        &mut self,
        node: &Node,
        terms: &[Term],
        tuples: Vec<Object>,
        frame: FrameId,
    ) -> Result<Vec<Object>, Error> {
        self.merge_sort(tuples, &mut |evaluator, left, right| {
            let (inner_left, inner_right) = (evaluator.open_tuple(left, frame), evaluator.open_tuple(right, frame));
            let (left, right) = ((left.get("@"), inner_left), (right.get("@"), inner_right));
            let is_after = evaluator.is_after(node, terms, left, right)?;
            evaluator.close(inner_right)?;
            evaluator.close(inner_left)?;
            Ok(is_after)
        })
    }

    /// Whether the left one comes after the right one.
    fn is_after(
        &mut self,
        node: &Node,
        terms: &[Term],
        left: (Option<&Value>, FrameId),
        right: (Option<&Value>, FrameId),
    ) -> Result<bool, Error> {
        for term in terms {
            let left = self.evaluate(&term.expression, left.0, left.1)?;
            let right = self.evaluate(&term.expression, right.0, right.1)?;
            let order = match (&left, &right) {
                (None, None) => Ordering::Equal,
                // What is not there comes last, in either direction.
                (None, Some(_)) => return Ok(true),
                (Some(_), None) => return Ok(false),
                (Some(left), Some(right)) => {
                    let order = order(left, right).map_err(|error| error.at(node.position))?;
                    if term.is_descending { order.reverse() } else { order }
                }
            };
            if order != Ordering::Equal {
                return Ok(order == Ordering::Greater);
            }
        }
        Ok(false)
    }

    /// Sorts with a comparison that says whether the left one comes after the right one.
    pub(crate) fn merge_sort<T: Clone>(
        &mut self,
        mut items: Vec<T>,
        is_after: &mut dyn FnMut(&mut Self, &T, &T) -> Result<bool, Error>,
    ) -> Result<Vec<T>, Error> {
        if items.len() <= 1 {
            return Ok(items);
        }
        self.count_steps(items.len() as u64)?;
        let right = items.split_off(items.len() / 2);
        let left = self.merge_sort(items, is_after)?;
        let right = self.merge_sort(right, is_after)?;
        let mut merged = Vec::with_capacity(left.len() + right.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
            let next = if is_after(self, first, second)? { right.next() } else { left.next() };
            merged.extend(next);
        }
        merged.extend(left);
        merged.extend(right);
        Ok(merged)
    }
}

fn order(left: &Value, right: &Value) -> Result<Ordering, Error> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            Ok(left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Greater))
        }
        (Value::String(left), Value::String(right)) => Ok(compare_texts(left, right)),
        (left, right) if is_ordered(left) && is_ordered(right) => {
            Err(Error::new("T2007").with(left.clone()).and(right.clone()))
        }
        (left, right) => Err(Error::new("T2008").with(if is_ordered(left) { right.clone() } else { left.clone() })),
    }
}
