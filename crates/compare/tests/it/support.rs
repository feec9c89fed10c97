//! One comparison service on private corners of real engines, with a worker that a test plays
//! itself.

use diff::{
    FileReport, Options, OutputReport, PairReport, RowCounts, SheetReport, Summary, Timing,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use auth::{Principal, Role as UserRole};
use blob::Blob;
use clock::{Clock, FakeClock};
use compare::{
    App, Begun, Config, Started,
    model::{Job, JobName},
};
use fault::{Fault, Reason};
use ids::UserId;
use mq::{Broker, Message, Outgoing};
use proto::compare::{
    CancelRequest, ExportRequest, ExportResponse, GetRequest, JobView, PaymentClosed, PaymentPaid,
    State, SubmitRequest, SubmitResponse, Waiting,
    compare_client::CompareClient,
    submit_request::{Begin, End, File, Part},
};
use service::{Ctx, Role};
use simulators::s3::{ACCESS_KEY, S3, SECRET_KEY};
use tempfile::TempDir;
use tonic::{Request, Response, Status};

use crate::payment::{StandIn, collect};

pub(crate) const LIMIT: Duration = Duration::from_secs(20);
pub(crate) const OWNER: i64 = 7;

pub(crate) struct Office {
    pub ctx: Ctx,
    pub clock: Arc<FakeClock>,
    pub config: Config,
    pub client: CompareClient<rpc::Channel>,
    pub app: Arc<App>,
    pub pool: db::Pool,
    pub blob: Blob,
    pub payment: StandIn,
    /// The jobs that were announced to workers.
    pub waiting: Arc<Mutex<Vec<Waiting>>>,
    broker: Broker,
    folder: TempDir,
}

/// Whoever asks: 0 is nobody.
pub(crate) fn call<T>(user: i64, message: T) -> Request<T> {
    match user {
        0 => Request::new(message),
        user => auth::request(&principal(user), message),
    }
}

fn principal(user: i64) -> Principal {
    Principal {
        user: UserId::try_from(user).unwrap(),
        username: format!("user{user}"),
        role: UserRole::User,
        session: None,
    }
}

pub(crate) fn reason(refused: &Status) -> Reason {
    rpc::PeerError::from(refused.clone()).reason()
}

/// A form as the gateway passes it on.
pub(crate) fn form(key: &str, files: [&str; 2], options: &str) -> Vec<Part> {
    let mut parts = vec![Part::Begin(Begin {
        request_key: key.into(),
    })];
    for (slot, content) in [1, 2].into_iter().zip(files) {
        parts.push(Part::File(File {
            slot,
            name: format!("表{slot}.csv"),
        }));
        for piece in content.as_bytes().chunks(5) {
            parts.push(Part::Chunk(piece.to_vec()));
        }
    }
    parts.push(Part::End(End {
        options: options.into(),
    }));
    parts
}

/// What a comparison of two small files found: one row changed.
pub(crate) fn summary(identical: bool) -> Summary {
    let file = |slot| FileReport {
        slot,
        rows: 10,
        cells: 50,
        ..FileReport::default()
    };
    let pair = PairReport {
        rows: RowCounts {
            left: 10,
            right: 10,
            unchanged: 9,
            changed: u64::from(!identical),
            ..RowCounts::default()
        },
        ..PairReport::default()
    };
    Summary {
        schema: "compare.summary/1".into(),
        engine: "test".into(),
        profile: "v1".into(),
        identical,
        files: vec![file(1), file(2)],
        pairs: vec![pair],
        sheets: SheetReport::default(),
        notices: Vec::new(),
        output: OutputReport::default(),
        resolved: Options::default(),
        timing_ms: Timing::default(),
    }
}

impl Office {
    /// Without workers: the test is the worker.
    pub(crate) async fn open(adapt: impl FnOnce(&mut Config)) -> Self {
        Self::open_as(&[Role::Grpc, Role::Events, Role::Jobs], adapt).await
    }

    pub(crate) async fn open_as(roles: &[Role], adapt: impl FnOnce(&mut Config)) -> Self {
        let clock = FakeClock::at_real_time();
        let ctx = Ctx::new(compare::NAME, clock.clone(), roles);
        let folder = tempfile::tempdir().unwrap();
        let mut config: Config = testkit::config(compare::NAME, compare::DEFAULTS);
        config.db = testkit::Mysql::schema(&compare::MIGRATOR, compare::NAME).await;
        config.mq = testkit::mq_config();
        config.grpc.listen = ([127, 0, 0, 1], 0).into();
        config.blob.url = start_s3(&folder).await;
        config.work.folder = folder.path().join("work");
        config.work.heartbeat_ms = 100;
        config.price.flat_fen = 199;
        let payment = StandIn::default();
        let at = payment.start(&ctx, &config.fleet).await;
        config.payment.url = format!("http://{at}");
        adapt(&mut config);

        let broker = mq::connect(&config.mq, ctx.tracker(), ctx.stop()).await;
        payment.listen(&broker);
        let waiting = Arc::default();
        if !roles.contains(&Role::Work) {
            collect(&broker, &waiting);
        }
        let started: Started = compare::start(&ctx, &config).await.unwrap();
        let peer = rpc::PeerConfig {
            url: format!("http://{}", started.grpc.unwrap()),
            timeout_ms: 20_000,
        };
        let client = CompareClient::new(rpc::peer(&peer, &config.fleet));
        payment.connect(client.clone());
        Self {
            ctx,
            clock,
            config,
            client,
            app: started.app,
            pool: started.pool,
            blob: started.blob,
            payment,
            waiting,
            broker,
            folder,
        }
    }

    pub(crate) async fn send(&self, user: i64, parts: Vec<Part>) -> Result<SubmitResponse, Status> {
        let parts = parts
            .into_iter()
            .map(|part| SubmitRequest { part: Some(part) });
        let request = call(user, tokio_stream::iter(parts));
        let answer = self.client.clone().submit(request).await;
        answer.map(Response::into_inner)
    }

    /// A job of `user`, committed and announced.
    pub(crate) async fn submitted(&self, user: i64) -> JobView {
        let answer = self
            .send(user, form("", ["a,b\n1,2\n", "a,b\n1,3\n"], ""))
            .await;
        answer.unwrap().job.unwrap()
    }

    /// A worker's claim.
    pub(crate) async fn claimed(&self, job: &JobView) -> Job {
        match self.app.begin(&name(job)).await.unwrap() {
            Begun::Mine(job) => *job,
            other => panic!("{other:?}"),
        }
    }

    /// The claim's end, with a workbook in the store.
    pub(crate) async fn finish(&self, claimed: &Job, identical: bool) -> bool {
        let key = claimed.name.result_key(claimed.attempt);
        let content = format!("workbook {}", claimed.attempt).into_bytes();
        self.blob.put(&key, "x/y", content.into()).await.unwrap();
        let summary = summary(identical);
        self.app
            .finish(claimed, &summary, "{\"schema\":\"compare.preview/1\"}")
            .await
            .unwrap()
    }

    /// A job that was compared and found different.
    pub(crate) async fn compared(&self, user: i64) -> JobView {
        let job = self.submitted(user).await;
        let claimed = self.claimed(&job).await;
        assert!(self.finish(&claimed, false).await);
        self.get(user, &job).await.unwrap()
    }

    /// The same, with a payment that can be paid.
    pub(crate) async fn opened(&self, user: i64) -> JobView {
        let job = self.compared(user).await;
        let job = self.look(user, &job, true).await.unwrap();
        assert!(!job.code_url.is_empty());
        job
    }

    pub(crate) async fn get(&self, user: i64, job: &JobView) -> Result<JobView, Status> {
        self.look(user, job, false).await
    }

    pub(crate) async fn look(
        &self,
        user: i64,
        job: &JobView,
        payable: bool,
    ) -> Result<JobView, Status> {
        let message = GetRequest {
            job_id: job.job_id.clone(),
            payable,
        };
        let answer = self.client.clone().get(call(user, message)).await;
        answer.map(Response::into_inner)
    }

    pub(crate) async fn cancel(&self, user: i64, job: &JobView) -> Result<JobView, Status> {
        let message = CancelRequest {
            job_id: job.job_id.clone(),
        };
        let answer = self.client.clone().cancel(call(user, message)).await;
        answer.map(Response::into_inner)
    }

    pub(crate) async fn export(&self, user: i64, job: &JobView) -> Result<ExportResponse, Status> {
        let message = ExportRequest {
            job_id: job.job_id.clone(),
        };
        let answer = self.client.clone().export(call(user, message)).await;
        answer.map(Response::into_inner)
    }

    /// As payment says it.
    pub(crate) fn paid(&self, job: &JobView, payment_no: &str) -> PaymentPaid {
        PaymentPaid {
            job_id: job.job_id.clone(),
            payment_no: payment_no.to_owned(),
            amount_fen: 199,
            paid_at_ms: self.clock.now_ms(),
        }
    }

    pub(crate) async fn say_closed(&self, job: &JobView) {
        self.say(&PaymentClosed {
            job_id: job.job_id.clone(),
            payment_no: job.payment_no.clone(),
        })
        .await;
    }

    pub(crate) async fn say<M: Message>(&self, message: &M) {
        self.publish(Outgoing::of(message)).await;
    }

    pub(crate) async fn publish(&self, message: Outgoing) {
        testkit::eventually(LIMIT, || async {
            let message = message.clone();
            self.broker.publisher().publish(vec![message]).await.is_ok()
        })
        .await;
    }

    pub(crate) async fn dead<M: Message>(&self) -> u64 {
        self.broker.dead(M::QUEUE).await.unwrap()
    }

    pub(crate) async fn comes_to(&self, job: &JobView, state: State) -> JobView {
        let seen = Mutex::new(job.clone());
        testkit::eventually(LIMIT, || async {
            let view = self.get(job.user_id, job).await.unwrap();
            *seen.lock().unwrap() = view.clone();
            view.state() == state
        })
        .await;
        seen.into_inner().unwrap()
    }

    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// The job's objects in the store.
    pub(crate) async fn objects(&self) -> Vec<String> {
        let page = self.blob.list("jobs/", None).await.unwrap();
        page.entries.into_iter().map(|entry| entry.key).collect()
    }

    pub(crate) async fn objects_come_to(&self, count: usize) -> Vec<String> {
        testkit::eventually(LIMIT, || async { self.objects().await.len() == count }).await;
        self.objects().await
    }

    /// What workers left in their folder.
    pub(crate) fn temporary_files(&self) -> usize {
        let work = self.folder.path().join("work");
        let Ok(workers) = std::fs::read_dir(work) else {
            return 0;
        };
        let within = |worker: std::fs::DirEntry| {
            let files = std::fs::read_dir(worker.path()).unwrap();
            files
                .filter(|file| file.as_ref().unwrap().file_name() != "lock")
                .count()
        };
        workers.map(|worker| within(worker.unwrap())).sum()
    }

    pub(crate) async fn announced(&self, job: &JobView, times: usize) {
        testkit::eventually(LIMIT, || async { self.announcements(job) == times }).await;
    }

    pub(crate) fn announcements(&self, job: &JobView) -> usize {
        let waiting = self.waiting.lock().unwrap();
        waiting
            .iter()
            .filter(|waiting| waiting.job_id == job.job_id)
            .count()
    }

    pub(crate) async fn close_down(self) {
        self.pool.close().await;
        let ended = self.ctx.shut_down(LIMIT).await;
        assert!(ended, "something goes on after the stop");
    }
}

pub(crate) fn name(job: &JobView) -> JobName {
    job.job_id.parse().unwrap()
}

/// Lives as long as the test: nobody who still writes while the service stops misses it.
async fn start_s3(folder: &TempDir) -> String {
    let listen = ([127, 0, 0, 1], 0).into();
    let objects = folder.path().join("s3");
    let store = S3::bind(listen, &objects, ACCESS_KEY, SECRET_KEY)
        .await
        .unwrap();
    let url = format!("http://{}", store.address());
    tokio::spawn(store.run(tokio_util::sync::CancellationToken::new()));
    url
}
