//! What keeps the protocol safe, one by one. Each can be switched off; the checker then finds what
//! it is for.

/// The guards, each with its step in the protocol and the scope in which its absence shows.
macro_rules! guards {
    ($($guard:ident $step:literal $scope:literal $meaning:literal)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Guard {
            $(#[doc = $meaning] $guard,)*
        }

        impl Guard {
            pub(crate) const ALL: &[Self] = &[$(Self::$guard,)*];

            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$guard => stringify!($guard),)* }
            }

            /// The number of its step (`steps.rs`).
            pub(crate) const fn step(self) -> u8 {
                match self { $(Self::$guard => $step,)* }
            }

            /// The small scope that shows what it is for.
            pub(crate) const fn scope(self) -> &'static str {
                match self { $(Self::$guard => $scope,)* }
            }

            pub(crate) const fn meaning(self) -> &'static str {
                match self { $(Self::$guard => $meaning,)* }
            }
        }
    };
}

guards! {
    OneIntent 1 "edit-end" "publication, edits and the end are intents, recorded one at a time"
    AdoptIntent 1 "edit" "an intent whose process died is finished by another"
    OpenIgnoresRepeat 1 "publish" "a repeated OpenSale leaves an existing row alone"
    EditBumps 1 "edit" "an edit bumps the epoch like every fence"
    EditVersion 1 "edit" "an edit's fence applies only where the terms' version is below its own"
    EditRefusesSold 1 "lower" "units below the highest live unit number are refused"
    EditJudgedInFence 1 "lower" "whether an edit is refused is judged inside the fence"
    RefusedEditUsesVersion 1 "refused-edit" "an edit that is refused uses up its version too"
    RaiseFirst 1 "scarce" "a raise takes its stock before it fences"
    LowerInFence 1 "lower" "the stock that a lowering gives back is in the fence's outbox"
    MoveKeyed 1 "edit" "the product answers a repeated stock move as it did the first time"
    RefusalRemembered 1 "scarce" "the product remembers refusals of stock moves as well"
    OneScript 2 "crash" "slots, units and the unsent entry are written in one script"
    KeyRepeats 2 "keys" "a request key that has an order is answered with that order"
    TornPauses 2 "torn" "nothing is sold from a sale that has lost a key"
    AwaitConfirm 3 "crash" "202 is sent and the entry removed only after the broker's confirm"
    RepeatPublishes 3 "crash" "a repeat of an order in unsent publishes it before it answers 202"
    EntryByOrder 3 "crash" "exactly the confirmed orders' entries are removed"
    Relay 4 "crash" "entries that nobody publishes are published by any replica"
    LandEpoch 5 "wipe" "a reservation of a lower epoch than the sale's is refused"
    LandLock 5 "wipe" "landing reads the epoch under the lock of its own transaction"
    RefusalIsRow 5 "stall" "who is refused gets a row, so that no late copy can land"
    RowsAreKept 5 "redelivery" "rows of closed orders are kept, and found by late copies"
    WholeOrder 5 "pairs-regress" "one unit that is taken refuses the whole order"
    UnitKey 5 "regress" "a unit is live once: PRIMARY KEY (activity, unit)"
    SlotKey 5 "regress" "a slot is live once: UNIQUE (activity, user, slot)"
    RequestKey 5 "keys" "a request key is live once: UNIQUE (activity, user, key, i)"
    Suspect 5 "regress-busy" "a duplicate at landing makes the epoch suspect"
    AckAfterCommit 5 "crash" "a message is acknowledged after the commit"
    CloseLock 6 "false-alarm" "closing reads the epoch under the lock of its own transaction"
    CloseSwap 6 "money" "only a closing order is closed"
    ReleaseEpoch 6 "false-alarm" "a release carries the epoch that the closing transaction read"
    ReturnAfterEnd 6 "end" "an order that closes after the end gives its units to the product"
    ReturnKeyed 6 "end" "the product counts an order's stock return once"
    CancelReleases 7 "crash" "a cancellation before the landing releases what was reserved"
    CancelEpoch 7 "end" "only a reservation of this epoch of an open sale is cancelled before it lands"
    ReleaseEnded 8 "end" "a release is done when its sale has ended"
    ReleaseWaits 8 "wipe" "a release waits while Redis is absent or behind its epoch"
    ReleaseKeyed 8 "redelivery" "a release acts only on slots that hold its order"
    ReleaseAllSlots 8 "pairs" "a release clears every slot of its order"
    PaySwap 9 "money" "only a pending or closing order is paid; else the money goes back"
    PaymentKey 9 "money" "the same payment again changes nothing"
    TicketEpochFirst 10 "ticket" "a ticket's query reads the epoch before the row"
    DetectAbsent 11 "wipe" "a sale that is not in Redis is rebuilt"
    DetectEpoch 11 "regress-busy" "a sale at another epoch than order's is rebuilt"
    DetectServer 11 "rollback" "a sale on another server than it was installed on is rebuilt"
    DetectAbandoned 11 "false-alarm" "a paused sale whose rebuilder died is rebuilt"
    DetectTorn 11 "torn" "a sale that has lost a key is rebuilt"
    Audit 11 "regress" "when it is quiet, both sides are compared"
    HandOffAgain 11 "lost-entry" "a reservation that never arrives is handed off again"
    FenceSwap 12 "rebuilders" "the bump is a compare-and-set; who loses it starts again"
    SnapshotInFence 12 "wipe" "live units are read in the transaction that bumps"
    InstallOverLower 12 "late-install" "an epoch is installed only over an absent or lower one"
    InstallOnce 12 "rebuilders" "who does not hear of its install fences anew and never installs again"
    FenceOpen 12 "end" "a fence refuses a sale that has ended"
    EndBumps 14 "end" "the end bumps the epoch"
    EndCountsInFence 14 "end" "the end counts the live units inside its fence"
    EndInFence 14 "edit-end" "the stock that the end gives back is in its fence's outbox"
    EndKeyed 14 "end" "the product counts the end's stock return once"
    EndedKeysGo 14 "end" "keys of an ended sale are removed whenever they are seen"
}

impl Guard {
    pub(crate) fn named(name: &str) -> Option<Self> {
        let same = |guard: &&Self| guard.name().eq_ignore_ascii_case(name);
        Self::ALL.iter().find(same).copied()
    }
}

/// Those that are on.
#[derive(Clone, Copy)]
pub(crate) struct Guards(u64);

impl Guards {
    pub(crate) const fn all() -> Self {
        assert!(Guard::ALL.len() <= 64, "one bit each");
        Self(u64::MAX)
    }

    #[must_use]
    pub(crate) fn without(self, guards: &[Guard]) -> Self {
        let off = guards
            .iter()
            .fold(0, |bits, guard| bits | 1 << *guard as u8);
        Self(self.0 & !off)
    }

    pub(crate) const fn on(self, guard: Guard) -> bool {
        self.0 & (1 << guard as u8) != 0
    }
}
