//! `aws-chunked`: a body in chunks inside HTTP's own framing, each with its signature, and headers behind the last.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>

use bongsu_aws_api::sigv4::s3::ChunkSignatures;
use bytes::{Buf, Bytes};
use sha2::{Digest, Sha256};

/// Longest line before a chunk, in bytes: a size and a signature.
const CHUNK_LINE_BYTES_MAX: usize = 256;
/// Bytes of the headers behind the last chunk.
const TRAILER_BYTES_MAX: usize = 8 * 1024;

const SIGNATURE: &str = "chunk-signature=";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// Why chunks cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkFault {
    /// They are not what chunks look like.
    Malformed,
    /// The last is missing.
    Incomplete,
    /// One is not signed with what it says.
    WrongSignature,
}

/// The headers behind the last chunk: lower-case names, trimmed values.
pub(crate) type Trailer = Vec<(String, String)>;

/// Takes the chunks apart as they arrive.
pub(crate) struct ChunkDecoder {
    state: State,
    /// What has arrived of a line.
    line: Vec<u8>,
    signing: Option<Signing>,
    has_trailer: bool,
    trailer: Trailer,
    trailer_bytes: usize,
}

struct Signing {
    signatures: Box<ChunkSignatures>,
    /// Of the chunk so far.
    digest: Sha256,
    /// What its line said.
    claimed: String,
    /// The trailer as it is signed.
    trailer: Vec<u8>,
    trailer_is_signed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the line before a chunk.
    Size,
    /// In a chunk: so many bytes are to come.
    Data(u64),
    /// In the line feed behind a chunk.
    DataEnd,
    /// In a line behind the last chunk.
    Trailer,
    Done,
}

impl ChunkDecoder {
    pub(crate) fn new(signatures: Option<Box<ChunkSignatures>>, has_trailer: bool) -> ChunkDecoder {
        let signing = signatures.map(|signatures| Signing {
            signatures,
            digest: Sha256::new(),
            claimed: String::new(),
            trailer: Vec::new(),
            trailer_is_signed: false,
        });
        let (line, trailer) = (Vec::new(), Trailer::new());
        ChunkDecoder { state: State::Size, line, signing, has_trailer, trailer, trailer_bytes: 0 }
    }

    /// The next data in what arrived, which is taken off it; `None` when there is no more in it.
    pub(crate) fn next(&mut self, arrived: &mut Bytes) -> Result<Option<Bytes>, ChunkFault> {
        while !arrived.is_empty() {
            if let State::Data(left) = self.state {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(arrived.len());
                let data = arrived.split_to(here);
                self.take_data(left - here as u64, &data)?;
                return Ok(Some(data));
            }
            if let Some(line) = self.take_line(arrived)? {
                self.take(&line)?;
            }
        }
        Ok(None)
    }

    /// What came behind the last chunk, once everything has arrived.
    pub(crate) fn finish(self) -> Result<Trailer, ChunkFault> {
        // Some senders leave out the empty line at the very end.
        let is_whole = match self.state {
            State::Done => true,
            State::Trailer => self.line.is_empty() && (!self.has_trailer || !self.trailer.is_empty()),
            _ => false,
        };
        if !is_whole {
            return Err(ChunkFault::Incomplete);
        }
        if self.has_trailer && self.signing.is_some_and(|signing| !signing.trailer_is_signed) {
            return Err(ChunkFault::WrongSignature);
        }
        Ok(self.trailer)
    }

    fn take_data(&mut self, left: u64, data: &Bytes) -> Result<(), ChunkFault> {
        if let Some(signing) = &mut self.signing {
            signing.digest.update(data);
        }
        self.state = State::Data(left);
        if left == 0 {
            self.state = State::DataEnd;
            return self.check_chunk();
        }
        Ok(())
    }

    /// The line that ends in what arrived, without its end.
    fn take_line(&mut self, arrived: &mut Bytes) -> Result<Option<String>, ChunkFault> {
        let limit = if self.state == State::Trailer { TRAILER_BYTES_MAX } else { CHUNK_LINE_BYTES_MAX };
        let end = arrived.iter().position(|byte| *byte == b'\n');
        let here = end.map_or(arrived.len(), |end| end + 1);
        if self.line.len() + here > limit {
            return Err(ChunkFault::Malformed);
        }
        self.line.extend_from_slice(&arrived[..here]);
        arrived.advance(here);
        if end.is_none() {
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\r\n").ok_or(ChunkFault::Malformed)?;
        let line = String::from_utf8(line.to_vec()).map_err(|_| ChunkFault::Malformed)?;
        self.line.clear();
        Ok(Some(line))
    }

    fn take(&mut self, line: &str) -> Result<(), ChunkFault> {
        match self.state {
            State::Size => self.take_size(line),
            State::DataEnd if line.is_empty() => {
                self.state = State::Size;
                Ok(())
            }
            State::Trailer if line.is_empty() => {
                self.state = State::Done;
                Ok(())
            }
            State::Trailer if self.has_trailer => self.take_trailer(line),
            State::DataEnd | State::Trailer | State::Data(_) | State::Done => Err(ChunkFault::Malformed),
        }
    }

    fn take_size(&mut self, line: &str) -> Result<(), ChunkFault> {
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let is_number = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = u64::from_str_radix(size, 16).ok().filter(|_| is_number).ok_or(ChunkFault::Malformed)?;
        if let Some(signing) = &mut self.signing {
            let claimed = extension.strip_prefix(SIGNATURE).ok_or(ChunkFault::WrongSignature)?;
            claimed.clone_into(&mut signing.claimed);
        }
        if size > 0 {
            self.state = State::Data(size);
            return Ok(());
        }
        self.state = State::Trailer;
        self.check_chunk()
    }

    fn check_chunk(&mut self) -> Result<(), ChunkFault> {
        let Some(signing) = &mut self.signing else { return Ok(()) };
        let digest = signing.digest.finalize_reset().into();
        let is_right = signing.signatures.admit_chunk(&digest, &signing.claimed);
        if is_right { Ok(()) } else { Err(ChunkFault::WrongSignature) }
    }

    fn take_trailer(&mut self, line: &str) -> Result<(), ChunkFault> {
        self.trailer_bytes += line.len();
        if self.trailer_bytes > TRAILER_BYTES_MAX {
            return Err(ChunkFault::Malformed);
        }
        let (name, value) = line.split_once(':').ok_or(ChunkFault::Malformed)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        match &mut self.signing {
            Some(signing) if name == TRAILER_SIGNATURE => {
                if !signing.signatures.admit_trailer(&signing.trailer, &value) {
                    return Err(ChunkFault::WrongSignature);
                }
                signing.trailer_is_signed = true;
                return Ok(());
            }
            // Behind its own signature a header is nobody's.
            Some(signing) if signing.trailer_is_signed => return Err(ChunkFault::WrongSignature),
            Some(signing) => signing.trailer.extend_from_slice(format!("{name}:{value}\n").as_bytes()),
            None if name == TRAILER_SIGNATURE => return Ok(()),
            None => {}
        }
        self.trailer.push((name, value));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds a body in pieces of this size.
    fn decode_by(body: &str, bytes: usize, has_trailer: bool) -> Result<(String, Trailer), ChunkFault> {
        let mut decoder = ChunkDecoder::new(None, has_trailer);
        let mut data = Vec::new();
        for piece in body.as_bytes().chunks(bytes) {
            let mut arrived = Bytes::copy_from_slice(piece);
            while let Some(more) = decoder.next(&mut arrived)? {
                data.extend_from_slice(&more);
            }
        }
        Ok((String::from_utf8(data).unwrap(), decoder.finish()?))
    }

    /// In one piece, and byte by byte: the same.
    fn decode(body: &str, has_trailer: bool) -> Result<(String, Trailer), ChunkFault> {
        let whole = decode_by(body, body.len().max(1), has_trailer);
        assert_eq!(decode_by(body, 1, has_trailer), whole);
        whole
    }

    #[test]
    fn chunks_are_joined_and_the_trailer_is_read() {
        let body = "3\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Amz-Checksum-CRC32: AAAAAA==\r\n\r\n";
        let trailer = vec![("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())];
        assert_eq!(decode(body, true), Ok(("abc0123456789".to_owned(), trailer)));
        assert_eq!(decode("0\r\n\r\n", true), Ok((String::new(), vec![])));
        // Nobody checks signatures in development.
        assert_eq!(
            decode("1;chunk-signature=00\r\na\r\n0;chunk-signature=00\r\n\r\n", false),
            Ok(("a".to_owned(), vec![]))
        );
    }

    #[test]
    fn the_empty_line_at_the_end_may_be_missing() {
        assert_eq!(decode("1\r\na\r\n0\r\n", false), Ok(("a".to_owned(), vec![])));
        assert!(decode("1\r\na\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n", true).is_ok());
        assert_eq!(decode("1\r\na\r\n0\r\n", true), Err(ChunkFault::Incomplete));
    }

    #[test]
    fn what_breaks_off_is_incomplete() {
        let body = "3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n";
        for end in 0..body.len() {
            assert_eq!(decode(&body[..end], true), Err(ChunkFault::Incomplete), "{end}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        let long = format!("{}1\r\na\r\n0\r\n\r\n", "0".repeat(CHUNK_LINE_BYTES_MAX));
        for body in [
            "abc\n",
            "x\r\n",
            "\r\n",
            "-1\r\n",
            "+1\r\na\r\n0\r\n\r\n",
            "1\r\nab\r\n0\r\n\r\n",
            "11111111111111111\r\n",
            "0\r\nno header\r\n\r\n",
            "0\r\na:b\r\n\r\nmore\r\n",
            &long,
        ] {
            assert_eq!(decode(body, true), Err(ChunkFault::Malformed), "{body:?}");
        }
        assert_eq!(decode("0\r\na:b\r\n\r\n", false), Err(ChunkFault::Malformed));
    }
}
