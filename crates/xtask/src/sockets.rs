//! Which ports of this machine can be reached from others, as the kernel lists them.

use std::fs;

/// The state of a socket that listens.
const LISTEN: &str = "0A";

/// Those of `ports` that listen on more than loopback.
pub(crate) fn beyond_loopback(ports: &[u16]) -> Vec<u16> {
    let mut tables = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    // Absent where the kernel has no IPv6.
    tables += &fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
    let mut open = open_ports(&tables);
    open.retain(|port| ports.contains(port));
    open
}

fn open_ports(table: &str) -> Vec<u16> {
    let mut open: Vec<u16> = table.lines().filter_map(open_port).collect();
    open.sort_unstable();
    open.dedup();
    open
}

/// The port of a line whose socket listens for others.
fn open_port(line: &str) -> Option<u16> {
    let mut words = line.split_whitespace().skip(1);
    let (address, port) = words.next()?.split_once(':')?;
    let state = words.nth(1)?;
    if state != LISTEN || is_loopback(address) {
        return None;
    }
    u16::from_str_radix(port, 16).ok()
}

/// Words of four bytes, each in this machine's order.
fn is_loopback(address: &str) -> bool {
    const V6: &str = "00000000000000000000000001000000";
    const MAPPED: &str = "0000000000000000FFFF0000";
    let v4 = address.strip_prefix(MAPPED).unwrap_or(address);
    address == V6 || (v4.len() == 8 && v4.ends_with("7F"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_others_reach_is_told() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid
   0: 0100007F:3D39 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105
   1: 00000000:3D3A 00000000:0000 0A 00000000:00000000 00:00000000 00000000   105
   2: 0100007F:3D3B 0100007F:1234 01 00000000:00000000 00:00000000 00000000   105
   3: 0A00000A:3D3C 0100007F:1234 01 00000000:00000000 00:00000000 00000000   105
   4: 00000000000000000000000001000000:3D3D 0:0 0A 00000000:00000000 00:00000000
   5: 00000000000000000000000000000000:3D3E 0:0 0A 00000000:00000000 00:00000000
   6: 0000000000000000FFFF00000100007F:3D3F 0:0 0A 00000000:00000000 00:00000000
";
        assert_eq!(open_ports(table), [0x3D3A, 0x3D3E]);
    }
}
