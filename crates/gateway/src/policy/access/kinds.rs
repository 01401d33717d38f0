//! A set of kinds of proof.

use std::fmt;

use naru_model::policy::Proof;

const EACH: [(Proof, &str); 3] =
    [(Proof::ApiKey, "an API key"), (Proof::Jwt, "a token"), (Proof::Mtls, "a client certificate")];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const ALL: Kinds = Kinds(0b111);

    pub(super) fn of(proofs: &[Proof]) -> Kinds {
        Kinds(proofs.iter().fold(0, |bits, proof| bits | 1 << *proof as u8))
    }

    pub(super) fn has(self, proof: Proof) -> bool {
        self.0 & 1 << proof as u8 != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Proof> {
        EACH.iter().map(|(proof, _)| *proof).filter(move |proof| self.has(*proof))
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> =
            EACH.iter().filter(|(proof, _)| self.has(*proof)).map(|(_, words)| *words).collect();
        f.write_str(&words.join(" or "))
    }
}
