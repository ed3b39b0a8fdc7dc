//! Where something stands in a trace: as W3C's `traceparent` and AWS X-Ray's trace header have it.

/// The `Root=` of an X-Ray header: the version, eight digits of time, and the rest of the trace id.
const XRAY_VERSION: &str = "1";

/// A trace, and the span in it that asked for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Not zero.
    pub trace_id: u128,
    /// The span that asked; none if the header does not say.
    pub parent: Option<u64>,
    /// Whether somebody wants to see it.
    pub sampled: bool,
}

impl TraceContext {
    /// Reads a `traceparent`. <https://www.w3.org/TR/trace-context/#traceparent-header>
    pub fn from_traceparent(header: &str) -> Option<TraceContext> {
        let mut parts = header.split('-');
        let [version, trace_id, parent, flags] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
        // Later versions may say more behind it; the first one never does.
        if version == "ff" || (version == "00" && parts.next().is_some()) {
            return None;
        }
        digits(version, 2)?;
        Some(TraceContext {
            trace_id: digits(trace_id, 32).filter(|id| *id != 0)?,
            parent: Some(digits(parent, 16).filter(|id| *id != 0)? as u64),
            sampled: digits(flags, 2)? & 1 == 1,
        })
    }

    /// Reads an X-Ray trace header, such as that of a message. Without a decision it counts as sampled.
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
    pub fn from_xray(header: &str) -> Option<TraceContext> {
        let value = |name: &str| {
            let mut parts = header.split(';').filter_map(|part| part.trim().split_once('='));
            parts.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let (version, id) = value("Root")?.split_once('-')?;
        let (time, rest) = id.split_once('-')?;
        let trace_id = digits(time, 8)? << 96 | digits(rest, 24)?;
        let parent = value("Parent").and_then(|parent| digits(parent, 16)).map(|parent| parent as u64);
        let is_known = version == XRAY_VERSION && trace_id != 0;
        is_known.then_some(TraceContext { trace_id, parent, sampled: value("Sampled") != Some("0") })
    }

    /// The X-Ray trace header that says the same.
    pub fn to_xray(self) -> String {
        let id = format!("{:032x}", self.trace_id);
        let (time, rest) = id.split_at(8);
        let parent = self.parent.map(|parent| format!(";Parent={parent:016x}")).unwrap_or_default();
        format!("Root={XRAY_VERSION}-{time}-{rest}{parent};Sampled={}", u8::from(self.sampled))
    }
}

/// Exactly so many lower-case hexadecimal digits.
fn digits(text: &str, count: usize) -> Option<u128> {
    let are_digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != count || !are_digits {
        return None;
    }
    u128::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const XRAY: &str = "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1";
    const CONTEXT: TraceContext = TraceContext {
        trace_id: 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736,
        parent: Some(0x00f0_67aa_0ba9_02b7),
        sampled: true,
    };

    #[test]
    fn both_headers_say_the_same() {
        assert_eq!(TraceContext::from_traceparent(TRACEPARENT), Some(CONTEXT));
        assert_eq!(TraceContext::from_xray(XRAY), Some(CONTEXT));
        assert_eq!(CONTEXT.to_xray(), XRAY);
        let unsampled = TRACEPARENT.replace("-01", "-00");
        assert_eq!(
            TraceContext::from_traceparent(&unsampled).unwrap().to_xray(),
            XRAY.replace("Sampled=1", "Sampled=0")
        );
        let later = format!("01{}-more", &TRACEPARENT[2..]);
        assert_eq!(TraceContext::from_traceparent(&later), Some(CONTEXT));
    }

    #[test]
    fn what_is_no_traceparent_is_none() {
        for wrong in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e47361-0f067aa0ba902b7-01",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-é",
        ] {
            assert_eq!(TraceContext::from_traceparent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_xray_header_may_say_less_and_more() {
        let own = "Self=1-67891234-12456789abcdef012345678a;Root=1-67891233-abcdef012345678912345678;CalledFrom=app";
        let read = TraceContext::from_xray(own).unwrap();
        assert_eq!((read.trace_id >> 96, read.parent, read.sampled), (0x6789_1233, None, true));
        assert_eq!(read.to_xray(), "Root=1-67891233-abcdef012345678912345678;Sampled=1");
        for wrong in ["", "Root=", "Root=1-2-3", "Root=2-67891233-abcdef012345678912345678", "Parent=00f067aa0ba902b7"]
        {
            assert_eq!(TraceContext::from_xray(wrong), None, "{wrong}");
        }
    }
}
