use diff::Stage;
use ids::UserId;
use money::Money;
use proto::compare::{Bill, Counts, Failure, FileView, JobView, Progress, State as Wire};

use crate::domain::{Job, Source, State};

pub(super) fn job(job: &Job) -> JobView {
    let [file1, file2] = &job.sources;
    let mut view = JobView {
        job_id: job.name.to_string(),
        user_id: job.owner.map_or(0, UserId::get),
        file1: Some(file(file1)),
        file2: Some(file(file2)),
        options: job.options.clone(),
        amount_fen: job.amount().map_or(0, Money::fen),
        created_at_ms: job.created_at_ms,
        updated_at_ms: job.updated_at_ms,
        expires_at_ms: job.expires_at_ms,
        counts: job
            .compared
            .as_ref()
            .map(|compared| counts(compared.counts)),
        ..JobView::default()
    };
    if let Some(receipt) = &job.receipt {
        view.payment_no.clone_from(&receipt.payment_no);
        view.paid_at_ms = receipt.at_ms;
    }
    set_state(&mut view, job);
    view
}

fn set_state(view: &mut JobView, job: &Job) {
    let state = match &job.state {
        State::Processing(work) => {
            view.progress = Some(Progress {
                stage: stage(work.progress.stage).to_owned(),
                percent: work.progress.percent.into(),
                rows: i64::try_from(work.progress.rows).unwrap_or(i64::MAX),
            });
            Wire::Processing
        }
        State::AwaitingPayment { code_url, .. } => {
            if let Some(code) = code_url {
                view.code_url.clone_from(&code.text);
                view.payment_no.clone_from(&code.payment_no);
            }
            Wire::AwaitingPayment
        }
        State::Ready => Wire::Ready,
        State::Failed(failure) => {
            view.failure = Some(Failure {
                code: failure.code.name().to_owned(),
                message: failure.message.clone(),
                retryable: job.is_retryable(),
            });
            Wire::Failed
        }
        State::Cancelled { at_ms } => {
            view.cancelled_at_ms = *at_ms;
            Wire::Cancelled
        }
        State::Expired => Wire::Expired,
    };
    view.set_state(state);
}

const fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Preflight => "preflight",
        Stage::Parse => "parse",
        Stage::Join => "join",
        Stage::Write => "write",
    }
}

fn file(source: &Source) -> FileView {
    FileView {
        name: source.name.clone(),
        bytes: source.bytes,
        sha256: source.sha256.clone(),
    }
}

fn counts(counts: crate::domain::Counts) -> Counts {
    let wire = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    Counts {
        added: wire(counts.added),
        removed: wire(counts.removed),
        changed: wire(counts.changed),
        unchanged: wire(counts.unchanged),
        keyless: wire(counts.keyless),
        identical: counts.identical,
    }
}

pub(super) fn bill(job: &Job) -> Bill {
    Bill {
        job_id: job.name.to_string(),
        user_id: job.owner.map_or(0, UserId::get),
        amount_fen: job.amount().map_or(0, Money::fen),
        expires_at_ms: job.expires_at_ms,
    }
}
