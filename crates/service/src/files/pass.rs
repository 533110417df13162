//! What opens files where no header can be sent: a picture in a page, a link. Whoever has it sees
//! for a while what its owner may see, and files alone.
//!
//! Invariant: nobody makes one without the service's key. It names its owner and its end; whether the
//! owner may see a file is asked anew with each file.

use crate::account::Viewer;
use bellhop_model::{AgentId, Timestamp, VisitorId};
use bellhop_sealed::SealKey;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use zeroize::Zeroizing;

/// Bytes kept of the code that proves it.
const PROOF: usize = 16;

/// Makes passes and reads them.
pub(super) struct Passes(Zeroizing<[u8; 32]>);

impl fmt::Debug for Passes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passes(…)")
    }
}

impl Passes {
    pub(super) fn new(key: &SealKey) -> Self {
        Self(key.derived(b"", b"bellhop passes for files 1"))
    }

    /// A pass that is good until `expires_at`.
    pub(super) fn issue(&self, viewer: &Viewer, expires_at: Timestamp) -> String {
        let said = match viewer {
            Viewer::Visitor(visitor) => format!("v{visitor}.{}", expires_at.0),
            Viewer::Agent(agent) => format!("a{agent}.{}", expires_at.0),
        };
        let proof = self.proof(&said).finalize().into_bytes();
        format!("{said}.{}", hex::encode(&proof[..PROOF]))
    }

    /// Whose it is, while it is good.
    pub(super) fn read(&self, pass: &str, now: Timestamp) -> Option<Viewer> {
        let (said, proof) = pass.rsplit_once('.')?;
        let mut bytes = [0; PROOF];
        hex::decode_to_slice(proof, &mut bytes).ok()?;
        self.proof(said).verify_truncated_left(&bytes).ok()?;
        let (whose, expires_at) = said.split_once('.')?;
        if expires_at.parse::<i64>().ok()? <= now.0 {
            return None;
        }
        match whose.split_at_checked(1)? {
            ("v", visitor) => Some(Viewer::Visitor(VisitorId(visitor.to_owned()))),
            ("a", agent) => Some(Viewer::Agent(AgentId(agent.parse().ok()?))),
            _ => None,
        }
    }

    fn proof(&self, said: &str) -> Hmac<Sha256> {
        let proof = Hmac::<Sha256>::new_from_slice(&*self.0);
        let mut proof = proof.expect("a key of any length will do");
        proof.update(said.as_bytes());
        proof
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(key: u8) -> Passes {
        Passes::new(&SealKey::new([key; 32]))
    }

    #[test]
    fn a_pass_is_its_owners_until_it_ends_and_nobody_else_makes_one() {
        let passes = passes(3);
        let until = Timestamp(5000);
        for viewer in [
            Viewer::Visitor(VisitorId("a3f1c2d4e5b697880716253a".to_owned())),
            Viewer::Agent(AgentId(7)),
        ] {
            let pass = passes.issue(&viewer, until);
            assert_eq!(passes.read(&pass, Timestamp(4999)), Some(viewer.clone()));
            assert_eq!(passes.read(&pass, until), None, "it has ended");
            assert_eq!(super::tests::passes(4).read(&pass, Timestamp(0)), None, "another's key");
            let later = pass.replace("5000", "6000");
            assert_eq!(passes.read(&later, Timestamp(0)), None);
        }
        let agent = passes.issue(&Viewer::Agent(AgentId(7)), until);
        assert_eq!(passes.read(&agent.replace("a7.", "a8."), Timestamp(0)), None);
        for nonsense in ["", ".", "a7", "a7.5000", "a7.5000.00", "v.5000.zz", "💡.1.2"] {
            assert_eq!(passes.read(nonsense, Timestamp(0)), None, "{nonsense}");
        }
        assert!(!format!("{passes:?}").contains('3'));
    }
}
