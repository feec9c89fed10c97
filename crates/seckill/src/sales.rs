//! The sales that this process knows, so that the race asks no database. Refreshed each second; a
//! mirror, of which only refusals ("no such activity") can be a second late.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{domain::Activity, stock::Look};

/// Confirmed orders that one call of the script forgets: its arguments are bounded.
const CONFIRMED_PER_CALL: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Sales {
    known: RwLock<Known>,
    /// Counts what this process learned by itself.
    news: AtomicU64,
}

#[derive(Debug, Default)]
struct Known {
    by_id: HashMap<i64, Arc<Sale>>,
    by_product: HashMap<i64, Vec<Arc<Sale>>>,
}

/// One activity, with what this process knows of its race.
#[derive(Debug)]
pub(crate) struct Sale {
    pub(crate) id: i64,
    activity: RwLock<Arc<Activity>>,
    /// Which of this process's own news it was last.
    learned: AtomicU64,
    /// Order's epoch, as last heard.
    epoch: AtomicI64,
    /// When something last moved in it, as far as this process saw.
    moved_ms: AtomicI64,
    /// Units handed out and given back, as last seen.
    seen: Mutex<Option<(i64, i64)>>,
    /// Orders whose entries of the hand-off list may go.
    confirmed: Mutex<Vec<String>>,
    /// Whether the script last refused as sold out rather than sold.
    sold_out: AtomicBool,
    /// What Redis last said of it, for browsing.
    look: Mutex<Option<LastLook>>,
    rebuilding: AtomicBool,
}

/// A look, and when it was.
#[derive(Debug, Clone)]
pub(crate) struct LastLook {
    at: Instant,
    /// `None`: the sale is absent.
    pub(crate) look: Option<Look>,
}

/// A reading of the rows begins: what is learned from here on is newer than it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Since(u64);

/// The turn of the one rebuild of a sale in this process.
#[derive(Debug)]
pub(crate) struct Rebuilding(Arc<Sale>);

impl Sales {
    pub(crate) fn begin_reading(&self) -> Since {
        Since(self.news.load(Ordering::SeqCst))
    }

    /// Replaces what is known by what the rows say, but for what was learned since the reading
    /// began.
    pub(crate) fn refresh(&self, since: Since, activities: Vec<Activity>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let ids: HashSet<i64> = activities
            .iter()
            .map(|activity| activity.id.get())
            .collect();
        let is_news = |sale: &Sale| sale.learned.load(Ordering::SeqCst) > since.0;
        known
            .by_id
            .retain(|id, sale| ids.contains(id) || is_news(sale));
        for activity in activities {
            let newer = known.by_id.get(&activity.id.get());
            if !newer.is_some_and(|sale| is_news(sale)) {
                known.put(activity);
            }
        }
        known.index();
    }

    /// What this process has just written or read.
    pub(crate) fn learn(&self, activity: Activity) -> Arc<Sale> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let sale = known.put(activity);
        let news = self.news.fetch_add(1, Ordering::SeqCst) + 1;
        sale.learned.store(news, Ordering::SeqCst);
        known.index();
        sale
    }

    pub(crate) fn get(&self, id: i64) -> Option<Arc<Sale>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_id.get(&id).cloned()
    }

    /// The product's activity that runs now; else the next one; else the last.
    pub(crate) fn of_product(&self, product: i64, now_ms: i64) -> Option<Arc<Sale>> {
        let rank = |sale: &&Arc<Sale>| {
            let activity = sale.activity();
            let over = activity.end_ms > 0 && now_ms >= activity.end_ms;
            if activity.is_live() && !over {
                (false, activity.start_ms)
            } else {
                (true, -activity.start_ms)
            }
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .by_product
            .get(&product)?
            .iter()
            .min_by_key(rank)
            .cloned()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Sale>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_id.values().cloned().collect()
    }
}

impl Known {
    fn put(&mut self, activity: Activity) -> Arc<Sale> {
        let id = activity.id.get();
        if let Some(sale) = self.by_id.get(&id) {
            sale.set(activity);
            return Arc::clone(sale);
        }
        let sale = Arc::new(Sale::new(activity));
        self.by_id.insert(id, Arc::clone(&sale));
        sale
    }

    fn index(&mut self) {
        self.by_product.clear();
        for sale in self.by_id.values() {
            let product = sale.activity().product.get();
            let others = self.by_product.entry(product).or_default();
            others.push(Arc::clone(sale));
        }
    }
}

impl Sale {
    fn new(activity: Activity) -> Self {
        Self {
            id: activity.id.get(),
            activity: RwLock::new(Arc::new(activity)),
            learned: AtomicU64::new(0),
            epoch: AtomicI64::new(0),
            moved_ms: AtomicI64::new(0),
            seen: Mutex::default(),
            confirmed: Mutex::default(),
            sold_out: AtomicBool::new(false),
            look: Mutex::default(),
            rebuilding: AtomicBool::new(false),
        }
    }

    pub(crate) fn activity(&self) -> Arc<Activity> {
        Arc::clone(&self.activity.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, activity: Activity) {
        let mut known = self
            .activity
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Arc::new(activity);
    }

    pub(crate) fn epoch(&self) -> i64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// Epochs only grow; news may come out of order.
    pub(crate) fn observe_epoch(&self, epoch: i64) {
        self.epoch.fetch_max(epoch, Ordering::SeqCst);
    }

    /// Whether it is known that nothing has moved since.
    pub(crate) fn is_quiet(&self, since_ms: i64) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.is_some() && self.moved_ms.load(Ordering::Relaxed) < since_ms
    }

    pub(crate) fn moved(&self, now_ms: i64) {
        self.moved_ms.fetch_max(now_ms, Ordering::Relaxed);
    }

    /// What a look found: other replicas sell as well, and did before this process began.
    pub(crate) fn saw(&self, handed_out: i64, returned: i64, now_ms: i64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.replace((handed_out, returned)) != Some((handed_out, returned)) {
            self.moved(now_ms);
        }
    }

    pub(crate) fn confirmed(&self, orders: &[i64]) {
        let mut confirmed = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        confirmed.extend(orders.iter().map(ToString::to_string));
    }

    /// Takes what one call may forget; [`keep_confirmed`](Self::keep_confirmed) gives it back if
    /// the call fails.
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
        let mut confirmed = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        confirmed.extend(orders);
    }

    /// Whether the pre-check is likely to answer. A script has to be called all the same while there is something
    /// for it to forget.
    pub(crate) fn should_pre_check(&self) -> bool {
        let confirmed = self
            .confirmed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        confirmed.is_empty() && self.sold_out.load(Ordering::Relaxed)
    }

    pub(crate) fn saw_sold_out(&self, sold_out: bool) {
        self.sold_out.store(sold_out, Ordering::Relaxed);
    }

    pub(crate) fn remember_look(&self, look: Option<&Look>) {
        let mut last = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(LastLook {
            at: Instant::now(),
            look: look.cloned(),
        });
    }

    /// The last look, unless it is older than `age`.
    pub(crate) fn recent_look(&self, age: Duration) -> Option<LastLook> {
        let last = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone().filter(|last| last.at.elapsed() < age)
    }

    /// `None`: this process is rebuilding it already.
    pub(crate) fn begin_rebuild(self: &Arc<Self>) -> Option<Rebuilding> {
        let first = !self.rebuilding.swap(true, Ordering::SeqCst);
        first.then(|| Rebuilding(Arc::clone(self)))
    }
}

impl Rebuilding {
    pub(crate) fn sale(&self) -> &Sale {
        &self.0
    }
}

impl Drop for Rebuilding {
    fn drop(&mut self) {
        self.0.rebuilding.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Activity, State};

    fn activity(id: i64, product: i64, start_ms: i64, end_ms: i64) -> Activity {
        Activity {
            id: id.try_into().unwrap(),
            product: product.try_into().unwrap(),
            name: String::new(),
            description: String::new(),
            product_name: String::new(),
            product_image: String::new(),
            price_fen: 1,
            original_price_fen: 1,
            units: 1,
            limit_per_user: 1,
            payment_window_s: 1,
            start_ms,
            end_ms,
            state: State::Published,
            version: 1,
            intent: None,
            created_at_ms: 0,
        }
    }

    #[test]
    fn a_product_means_its_running_activity_then_the_next_then_the_last() {
        let sales = Sales::default();
        let since = sales.begin_reading();
        let all = [
            activity(1, 7, 0, 10),
            activity(2, 7, 20, 30),
            activity(3, 7, 40, 50),
        ];
        sales.refresh(since, all.to_vec());
        let found = |now_ms| sales.of_product(7, now_ms).unwrap().id;
        assert_eq!((found(5), found(15), found(25), found(60)), (1, 2, 2, 3));
        assert!(sales.of_product(8, 5).is_none());
    }

    #[test]
    fn what_was_learned_while_the_rows_were_read_stays() {
        let sales = Sales::default();
        let since = sales.begin_reading();
        sales.learn(activity(1, 7, 0, 0));
        sales.refresh(since, vec![]);
        assert!(sales.get(1).is_some(), "the reading is older");
        sales.refresh(sales.begin_reading(), vec![]);
        assert!(sales.get(1).is_none());
    }

    #[test]
    fn a_sale_moves_when_what_is_seen_of_it_changes() {
        let sales = Sales::default();
        let sale = sales.learn(activity(1, 7, 0, 0));
        assert!(!sale.is_quiet(100), "nobody has looked");
        for (handed_out, returned, now_ms, moved_ms) in [
            (0, 0, 10, 10),
            (0, 0, 20, 10),
            (5, 0, 30, 30),
            (5, 1, 40, 40),
        ] {
            sale.saw(handed_out, returned, now_ms);
            assert!(!sale.is_quiet(moved_ms) && sale.is_quiet(moved_ms + 1));
        }
        sale.moved(60);
        sale.saw(6, 1, 50);
        assert!(!sale.is_quiet(60));
    }

    #[test]
    fn one_rebuild_at_a_time_and_the_next_after_a_panic() {
        let sales = Sales::default();
        let sale = sales.learn(activity(1, 7, 0, 0));
        let first = sale.begin_rebuild().unwrap();
        assert!(sale.begin_rebuild().is_none());
        drop(first);
        assert!(sale.begin_rebuild().is_some());
    }
}
