//! The harness owns a process: its signals, its subscriber, its exit code. So these tests are the parents of
//! processes that run [`child`].

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use service::{Config, LogFormat, Profile, Role, Service};

use crate::support::SOON;

const PORTS: &str = "IT_PORTS";
const WORK_MS: &str = "IT_WORK_MS";
const GRACE_S: u64 = 2;

#[test]
#[ignore = "the process that the other tests start"]
fn child() {
    let services = setting(PORTS)
        .split(',')
        .zip(["front", "back"])
        .map(|(port, name)| Service {
            name,
            config: Config {
                admin: ([127, 0, 0, 1], port.parse().unwrap()).into(),
                log: LogFormat::Json,
                log_filter: "info".to_owned(),
                otlp_endpoint: String::new(),
                trace_sample: 0.0,
                network_encrypted: false,
                workers: 0,
                shutdown_grace_s: GRACE_S,
                profile: Profile::Demo,
                roles: vec![Role::Jobs],
            },
            run: Box::new(|ctx| Box::pin(run(ctx))),
        })
        .collect();
    let code = service::main(services);
    std::process::exit(i32::from(code != ExitCode::SUCCESS));
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test speaks to its child in variables"
)]
fn setting(name: &str) -> String {
    std::env::var(name).unwrap()
}

/// Starts slowly, and has work under way when it is asked to stop.
async fn run(ctx: service::Ctx) -> anyhow::Result<()> {
    let work = Duration::from_millis(setting(WORK_MS).parse()?);
    let (name, stop) = (ctx.name, ctx.stop().clone());
    tokio::time::sleep(Duration::from_millis(300)).await;
    ctx.readiness().add("stock", async || Ok(()));
    ctx.spawn(async move {
        stop.cancelled().await;
        tokio::time::sleep(work).await;
        tracing::info!("{name} has finished its work");
    });
    Ok(())
}

struct Process {
    child: Child,
    admin: Vec<SocketAddr>,
}

impl Process {
    fn start(services: usize, work_ms: u64) -> Self {
        let held: Vec<_> = (0..services)
            .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
            .collect();
        let admin: Vec<_> = held.iter().map(|held| held.local_addr().unwrap()).collect();
        drop(held);
        Self {
            child: spawn(&admin, work_ms),
            admin,
        }
    }

    fn ask_to_stop(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The exit code, standard output and standard error.
    fn end(self) -> (Option<i32>, String, String) {
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }
}

fn spawn(admin: &[SocketAddr], work_ms: u64) -> Child {
    let ports: Vec<_> = admin
        .iter()
        .map(|address| address.port().to_string())
        .collect();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "process::child", "--ignored", "--nocapture"])
        .env(PORTS, ports.join(","))
        .env(WORK_MS, work_ms.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(SOON)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
}

fn eventually(address: SocketAddr, path: &str, wanted: u16) -> String {
    let start = Instant::now();
    loop {
        match get(address, path) {
            Some((status, body)) if status == wanted => return body,
            other => assert!(start.elapsed() < SOON, "{path}: {other:?}"),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn two_services_start_serve_drain_and_end_well() {
    let process = Process::start(2, 300);
    let (front, back) = (process.admin[0], process.admin[1]);
    let starting = eventually(front, "/readyz", 503);
    assert!(starting.contains("\"running\":\"starting\""), "{starting}");
    let ready = eventually(back, "/readyz", 200);
    assert!(
        ready.contains("\"service\":\"back\"") && ready.contains("\"stock\":\"ok\""),
        "{ready}"
    );
    eventually(front, "/readyz", 200);
    assert_eq!(eventually(front, "/livez", 200), "ok");
    assert!(eventually(front, "/metrics", 200).contains("process_cpu_seconds_total"));
    assert_eq!(get(front, "/elsewhere").unwrap().0, 404);

    process.ask_to_stop();
    let stopping = eventually(back, "/readyz", 503);
    assert!(stopping.contains("\"running\":\"stopping\""), "{stopping}");
    assert_eq!(get(back, "/livez").unwrap().0, 200);
    let (code, out, err) = process.end();
    assert_eq!(code, Some(0), "{out}\n{err}");
    let lines: Vec<serde_json::Value> = out
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    for name in ["front", "back"] {
        let finished = format!("{name} has finished its work");
        let line = lines
            .iter()
            .find(|line| line["message"] == finished.as_str())
            .unwrap();
        assert_eq!(line["spans"][0]["name"], "service", "{line}");
    }
}

#[test]
fn work_that_is_cut_off_is_no_success() {
    let process = Process::start(1, 3_600_000);
    eventually(process.admin[0], "/readyz", 200);
    let start = Instant::now();
    process.ask_to_stop();
    let (code, out, _) = process.end();
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("work was cut off"), "{out}");
    assert!(start.elapsed() >= Duration::from_secs(GRACE_S));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let process = Process::start(1, 3_600_000);
    eventually(process.admin[0], "/readyz", 200);
    process.ask_to_stop();
    eventually(process.admin[0], "/readyz", 503);
    let start = Instant::now();
    process.ask_to_stop();
    assert_eq!(process.end().0, Some(1));
    assert!(start.elapsed() < Duration::from_secs(GRACE_S));
}

#[test]
fn a_signal_during_the_start_is_heard() {
    let process = Process::start(2, 0);
    eventually(process.admin[0], "/readyz", 503);
    process.ask_to_stop();
    let (code, out, err) = process.end();
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert!(!out.contains("\"started\""), "{out}");
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = held.local_addr().unwrap();
    let child = spawn(&[address], 0);
    let (code, _, err) = Process {
        child,
        admin: vec![address],
    }
    .end();
    assert_eq!(code, Some(1));
    let lines: Vec<_> = err
        .lines()
        .filter(|line| line.starts_with("mall: "))
        .collect();
    let [line] = lines.as_slice() else {
        panic!("{err}")
    };
    assert!(
        line.contains("front") && line.contains(&address.to_string()),
        "{line}"
    );
    assert!(
        line.contains("service.admin") && line.contains("in use"),
        "{line}"
    );
}
