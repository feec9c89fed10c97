//! Many hands move money at once, repeat what they asked, and are held against a model that knows
//! only which requests were answered with yes.

use std::collections::{BTreeMap, HashMap};

use fault::Reason;
use futures_util::{StreamExt, stream};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tonic::Status;

use crate::{purse::Purses, support::reason};

const USERS: std::ops::RangeInclusive<i64> = 1..=6;
const GIFT_FEN: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Ask {
    Transfer { from: i64, to: i64, fen: i64 },
    Hold { user: i64, fen: i64, key: String },
    Capture { user: i64, fen: i64, key: String },
    Release { user: i64, key: String },
    Adjust { user: i64, fen: i64 },
}

/// What users have when every movement that was answered with yes was made once.
#[derive(Debug, Default)]
struct Model {
    available: BTreeMap<i64, i64>,
    charged: i64,
    held: HashMap<(i64, String), i64>,
}

impl Model {
    fn add(&mut self, user: i64, fen: i64) {
        *self.available.entry(user).or_default() += fen;
    }

    /// Captures and releases are applied after the holds, whose outcome they depend on.
    fn apply(&mut self, ask: &Ask) {
        match ask {
            Ask::Transfer { from, to, fen } => {
                self.add(*from, -fen);
                self.add(*to, *fen);
            }
            Ask::Adjust { user, fen } => self.add(*user, *fen),
            Ask::Hold { user, fen, key } => {
                self.add(*user, -fen);
                self.held.insert((*user, key.clone()), *fen);
            }
            Ask::Capture { user, fen, key } => {
                let held = self.held.remove(&(*user, key.clone())).unwrap_or(0);
                self.add(*user, held - fen);
                self.charged += fen;
            }
            Ask::Release { user, key } => {
                let held = self.held.remove(&(*user, key.clone())).unwrap();
                self.add(*user, held);
            }
        }
    }
}

fn first_wave(rng: &mut StdRng) -> (String, Ask) {
    let user = rng.random_range(USERS);
    let fen = rng.random_range(1..400);
    let n = rng.random_range(0..60);
    match rng.random_range(0..10) {
        0..=5 => {
            // The key decides what is asked, so that repeats are repeats.
            let mut rng = StdRng::seed_from_u64(n);
            let from = rng.random_range(USERS);
            let to = from % *USERS.end() + 1;
            let fen = rng.random_range(1..400);
            (format!("t{n}"), Ask::Transfer { from, to, fen })
        }
        6 => {
            let fen = if n % 2 == 0 { 50 } else { -50 };
            let user = i64::try_from(n).unwrap() % *USERS.end() + 1;
            (format!("a{n}"), Ask::Adjust { user, fen })
        }
        _ => {
            let key = format!("h{user}-{n}");
            let fen = fen.min(100 + i64::try_from(n).unwrap());
            (key.clone(), Ask::Hold { user, fen, key })
        }
    }
}

async fn ask(purses: &Purses, key: &str, ask: &Ask) -> Result<Option<i64>, Status> {
    match ask {
        Ask::Transfer { from, to, fen } => {
            purses.transfer(*from, *to, *fen, key).await.map(|_| None)
        }
        Ask::Adjust { user, fen } => purses.adjust(*user, *fen, key).await.map(|_| None),
        Ask::Hold { user, fen, key } => {
            let hold = purses.hold(*user, *fen, key).await;
            hold.map(|hold| Some(hold.amount_fen))
        }
        Ask::Capture { user, fen, key } => {
            let hold = purses.capture(*user, *fen, key).await;
            hold.map(|hold| Some(hold.captured_fen))
        }
        Ask::Release { user, key } => purses.release(*user, key).await.map(|_| None),
    }
}

/// Until the answer is definite: what is not known is asked again under its key.
async fn insist(purses: &Purses, key: &str, what: &Ask) -> Option<i64> {
    for _ in 0..100 {
        match ask(purses, key, what).await {
            Ok(answer) => return Some(answer.unwrap_or(0)),
            Err(refused) => match reason(&refused) {
                Reason::BalanceTooLittle | Reason::HoldSettled | Reason::HoldNotFound => {
                    return None;
                }
                _ => tokio::task::yield_now().await,
            },
        }
    }
    panic!("{what:?} never has a definite answer");
}

/// Moves money in two waves; the books and the model must agree at the end.
pub(crate) async fn storm(hands: &[Purses], seed: u64) {
    for user in USERS {
        let key = format!("start{user}");
        let gift = Ask::Adjust {
            user,
            fen: GIFT_FEN,
        };
        insist(&hands[0], &key, &gift).await.unwrap();
    }
    let mut model = Model::default();
    USERS.for_each(|user| model.add(user, GIFT_FEN));
    let mut rng = StdRng::seed_from_u64(seed);
    let asks: Vec<_> = (0..240).map(|_| first_wave(&mut rng)).collect();
    let made = all(hands, asks).await;
    let mut settle = Vec::new();
    for ((key, what), answer) in made {
        // Of two holds under one key the first amount is kept.
        let what = match what {
            Ask::Hold { user, key, .. } => {
                let ends = [
                    Ask::Capture {
                        user,
                        fen: answer / 2 + 1,
                        key: key.clone(),
                    },
                    Ask::Release {
                        user,
                        key: key.clone(),
                    },
                ];
                let ends = &ends[..rng.random_range(0..=2)];
                settle.extend(ends.iter().map(|end| (key.clone(), end.clone())));
                Ask::Hold {
                    user,
                    fen: answer,
                    key,
                }
            }
            other => other,
        };
        let _ = key;
        model.apply(&what);
    }
    settle.extend(settle.clone());
    for ((_, what), _) in all(hands, settle).await {
        model.apply(&what);
    }
    let mut held = 0;
    for user in USERS {
        let purse = hands[0].balance(user).await;
        assert!(purse.available_fen >= 0 && purse.held_fen >= 0);
        assert_eq!(purse.available_fen, model.available[&user], "user {user}");
        held += purse.held_fen;
    }
    assert_eq!(held, model.held.values().sum::<i64>());
    hands[0].are_exact().await;
}

/// Which of these were made, each once, with what was answered.
async fn all(hands: &[Purses], asks: Vec<(String, Ask)>) -> HashMap<(String, Ask), i64> {
    let answered: Vec<_> = stream::iter(asks.into_iter().enumerate())
        .map(|(at, (key, what))| async move {
            let answer = insist(&hands[at % hands.len()], &key, &what).await;
            answer.map(|answer| ((key, what), answer))
        })
        .buffer_unordered(24)
        .collect()
        .await;
    let mut made = HashMap::new();
    let mut holds = HashMap::new();
    for ((key, what), answer) in answered.into_iter().flatten() {
        if let Ask::Hold { user, .. } = &what {
            let first = *holds.entry((*user, key.clone())).or_insert(answer);
            assert_eq!(first, answer, "one hold, two amounts");
            let user = *user;
            let hold = Ask::Hold {
                user,
                fen: answer,
                key: key.clone(),
            };
            made.insert((key, hold), answer);
        } else {
            made.insert((key, what), answer);
        }
    }
    made
}
