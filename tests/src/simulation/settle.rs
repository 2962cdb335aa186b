//! The end of a run: faults are over, orders are finished, time passes, and everything must add up.

use std::collections::BTreeMap;

use super::audit::{Broken, Invariant};
use super::orders::Placed;
use super::plan::{Plan, SECOND};
use super::run::{Failure, Run, later};
use super::{recreated, weather};

/// How long a calm shop may take to finish everything: late appends land, owners are found,
/// statuses settle.
const SETTLED_WITHIN: i64 = 400 * SECOND;

impl Run {
    /// Faults end, orders are finished, time passes, and everything must add up.
    pub(super) fn settle(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.note("faults are over");
        self.world.set_weather(weather::fair());
        self.fleet.calm();
        let limit = later(self.world.now(), SETTLED_WITHIN);
        while !self.is_settled(plan) {
            if self.world.now() > limit {
                let what = self.unfinished(plan);
                return Err(Broken { invariant: Invariant::Progress, what }.into());
            }
            self.turn(limit)?;
        }
        let end = later(self.world.now(), plan.shape.quiet);
        while self.world.now() < end || !self.is_settled(plan) {
            if self.world.now() > later(end, SETTLED_WITHIN) {
                let what = self.unfinished(plan);
                return Err(Broken { invariant: Invariant::Progress, what }.into());
            }
            self.turn(later(self.world.now(), SECOND))?;
        }
        self.audit.settled(self.world.now())?;
        let mut sends = BTreeMap::new();
        for (command, times) in self.orders.iter().filter_map(Placed::sent) {
            *sends.entry(command).or_insert(0) += times;
        }
        for order in &self.orders {
            let sends = order.sent().and_then(|(command, _)| sends.get(&command).copied());
            order.settled(self.audit.shadow(), sends.unwrap_or(0))?;
        }
        self.wait_for_devices()?;
        self.note("all adds up");
        recreated::refuses(self)
    }

    /// Slow devices take their time, and then show what there is.
    fn wait_for_devices(&mut self) -> Result<(), Failure> {
        let limit = later(self.world.now(), SETTLED_WITHIN);
        loop {
            let mut open = self.devices.iter().filter(|device| !device.vanished);
            let Some(wrong) = open.find_map(|device| device.settled(self.audit.shadow()).err())
            else {
                return Ok(());
            };
            if self.world.now() > limit {
                return Err(wrong.into());
            }
            self.turn(later(self.world.now(), SECOND))?;
        }
    }

    /// Whether every order is done and every command is behind the committed offsets.
    fn is_settled(&self, plan: &Plan) -> bool {
        let mut partitions = plan.shape.partitions.partitions();
        let committed = partitions.all(|partition| {
            let end = self.audit.shadow().end(partition);
            end == 0 || self.world.committed(partition) == Some(end)
        });
        let mut partitions = plan.shape.partitions.partitions();
        let stocked = partitions.all(|partition| {
            let end = self.audit.stock_end(partition);
            end == 0 || self.world.stock_committed(partition) == Some(end)
        });
        committed && stocked && self.orders.iter().all(Placed::is_done)
    }

    fn unfinished(&self, plan: &Plan) -> String {
        let orders = self.orders.iter().filter(|order| !order.is_done()).count();
        let partitions = plan.shape.partitions.partitions().map(|partition| {
            let end = self.audit.shadow().end(partition);
            format!("{partition}: {:?} of {end} committed", self.world.committed(partition))
        });
        let partitions: Vec<_> = partitions.collect();
        format!("{orders} orders have no outcome; {}", partitions.join(", "))
    }
}
