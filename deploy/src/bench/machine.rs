//! What the figures were measured on.

use serde::Serialize;

/// The machine, which the load shares with the server.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Machine {
    /// Cores this process may use.
    pub(super) cores: usize,
    /// Main memory, where the system tells it as Linux does.
    pub(super) memory_mib: Option<u64>,
}

impl Machine {
    /// This machine.
    pub(super) fn this() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let told = std::fs::read_to_string("/proc/meminfo").ok();
        Self { cores, memory_mib: told.and_then(|told| total_mib(&told)) }
    }
}

fn total_mib(meminfo: &str) -> Option<u64> {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn main_memory_is_read_as_linux_tells_it() {
        assert_eq!(total_mib("MemTotal:        8130960 kB\nMemFree: 1 kB\n"), Some(7940));
        assert_eq!(total_mib("MemFree: 1 kB\n"), None);
    }
}
