//! The sales that this process knows, so that the race asks no database. Refreshed each second; a mirror, of
//! which only refusals ("no such activity") can be a second late.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};

use crate::domain::Activity;

/// Confirmed orders that one call of the script forgets: its arguments are bounded.
const CONFIRMED_PER_CALL: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Sales(RwLock<HashMap<i64, Arc<Sale>>>);

/// One activity, with what this process knows of its race.
#[derive(Debug)]
pub(crate) struct Sale {
    activity: RwLock<Arc<Activity>>,
    /// Order's epoch, as last heard.
    epoch: AtomicI64,
    /// Orders whose entries of the hand-off list may go.
    confirmed: Mutex<Vec<String>>,
    /// Whether this process is rebuilding it.
    rebuilding: AtomicBool,
}

impl Sales {
    /// Replaces what is known by what the rows say.
    pub(crate) fn refresh(&self, activities: Vec<Activity>) {
        let mut sales = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let ids: Vec<i64> = activities
            .iter()
            .map(|activity| activity.id.get())
            .collect();
        sales.retain(|id, _| ids.contains(id));
        for activity in activities {
            Self::put(&mut sales, activity);
        }
    }

    pub(crate) fn add(&self, activity: Activity) -> Arc<Sale> {
        Self::put(
            &mut self.0.write().unwrap_or_else(PoisonError::into_inner),
            activity,
        )
    }

    fn put(sales: &mut HashMap<i64, Arc<Sale>>, activity: Activity) -> Arc<Sale> {
        let id = activity.id.get();
        if let Some(sale) = sales.get(&id) {
            *sale
                .activity
                .write()
                .unwrap_or_else(PoisonError::into_inner) = Arc::new(activity);
            return Arc::clone(sale);
        }
        let sale = Arc::new(Sale {
            activity: RwLock::new(Arc::new(activity)),
            epoch: AtomicI64::new(0),
            confirmed: Mutex::default(),
            rebuilding: AtomicBool::new(false),
        });
        sales.insert(id, Arc::clone(&sale));
        sale
    }

    pub(crate) fn get(&self, id: i64) -> Option<Arc<Sale>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }

    /// The product's activity that runs now; else the next one; else the last.
    pub(crate) fn of_product(&self, product: i64, now_ms: i64) -> Option<Arc<Sale>> {
        let rank = |sale: &Arc<Sale>| {
            let activity = sale.activity();
            let over = activity.end_ms > 0 && now_ms >= activity.end_ms;
            let live = activity.is_live() && !over;
            (
                !live,
                if live {
                    activity.start_ms
                } else {
                    -activity.start_ms
                },
            )
        };
        self.all()
            .into_iter()
            .filter(|sale| sale.activity().product.get() == product)
            .min_by_key(rank)
    }

    pub(crate) fn all(&self) -> Vec<Arc<Sale>> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}

impl Sale {
    pub(crate) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn id(&self) -> i64 {
        self.activity().id.get()
    }

    pub(crate) fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Epochs only grow; news may come out of order.
    pub(crate) fn heard_epoch(&self, epoch: i64) {
        self.epoch.fetch_max(epoch, Ordering::SeqCst);
    }

    pub(crate) fn confirmed(&self, order_id: i64) {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(order_id.to_string());
    }

    /// Takes what one call may forget; [`keep_confirmed`](Self::keep_confirmed) gives it back if the call fails.
    pub(crate) fn take_confirmed(&self) -> Vec<String> {
        let mut confirmed = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if confirmed.len() <= CONFIRMED_PER_CALL {
            return mem::take(&mut confirmed);
        }
        let from = confirmed.len() - CONFIRMED_PER_CALL;
        confirmed.split_off(from)
    }

    pub(crate) fn keep_confirmed(&self, orders: Vec<String>) {
        self.confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(orders);
    }

    /// True for the one who may rebuild it in this process.
    pub(crate) fn begin_rebuild(&self) -> bool {
        !self.rebuilding.swap(true, Ordering::SeqCst)
    }

    pub(crate) fn end_rebuild(&self) {
        self.rebuilding.store(false, Ordering::SeqCst);
    }
}
