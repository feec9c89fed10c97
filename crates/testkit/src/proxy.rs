use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
    task::JoinHandle,
    time::sleep,
};

/// A TCP proxy in front of an engine, with a network that can be broken. Ends with its owner.
#[derive(Debug)]
pub struct ChaosProxy {
    address: SocketAddr,
    weather: watch::Sender<Weather>,
    listening: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    /// Every connection ends, new ones too.
    Cut,
    /// Connections stand and nothing passes.
    BlackHole,
    /// Everything passes, later.
    Slow(Duration),
}

impl ChaosProxy {
    /// Listens on a free port of 127.0.0.1 and passes everything on to `upstream`.
    pub async fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|e| panic!("a proxy's port: {e}"));
        let address = listener
            .local_addr()
            .unwrap_or_else(|e| panic!("a proxy's port: {e}"));
        let (weather, seen) = watch::channel(Weather::Fair);
        let listening = tokio::spawn(listen(listener, upstream, seen));
        Self {
            address,
            weather,
            listening,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends all connections and every new one.
    pub fn cut(&self) {
        self.weather.send_replace(Weather::Cut);
    }

    /// Keeps the connections and passes nothing: also the sides' ends.
    pub fn black_hole(&self) {
        self.weather.send_replace(Weather::BlackHole);
    }

    /// Passes everything on after `by`, in each direction.
    pub fn delay(&self, by: Duration) {
        self.weather.send_replace(Weather::Slow(by));
    }

    pub fn heal(&self) {
        self.weather.send_replace(Weather::Fair);
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn listen(listener: TcpListener, upstream: SocketAddr, weather: watch::Receiver<Weather>) {
    while let Ok((client, _)) = listener.accept().await {
        if *weather.borrow() != Weather::Cut {
            tokio::spawn(pass(client, upstream, weather.clone()));
        }
    }
}

async fn pass(client: TcpStream, upstream: SocketAddr, mut weather: watch::Receiver<Weather>) {
    let Ok(server) = TcpStream::connect(upstream).await else {
        return;
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (client_read, client_write) = client.into_split();
    let (server_read, server_write) = server.into_split();
    let (up, down) = (weather.clone(), weather.clone());
    let both = async {
        tokio::join!(
            copy(client_read, server_write, up),
            copy(server_read, client_write, down)
        )
    };
    tokio::select! {
        _ = both => {}
        // Dropping the halves ends both connections.
        _ = weather.wait_for(|now| *now == Weather::Cut) => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut weather: watch::Receiver<Weather>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read) = from.read(&mut buffer).await {
        let slow = match weather
            .wait_for(|now| *now != Weather::BlackHole)
            .await
            .map(|now| *now)
        {
            Ok(Weather::Slow(by)) => by,
            Ok(_) => Duration::ZERO,
            Err(_) => return,
        };
        sleep(slow).await;
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
