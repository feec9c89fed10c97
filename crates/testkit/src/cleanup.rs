use std::{cell::RefCell, future::Future, pin::Pin, thread};

type Work = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>> + Send>;

thread_local! {
    static AT_END: AtEnd = const { AtEnd(RefCell::new(Vec::new())) };
}

struct AtEnd(RefCell<Vec<Work>>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        let work = self.0.take();
        // A thread of its own: this one may be in the middle of a panic, or of its runtime's end.
        let cleaner = thread::Builder::new().spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            if let Ok(runtime) = runtime {
                for one in work {
                    runtime.block_on(one());
                }
            }
        });
        if let Ok(cleaner) = cleaner {
            let _ = cleaner.join();
        }
    }
}

/// Runs `work` when the current test is over, however it ends: libtest gives each test a thread.
pub(crate) fn at_end<F>(work: impl FnOnce() -> F + Send + 'static)
where
    F: Future<Output = ()> + 'static,
{
    AT_END.with(|at_end| at_end.0.borrow_mut().push(Box::new(|| Box::pin(work()))));
}
