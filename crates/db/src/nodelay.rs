//! sqlx 0.9.0 leaves Nagle's algorithm on (transact-rs/sqlx #4335, fixed after 0.9.0): closing a prepared
//! statement then costs 40 ms. The pool does not show its sockets, so they are found among the process's files.

use std::{fs, os::fd::BorrowedFd};

use socket2::SockRef;

/// Sets TCP_NODELAY on every socket of this process that is connected to `port`.
pub(crate) fn set(port: u16) {
    let Ok(files) = fs::read_dir("/proc/self/fd") else {
        return;
    };
    let numbers = files
        .flatten()
        .filter_map(|file| file.file_name().to_str()?.parse::<i32>().ok());
    for number in numbers {
        #[expect(
            unsafe_code,
            reason = "the number was open a moment ago; were it closed or reused since, the calls \
                      below fail or set a harmless option on another socket, and nothing is closed"
        )]
        let file = unsafe { BorrowedFd::borrow_raw(number) };
        let socket = SockRef::from(&file);
        let peer = socket
            .peer_addr()
            .ok()
            .and_then(|address| address.as_socket());
        if peer.is_some_and(|peer| peer.port() == port) {
            // A socket that went away meanwhile needs no option.
            let _ = socket.set_tcp_nodelay(true);
        }
    }
}
