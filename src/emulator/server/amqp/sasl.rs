//! How a device says who it is before its AMQP connection opens: with a signature, or with the keys of its TPM.

use crate::emulator::base64;
use crate::emulator::request::PeerCertificates;
use crate::emulator::server::Server;
use crate::emulator::server::caller::Caller;
use crate::emulator::server::caller::TpmKeys;
use fe2o3_amqp::acceptor::SaslAcceptor;
use fe2o3_amqp::acceptor::sasl_acceptor::SaslServerFrame;
use fe2o3_amqp_types::primitives::{Array, Binary, Symbol};
use fe2o3_amqp_types::sasl::{SaslChallenge, SaslCode, SaslInit, SaslOutcome, SaslResponse};
use serde_json::Value;
use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;
use tokio::task::block_in_place;

/// A SASL frame holds at most 512 bytes; a challenge leaves room for what is around it.
const SEGMENT_BYTES: usize = 400;

/// The exchange of one connection.
#[derive(Clone)]
pub(super) struct Sasl {
    server: Arc<Server>,
    peer: PeerCertificates,
    proven: Arc<OnceLock<Caller>>,
    step: Step,
}

#[derive(Clone)]
enum Step {
    Begin,
    /// The endorsement key has come; the storage root key is asked for.
    StorageRootKey {
        caller: Caller,
        endorsement_key: Vec<u8>,
    },
    /// The key for the TPM goes out, a segment at a time; after the last one the signature is asked for.
    Challenge {
        caller: Caller,
        segments: VecDeque<Vec<u8>>,
    },
}

impl Sasl {
    pub(super) fn new(server: Arc<Server>, peer: PeerCertificates) -> Self {
        Self { server, peer, proven: Arc::default(), step: Step::Begin }
    }

    /// Where the device will stand when the exchange has ended well.
    pub(super) fn proven(&self) -> Arc<OnceLock<Caller>> {
        Arc::clone(&self.proven)
    }

    fn begin(&mut self, init: &SaslInit) -> Option<SaslServerFrame> {
        let response = init.initial_response.as_ref()?.as_slice();
        match init.mechanism.as_str() {
            "PLAIN" => {
                let [_, name, signature] = parts(response)?;
                let caller = Caller::named(std::str::from_utf8(name).ok()?, Arc::clone(&self.peer))?;
                self.finish(caller, signature)
            }
            "TPM" => {
                let [_, scope, id, endorsement_key] = parts(response)?;
                let named = |text| std::str::from_utf8(text).ok().map(str::to_owned);
                let (scope, id) = (named(scope)?, named(id)?);
                let caller = Caller { scope, id, peer: Arc::clone(&self.peer), ..Caller::default() };
                self.step = Step::StorageRootKey { caller, endorsement_key: endorsement_key.to_vec() };
                Some(challenge(vec![0]))
            }
            _ => None,
        }
    }

    fn go_on(&mut self, response: &[u8]) -> Option<SaslServerFrame> {
        let content = response.strip_prefix(&[0])?;
        match std::mem::replace(&mut self.step, Step::Begin) {
            Step::Begin => None,
            Step::StorageRootKey { mut caller, endorsement_key } => {
                caller.tpm = Some(TpmKeys {
                    endorsement_key: base64::encode(endorsement_key),
                    storage_root_key: base64::encode(content),
                });
                // The exchange has no api-version of its own.
                caller.version = Some(crate::model::DATA_PLANE_API_VERSION.to_owned());
                let server = Arc::clone(&self.server);
                let answer = block_in_place(|| Handle::current().block_on(caller.register(&server, &[])))?;
                caller.version = None;
                let answer: Value = serde_json::from_str(&answer.body).ok()?;
                let segments = segments(&base64::decode(answer["authenticationKey"].as_str()?)?);
                self.step = Step::Challenge { caller, segments };
                self.next_segment()
            }
            Step::Challenge { caller, segments } if segments.is_empty() => self.finish(caller, content),
            waiting => {
                self.step = waiting;
                self.next_segment()
            }
        }
    }

    fn next_segment(&mut self) -> Option<SaslServerFrame> {
        match &mut self.step {
            Step::Challenge { segments, .. } => segments.pop_front().map(challenge),
            _ => None,
        }
    }

    /// The end of the exchange: `signature` is good, or the device stays outside.
    fn finish(&mut self, mut caller: Caller, signature: &[u8]) -> Option<SaslServerFrame> {
        caller.signature = Some(std::str::from_utf8(signature).ok()?.to_owned());
        let server = Arc::clone(&self.server);
        match block_in_place(|| Handle::current().block_on(caller.refused(&server))) {
            None => {
                self.proven.set(caller).ok()?;
                Some(outcome(SaslCode::Ok))
            }
            Some(refused) => {
                server.log.warning(&format!("an AMQP connection was refused: {}", refused.body));
                None
            }
        }
    }
}

impl SaslAcceptor for Sasl {
    fn mechanisms(&self) -> Array<Symbol> {
        Array::from(["PLAIN", "TPM"].map(Symbol::from).to_vec())
    }

    fn on_init(&mut self, init: SaslInit) -> SaslServerFrame {
        self.begin(&init).unwrap_or_else(|| outcome(SaslCode::Auth))
    }

    fn on_response(&mut self, response: SaslResponse) -> SaslServerFrame {
        self.go_on(&response.response).unwrap_or_else(|| outcome(SaslCode::Auth))
    }
}

/// `response` at its zero bytes; what follows the last part may hold more of them.
fn parts<const N: usize>(response: &[u8]) -> Option<[&[u8]; N]> {
    let parts: Vec<&[u8]> = response.splitn(N, |byte| *byte == 0).collect();
    parts.try_into().ok()
}

/// `key` in challenges, each with a byte before it that says which it is, and whether it is the last.
fn segments(key: &[u8]) -> VecDeque<Vec<u8>> {
    let count = key.len().div_ceil(SEGMENT_BYTES);
    let numbered = key.chunks(SEGMENT_BYTES).zip(1..).map(|(segment, number)| {
        let control = if number == count { 0xC0 } else { 0x80 };
        let number = u8::try_from(number - 1).unwrap_or_default();
        [&[control | number], segment].concat()
    });
    numbered.collect()
}

fn challenge(content: Vec<u8>) -> SaslServerFrame {
    SaslServerFrame::Challenge(SaslChallenge { challenge: Binary::from(content) })
}

fn outcome(code: SaslCode) -> SaslServerFrame {
    SaslServerFrame::Outcome(SaslOutcome { code, additional_data: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_out_in_numbered_segments() {
        let key: Vec<u8> = (0..=255).cycle().take(900).collect();
        let segments = segments(&key);
        let control: Vec<u8> = segments.iter().map(|segment| segment[0]).collect();
        assert_eq!(control, [0x80, 0x81, 0xC2]);
        assert_eq!(segments.iter().flat_map(|segment| segment[1..].to_vec()).collect::<Vec<_>>(), key);
        assert_eq!(super::segments(&key[..400]).iter().map(Vec::len).collect::<Vec<_>>(), [401]);
    }

    #[test]
    fn only_the_last_part_may_hold_zeros() {
        assert_eq!(parts::<3>(b"\0name\0a\0b"), Some([b"".as_slice(), b"name", b"a\0b"]));
        assert_eq!(parts::<3>(b"\0name"), None);
    }
}
