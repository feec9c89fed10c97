//! The protocol as the checker sees it: where it begins, what can happen, what must hold.

use crate::{
    checker::{Model, Steps},
    guards::{Guard, Guards},
    invariants,
    scopes::{Event, Scope},
    state::{Activity, Intent, Kind, Meta, Move, Product, Redis, Row, Sale, Set, State, Table},
    steps,
};

pub(crate) struct Protocol<'a> {
    pub(crate) scope: &'a Scope,
    guards: Guards,
}

impl<'a> Protocol<'a> {
    pub(crate) fn new(scope: &'a Scope) -> Self {
        let guards = Guards::all().without(scope.without);
        Self { scope, guards }
    }

    #[must_use]
    pub(crate) fn without(self, guard: Guard) -> Self {
        let guards = self.guards.without(&[guard]);
        Self { guards, ..self }
    }

    pub(crate) fn on(&self, guard: Guard) -> bool {
        self.guards.on(guard)
    }
}

/// The state after an event, if it may strike once more.
pub(crate) fn spend(state: &State, event: Event) -> Option<State> {
    let mut next = *state;
    let left = &mut next.budget[event as u8];
    *left = left.checked_sub(1)?;
    Some(next)
}

impl Model for Protocol<'_> {
    type State = State;

    fn initial(&self) -> State {
        let Scope { units, stock, .. } = *self.scope;
        let mut state = empty(units, stock);
        for (event, times) in self.scope.events {
            state.budget[*event as u8] = *times;
        }
        if self.scope.unpublished {
            let (kind, version) = (Kind::Publish, 1);
            state.activity.intent = Some(Intent {
                kind,
                version,
                from: 0,
                to: units,
            });
            return self.canonical(state);
        }
        state.product.stock -= units as i8;
        state.product.moves[1] = Move::Taken;
        state.sale = Some(Sale {
            epoch: 1,
            version: 1,
            refused: false,
            ended: false,
            units,
            suspect: None,
        });
        state.redis.meta = Some(Meta {
            epoch: 1,
            open: true,
            units,
            next: 0,
            same_server: true,
        });
        self.canonical(state)
    }

    fn steps(&self, state: &State, steps: &mut Steps<State>) {
        steps::all(self, state, steps);
    }

    /// Forgets what can no longer matter, and the order of two equals.
    fn canonical(&self, mut state: State) -> State {
        let may = |state: &State, event: Event| state.budget[event as u8] > 0;
        if !may(&state, Event::Rollback) && !may(&state, Event::Regress) {
            state.copy = None;
        }
        if !may(&state, Event::Redelivery) {
            state.published = Set::default();
            state.released = Table::default();
        }
        state.workers.sort();
        state
    }

    fn judge(&self, before: &State, after: &State) -> Option<&'static str> {
        invariants::of_step(before, after).or_else(|| invariants::always(self.scope, after))
    }

    fn judge_at_rest(&self, state: &State) -> Option<&'static str> {
        invariants::at_rest(self.scope, state)
    }
}

fn empty(units: u8, stock: u8) -> State {
    State {
        redis: Redis::default(),
        copy: None,
        reserved: Table::default(),
        publishing: Set::default(),
        confirming: Set::default(),
        told: Set::default(),
        queue: Table::default(),
        published: Set::default(),
        sale: None,
        rows: Table::<Row, _>::default(),
        units: Table::default(),
        landing: None,
        closing: None,
        asked: Set::default(),
        releases: Table::default(),
        released: Table::default(),
        payments: Table::default(),
        query: None,
        failed: Set::default(),
        activity: Activity {
            intent: None,
            version: 1,
            units,
            over: false,
        },
        workers: Table::default(),
        product: Product {
            stock: stock as i8,
            moves: Table::default(),
            returns: Table::default(),
        },
        went_back: Set::default(),
        conflicts: Set::default(),
        budget: Table::default(),
    }
}
