//! One load on one server, measured from outside and, where the server tells, from inside.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::BenchArgs;
use super::load::{Load, Observers};
use super::report::{Figures, WindowRow};
use super::server::Server;
use super::shopper::Phase;
use super::sockets::Sockets;
use super::tally::Tally;
use super::windows::{Window, Windows};
use crate::exit::Failure;

/// Warms a server up and measures it.
pub(super) async fn measure(
    args: &BenchArgs,
    server: &Server,
    what: &str,
) -> Result<Figures, Failure> {
    let load = args.load_on(server.target());
    let seconds = Duration::from_secs(u64::from(args.seconds));
    let nobody = Observers::default();
    load.run((Phase::WarmUp, seconds / 5), &nobody, &bar(what, "warm-up")).await?;
    let sockets = match args.watched() {
        0 => None,
        watched => Some(Sockets::open(&load.target, load.mix, watched).await?),
    };
    let windows = args.every.map(|_| Windows::open().map(Arc::new)).transpose()?;
    let observers = Observers { windows, pushes: sockets.as_ref().map(Sockets::pushes) };
    let before = server.reading().await;
    let running = load_in_windows(&load, &observers, (args, server), bar(what, "load"));
    let (tally, windows) = running.await?;
    let after = server.reading().await;
    let pushes = match sockets {
        Some(sockets) => Some(sockets.close().await),
        None => None,
    };
    Ok(Figures {
        tally,
        cpu: after.cpu_since(&before),
        memory: after.memory,
        latencies: after.latencies.since(&before.latencies),
        build: after.build.or(before.build),
        pushes,
        windows,
    })
}

/// Runs the load and tells of each window as it closes.
async fn load_in_windows(
    load: &Load,
    observers: &Observers,
    (args, server): (&BenchArgs, &Server),
    bar: ProgressBar,
) -> Result<(Tally, Vec<Window>), Failure> {
    let lasts = Duration::from_secs(u64::from(args.seconds));
    let mut closed = Vec::new();
    let mut run = std::pin::pin!(load.run((Phase::Measured, lasts), observers, &bar));
    let (Some(windows), Some(every)) = (&observers.windows, args.every) else {
        return Ok((run.await?, closed));
    };
    let every = Duration::from_secs(u64::from(every));
    let mut ends = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    loop {
        tokio::select! {
            biased;
            _ = ends.tick() => {
                let window = windows.close(server.reading().await.memory)?;
                tell(&window, &bar);
                closed.push(window);
            }
            tally = &mut run => return Ok((tally?, closed)),
        }
    }
}

#[expect(clippy::print_stdout, reason = "whoever runs it for long wants to see how it does")]
fn tell(window: &Window, bar: &ProgressBar) {
    let row = WindowRow::of(window);
    bar.suspend(|| println!("{row}"));
}

/// How far a part of a run is; shown on a terminal only.
pub(super) fn bar(what: &str, phase: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}");
    let bar =
        ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar.with_message(format!("{what}, {phase}"))
}
