//! Server processes: started detached, recognised again by a later caller, ended. Knows no engine's
//! flags.
//!
//! A pid file alone proves nothing, since pids are reused. A server carries its folder on its
//! command line, and only a process that does is ever taken for ours.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use super::error::Error;
use super::home::Home;
use super::stop::Manner;
use super::{java, wait};

/// How long the system may take to remove a killed process.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// How long the system may take to show a new process's command line.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// Starts `java` with these arguments, out of reach of the caller's Ctrl-C and end.
pub(super) fn spawn(home: &Home, arguments: &[String]) -> Result<u32, Error> {
    let log = home.log();
    let output = home.fresh_log(&log)?;
    let child = java::command()
        .arg(mark(home))
        .args(arguments)
        .current_dir(home.path())
        .stderr(output.try_clone().map_err(|source| Error::Write { path: log, source })?)
        .stdout(output)
        .process_group(0)
        .spawn()
        .map_err(java::failed)?;
    home.write("pid", &format!("{}\n", child.id()))?;
    // The system shows the command line a moment after the start. One that never shows died at
    // once: the caller will see.
    wait::until(SHOWN_WITHIN, || running(home));
    Ok(child.id())
}

/// The server that was started from this folder, if it still runs.
pub(super) fn running(home: &Home) -> Option<u32> {
    let pid = fs::read_to_string(home.pid_file()).ok()?.trim().parse().ok()?;
    carries(&command_line(pid)?, &mark(home)).then_some(pid)
}

/// Tells the server to end.
pub(super) fn tell(pid: u32, manner: Manner) -> Result<(), Error> {
    match manner {
        Manner::Ask => send(pid, Signal::SIGTERM),
        Manner::Kill => send(pid, Signal::SIGKILL),
    }
}

/// Waits for the server's end, and brings it about if `patience` runs out. Answers how it ended.
pub(super) fn await_end(home: &Home, pid: u32, patience: Duration) -> Result<&'static str, Error> {
    let gone = || running(home).is_none().then_some(());
    let mut ending = "stopped";
    if wait::until(patience, gone).is_none() {
        send(pid, Signal::SIGKILL)?;
        ending = "killed, as it did not stop by itself";
        wait::until(KILLED_WITHIN, gone)
            .ok_or_else(|| Error::Survived { engine: home.engine(), pid })?;
    }
    // Left behind it would do no harm: it is checked before it is believed.
    fs::remove_file(home.pid_file()).ok();
    Ok(ending)
}

fn send(pid: u32, signal: Signal) -> Result<(), Error> {
    let target = os_pid(pid).ok_or(Error::Signal { pid, source: Errno::EINVAL })?;
    match signal::kill(target, signal) {
        // It ended by itself just now.
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(source) => Err(Error::Signal { pid, source }),
    }
}

/// Never 0, which would mean our own process group.
fn os_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().filter(|pid| *pid > 0).map(Pid::from_raw)
}

/// What a server of this folder has on its command line and no other process has.
fn mark(home: &Home) -> String {
    format!("-Dcartstream.engine={}", home.path().display())
}

/// Its arguments, joined by spaces; empty for a process that has ended and was not waited for.
fn command_line(pid: u32) -> Option<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).or_else(|_| {
        // Systems without /proc; on Linux this comes to the same: nothing.
        Command::new("ps")
            .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
            .output()
            .map(|output| output.stdout)
    });
    Some(String::from_utf8_lossy(&line.ok()?).replace('\0', " "))
}

fn carries(command_line: &str, mark: &str) -> bool {
    format!(" {command_line} ").contains(&format!(" {mark} "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::engine::Engine;
    use super::*;

    fn home(dir: &str) -> Home {
        Home::of(Engine::Kafka, Path::new(dir))
    }

    #[test]
    fn a_server_is_recognised_by_its_folder() {
        let mark = mark(&home("/cache/engines"));

        assert!(carries("java -Dcartstream.engine=/cache/engines/kafka -cp x kafka.Kafka", &mark));
        assert!(carries("java -Dcartstream.engine=/cache/engines/kafka", &mark));
    }

    #[test]
    fn a_server_of_another_folder_is_not_ours() {
        let mark = mark(&home("/cache/engines"));

        assert!(!carries(
            "java -Dcartstream.engine=/cache/engines/kafka-2 -cp x kafka.Kafka",
            &mark
        ));
        assert!(!carries("java -Dcartstream.engine=/other/cache/engines/kafka kafka.Kafka", &mark));
        assert!(!carries("vim /cache/engines/kafka/server.log", &mark));
        assert!(!carries("", &mark));
    }

    #[test]
    fn a_live_process_that_reused_the_pid_is_not_ours() {
        let dir = std::env::temp_dir().join(format!("cartstream-pid-{}", std::process::id()));
        let home = Home::of(Engine::Kafka, &dir);
        home.write("pid", &std::process::id().to_string())
            .expect("the temporary folder is writable");

        let running = running(&home);

        fs::remove_dir_all(&dir).expect("the folder was just made");
        assert_eq!(running, None);
    }

    #[test]
    fn no_pid_file_means_nothing_runs() {
        assert_eq!(running(&home("/nowhere")), None);
    }

    #[test]
    fn a_process_group_is_never_a_target() {
        assert_eq!(os_pid(0), None);
        assert_eq!(os_pid(u32::MAX), None);
    }

    #[test]
    fn the_command_line_of_this_process_is_readable() {
        let line = command_line(std::process::id()).expect("this process runs");
        let program = std::env::args().next().expect("a test is run by its name");

        assert!(line.starts_with(&program), "{line}");
    }
}
