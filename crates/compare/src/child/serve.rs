//! The child's side.

use std::{
    io::{self, Read, Write},
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::{Answer, Line, Order, Verb, timed_out};
use diff::{Failure, FailureCode, Limits, compare, quote};

const FAILED: u8 = 2;
/// What a result may take on disk, per file.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;

/// One line at a time, and none after the last word.
static OUTPUT: Mutex<()> = Mutex::new(());

/// Reads one order from standard input, keeps it within its limits, answers on standard output.
pub fn serve() -> ExitCode {
    let answer = order().and_then(|order| {
        confine(&order.request.limits)?;
        match order.verb {
            Verb::Quote => quote(&order.request).map(Answer::Meter),
            Verb::Compare => {
                let mut progress = |progress| say(&Line::Progress(progress));
                compare(&order.request, &mut progress)
                    .map(|summary| Answer::Summary(Box::new(summary)))
            }
        }
    });
    match answer {
        Ok(answer) => {
            say(&Line::Done(answer));
            ExitCode::SUCCESS
        }
        Err(failure) => {
            say(&Line::Failed(failure));
            ExitCode::from(FAILED)
        }
    }
}

fn order() -> Result<Order, Failure> {
    let mut order = Vec::new();
    io::stdin()
        .read_to_end(&mut order)
        .map_err(Failure::internal)?;
    serde_json::from_slice(&order)
        .map_err(|error| Failure::new(FailureCode::OptionInvalid, format!("选项无效: {error}")))
}

fn confine(limits: &Limits) -> Result<(), Failure> {
    for (resource, most) in [
        (Resource::As, limits.memory_bytes),
        (Resource::Fsize, FILE_BYTES_MAX),
    ] {
        let limit = Rlimit {
            current: Some(most),
            maximum: Some(most),
        };
        setrlimit(resource, limit).map_err(Failure::internal)?;
    }
    let wall = Duration::from_secs(limits.wall_s);
    thread::spawn(move || {
        thread::sleep(wall);
        say(&Line::Failed(timed_out()));
        std::process::exit(i32::from(FAILED));
    });
    Ok(())
}

fn say(line: &Line) {
    let _turn = OUTPUT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut output = io::stdout().lock();
    let said = serde_json::to_writer(&mut output, line)
        .map_err(io::Error::from)
        .and_then(|()| output.write_all(b"\n"))
        .and_then(|()| output.flush());
    if said.is_err() {
        // Nobody listens any more: whoever asked was killed and could not stop this process.
        std::process::exit(i32::from(FAILED));
    }
}
