//! From values as they are written to values as they are meant: substitutions, merging, texts side by side.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::{Piece, Raw, RawObject, Substitution};
use super::{Members, Node, RESOLVED_MAX, Value};
use crate::error::Fault;

/// How deep values may be nested once substitutions are in place: only a circle is deeper.
const RESOLVED_DEPTH_MAX: usize = 64;

/// The file as it is meant, and the names at the top level that substitutions read.
pub(super) fn resolve(
    root: &RawObject,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(Members, BTreeSet<String>), Fault> {
    let mut resolver = Resolver { root, environment, left: RESOLVED_MAX, depth: 0, referred: BTreeSet::new() };
    let members = resolver.object(root)?;
    Ok((members, resolver.referred))
}

struct Resolver<'a> {
    root: &'a RawObject,
    environment: &'a dyn Fn(&str) -> Option<String>,
    /// What may still be made, in values and bytes of text.
    left: usize,
    depth: usize,
    referred: BTreeSet<String>,
}

impl Resolver<'_> {
    fn object(&mut self, object: &RawObject) -> Result<Members, Fault> {
        let mut members = Members::new();
        for (key, given) in object {
            if let Some(node) = self.last_given(given)? {
                members.insert(key.clone(), node);
            }
        }
        Ok(members)
    }

    /// What the values given to one key come to: the last one, or several objects merged.
    fn last_given(&mut self, given: &[Raw]) -> Result<Option<Node>, Fault> {
        let mut current = None;
        for raw in given {
            if let Some(node) = self.value(raw)? {
                current = Some(over(current, node));
            }
        }
        Ok(current)
    }

    /// The value, if it is defined: a substitution that may be missing can be.
    fn value(&mut self, raw: &Raw) -> Result<Option<Node>, Fault> {
        self.spend(1, raw.line)?;
        if self.depth >= RESOLVED_DEPTH_MAX {
            let reason = format!("substitutions lead deeper than {RESOLVED_DEPTH_MAX}: do they go in a circle?");
            return Err(Fault::new(raw.line, reason));
        }
        self.depth += 1;
        let value = match raw.pieces.as_slice() {
            [Piece::Unquoted(text)] if text == "null" => Ok(Some(Value::Null)),
            [piece] => self.piece(piece, raw.line),
            pieces => self.side_by_side(pieces, raw.line),
        };
        self.depth -= 1;
        Ok(value?.map(|value| Node { line: raw.line, value }))
    }

    fn piece(&mut self, piece: &Piece, line: u32) -> Result<Option<Value>, Fault> {
        Ok(Some(match piece {
            Piece::Unquoted(text) | Piece::Quoted(text) | Piece::Space(text) => {
                self.spend(text.len(), line)?;
                Value::Text(text.clone())
            }
            Piece::Object(object) => Value::Object(self.object(object)?),
            Piece::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    list.extend(self.value(item)?);
                }
                Value::List(list)
            }
            Piece::Substitution(substitution) => return self.substitution(substitution, line),
        }))
    }

    /// Texts make one text, objects one object.
    fn side_by_side(&mut self, pieces: &[Piece], line: u32) -> Result<Option<Value>, Fault> {
        let mut current: Option<Value> = None;
        let mut space = None;
        for piece in pieces {
            if let Piece::Space(text) = piece {
                space = Some(text);
                continue;
            }
            let Some(next) = self.piece(piece, line)? else { continue };
            current = Some(match (current, next) {
                (None, next) => next,
                (Some(Value::Text(mut text)), Value::Text(next)) => {
                    let space = space.map_or("", String::as_str);
                    self.spend(space.len(), line)?;
                    text.push_str(space);
                    text.push_str(&next);
                    Value::Text(text)
                }
                (Some(Value::Object(before)), Value::Object(next)) => Value::Object(merged(before, next)),
                _ => return Err(Fault::new(line, "only texts or only objects can stand side by side")),
            });
            space = None;
        }
        Ok(current)
    }

    fn substitution(&mut self, substitution: &Substitution, line: u32) -> Result<Option<Value>, Fault> {
        let Substitution { path, optional } = substitution;
        self.referred.extend(path.first().cloned());
        if let Some(node) = self.lookup(self.root, path, line)? {
            return Ok(Some(node.value));
        }
        let name = path.join(".");
        match (self.environment)(&name) {
            Some(text) => {
                self.spend(text.len(), line)?;
                Ok(Some(Value::Text(text)))
            }
            None if *optional => Ok(None),
            None => Err(Fault::new(
                line,
                format!("${{{name}}} is neither in the file nor in the environment; ${{?{name}}} may be missing"),
            )),
        }
    }

    /// What stands at a path, reading no more of the file than leads there.
    fn lookup(&mut self, object: &RawObject, path: &[String], line: u32) -> Result<Option<Node>, Fault> {
        let Some((key, rest)) = path.split_first() else { return Ok(None) };
        let Some(given) = object.get(key) else { return Ok(None) };
        if rest.is_empty() {
            return self.last_given(given);
        }
        let mut current = None;
        for raw in given {
            self.spend(1, line)?;
            let found = match raw.as_object() {
                Some(inner) => self.lookup(inner, rest, line)?,
                None => match self.value(raw)? {
                    None => continue,
                    Some(Node { value: Value::Object(members), .. }) => descend(members, rest),
                    Some(_) => {
                        current = None;
                        continue;
                    }
                },
            };
            if let Some(node) = found {
                current = Some(over(current, node));
            }
        }
        Ok(current)
    }

    fn spend(&mut self, cost: usize, line: u32) -> Result<(), Fault> {
        let left = self.left.checked_sub(cost);
        self.left = left.ok_or_else(|| Fault::new(line, "substitutions make too much of the file"))?;
        Ok(())
    }
}

fn descend(mut members: Members, path: &[String]) -> Option<Node> {
    let (last, above) = path.split_last()?;
    for key in above {
        match members.remove(key)?.value {
            Value::Object(inner) => members = inner,
            _ => return None,
        }
    }
    members.remove(last)
}

/// A later value: it hides the one before, unless both are objects.
fn over(before: Option<Node>, node: Node) -> Node {
    match (before, node) {
        (Some(Node { line, value: Value::Object(before) }), Node { value: Value::Object(next), .. }) => {
            Node { line, value: Value::Object(merged(before, next)) }
        }
        (_, node) => node,
    }
}

fn merged(mut before: Members, next: Members) -> BTreeMap<String, Node> {
    for (key, node) in next {
        let node = over(before.remove(&key), node);
        before.insert(key, node);
    }
    before
}
