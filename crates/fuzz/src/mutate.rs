use rand::{Rng, SeedableRng, rngs::StdRng};

/// Bytes that parsers treat in their own way.
const TELLING: &[u8] = b"\0\n\r\t \"'.,:;-+=_%&?/\\@#{}[]()<>0129azAZ\x7f\x80\xc3\xff";
/// What decides between two branches more often than a byte does.
const WORDS: [&str; 16] = [
    "null",
    "true",
    "-1",
    "0",
    "9223372036854775807",
    "1e999",
    "\u{feff}",
    "\u{202e}",
    "\u{ff1d}",
    "eyJ",
    "==",
    "..",
    "-----BEGIN",
    "__",
    "[[",
    "\u{0}",
];
/// Changes of one input, at most.
const CHANGES_MAX: u32 = 6;

/// Makes inputs of seeds, the same ones for the same number.
pub(crate) struct Mutator(StdRng);

impl Mutator {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(crate) fn next(&mut self, seeds: &[Vec<u8>], bytes_max: usize) -> Vec<u8> {
        let mut input = self.pick(seeds).unwrap_or_default();
        for _ in 0..self.0.random_range(1..=CHANGES_MAX) {
            self.change(&mut input, seeds);
        }
        input.truncate(bytes_max);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.0.random_range(0..=input.len());
        let to = self.0.random_range(at..=input.len());
        match self.0.random_range(0..8) {
            0 => flip(input, at, self.0.random_range(0..8)),
            1 => set(input, at, self.0.random()),
            2 => set(input, at, TELLING[self.0.random_range(0..TELLING.len())]),
            3 => insert(input, at, &[TELLING[self.0.random_range(0..TELLING.len())]]),
            4 => insert(
                input,
                at,
                WORDS[self.0.random_range(0..WORDS.len())].as_bytes(),
            ),
            5 => drop(input.drain(at..to)),
            6 => {
                let part = input[at..to].to_vec();
                insert(input, at, &part);
            }
            _ => {
                let other = self.pick(seeds).unwrap_or_default();
                input.truncate(at);
                input.extend(other.iter().skip(at));
            }
        }
    }

    fn pick(&mut self, seeds: &[Vec<u8>]) -> Option<Vec<u8>> {
        let last = seeds.len().checked_sub(1)?;
        seeds.get(self.0.random_range(0..=last)).cloned()
    }
}

fn flip(input: &mut [u8], at: usize, bit: u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

fn set(input: &mut [u8], at: usize, to: u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = to;
    }
}

fn insert(input: &mut Vec<u8>, at: usize, part: &[u8]) {
    input.splice(at..at, part.iter().copied());
}
