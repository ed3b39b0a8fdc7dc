//! Providers whose every request carries a signature: the part that they share.

use super::{
    Answer, Judged, Provider, Refusal, Secret, Unverified, Verified,
    names::{Namer, Names},
    scheme::Scheme,
};
use crate::BodyKind;

/// A look at what was verified, with the key that signed it and the time in milliseconds: a handshake is answered, what
/// is no event is refused, an event's names may be changed.
pub(super) type Look = Box<dyn Fn(&mut Verified<'_>, &Secret, u64) -> Result<Option<Answer>, Refusal> + Send + Sync>;

/// Believes what is signed.
pub(super) struct Signed {
    /// One of them has to hold.
    schemes: Vec<Scheme>,
    namer: Namer,
    body: BodyKind,
    look: Look,
}

impl Signed {
    pub(super) fn new(schemes: Vec<Scheme>, names: &'static Names, body: BodyKind) -> Self {
        Self { schemes, namer: Namer::new(names), body, look: Box::new(|_, _, _| Ok(None)) }
    }

    pub(super) fn with_look(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Of several schemes that do not hold, the one is told that the sender came nearest to.
    fn verify(&self, request: &Unverified<'_>, now_ms: u64) -> Result<&Secret, Refusal> {
        let mut nearest = None;
        for scheme in &self.schemes {
            match scheme.verify(request, now_ms) {
                Ok(key) => return Ok(key),
                Err(refusal) if nearest.as_ref().is_none_or(|nearest| is_nearer(&refusal, nearest)) => {
                    nearest = Some(refusal);
                }
                Err(_) => {}
            }
        }
        Err(nearest.unwrap_or(Refusal::SignatureWrong))
    }
}

/// Whether a request got further before this refusal than before the other.
fn is_nearer(refusal: &Refusal, other: &Refusal) -> bool {
    let steps = |refusal: &Refusal| match refusal {
        Refusal::HeaderMissing(_) => 0,
        Refusal::HeaderMalformed(_) => 1,
        _ => 2,
    };
    steps(refusal) > steps(other)
}

impl Provider for Signed {
    fn judge<'a>(&self, request: Unverified<'a>, now_ms: u64) -> Result<Judged<'a>, Refusal> {
        let key = self.verify(&request, now_ms)?;
        let mut event = request.verified();
        self.namer.name(&mut event);
        match (self.look)(&mut event, key, now_ms)? {
            Some(answer) => Ok(Judged::Answer(answer)),
            None => Ok(Judged::Event(event)),
        }
    }

    fn gives_group(&self) -> bool {
        self.namer.gives_group()
    }

    fn body(&self) -> BodyKind {
        self.body
    }
}
