use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Result;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// One address before several, as a load balancer has: each connection goes to the next that
/// accepts it.
pub(super) struct LoadBalancer {
    pub(super) address: SocketAddr,
    listening: JoinHandle<()>,
}

impl LoadBalancer {
    pub(super) async fn start(port: u16, behind: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let (behind, next) = (Arc::new(behind), AtomicUsize::new(0));
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let first = next.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(pass(client, Arc::clone(&behind), first));
            }
        });
        Ok(Self { address, listening })
    }
}

impl Drop for LoadBalancer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn pass(mut client: TcpStream, behind: Arc<Vec<SocketAddr>>, first: usize) {
    let turns = behind.iter().cycle().skip(first % behind.len());
    for address in turns.take(behind.len()) {
        if let Ok(mut server) = TcpStream::connect(address).await {
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
