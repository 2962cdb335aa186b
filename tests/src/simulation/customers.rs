//! What customers do in a run: place orders, hear answers, ask again, and keep their devices
//! connected.

use std::sync::Arc;
use std::time::Duration;

use cart_ingest::commands::Request;
use cart_schemas::command::Intent;
use cart_schemas::timestamp::Timestamp;

use super::merges;
use super::orders::{Placed, Step};
use super::plan::{Expected, Order};
use super::run::{Failure, IDLE, Run, later};
use super::selling;
use super::socket::Socket;

impl Run {
    pub(super) fn order(&mut self, order: &Order) {
        let Some(cart) = self.keys.get(order.cart).cloned() else { return };
        let version = self.audit.shadow().cart(&cart).map_or(0, |history| history.version());
        let expected_version = match order.expected {
            Expected::Any => None,
            Expected::Current => Some(version),
            Expected::Wrong => Some(version + 7),
        };
        let request = Request {
            cart,
            intent: order.intent.clone(),
            expected_version,
            idempotency_key: order.key.map(|key| key.to_string()),
            traceparent: None,
            respond_async: order.respond_async,
        };
        self.orders.push(Placed::new(request, self.world.now()));
        self.next_look = self.world.now();
    }

    /// A customer has second thoughts about a merge.
    pub(super) fn undo(&mut self, cart: usize, pick: u64) {
        let Some(cart) = self.keys.get(cart).cloned() else { return };
        let merge = merges::regretted(self.audit.shadow(), &cart, pick);
        let request = Request {
            cart,
            intent: Intent::UndoMerge { merge },
            expected_version: None,
            idempotency_key: pick.is_multiple_of(2).then(|| format!("undo {pick}")),
            traceparent: None,
            respond_async: pick.is_multiple_of(5),
        };
        self.orders.push(Placed::new(request, self.world.now()));
        self.next_look = self.world.now();
    }

    /// A customer pays for a checkout, or gives it up.
    pub(super) fn pay(&mut self, cart: usize, pick: u64) {
        let Some(cart) = self.keys.get(cart).cloned() else { return };
        let request = Request {
            intent: selling::second_step(self.audit.shadow(), &cart, pick),
            cart,
            expected_version: None,
            idempotency_key: pick.is_multiple_of(2).then(|| format!("pay {pick}")),
            traceparent: None,
            respond_async: pick.is_multiple_of(5),
        };
        self.orders.push(Placed::new(request, self.world.now()));
        self.next_look = self.world.now();
    }

    /// Customers hear answers, and do what comes next.
    pub(super) fn customers(&mut self, now: Timestamp) -> Result<(), Failure> {
        let mut heard = false;
        for (_, _, _, edge) in self.fleet.edges() {
            for (number, answer) in edge.take_answers() {
                heard = true;
                if let Some(order) = self.orders.get_mut(number) {
                    order.hear(answer, now, &self.audit)?;
                }
            }
        }
        for device in &mut self.devices {
            device.hear(&self.audit)?;
        }
        if heard || self.next_look <= now {
            self.next_look = later(now, IDLE);
            self.look_after_orders(now);
            self.look_after_devices(now);
        }
        Ok(())
    }

    fn look_after_orders(&mut self, now: Timestamp) {
        let alive: Vec<u64> = self.fleet.all_starts().collect();
        for (number, order) in self.orders.iter_mut().enumerate() {
            if order.is_done() {
                continue;
            }
            order.give_up_dead(&alive, now);
            let ready: Vec<_> = self.fleet.edges().filter(|(.., edge)| edge.is_ready()).collect();
            if ready.is_empty() {
                continue;
            }
            let Some((_, start, node, edge)) = ready.get(self.rng.usize(0..ready.len())) else {
                continue;
            };
            match order.next(now, *start) {
                None => {}
                Some(Step::Send(request)) => edge.send(node, number, request),
                Some(Step::Ask(question)) => edge.ask(node, number, question),
            }
        }
    }

    /// Devices whose connection is gone come back, to any edge.
    fn look_after_devices(&mut self, now: Timestamp) {
        for device in self.devices.iter_mut().filter(|device| !device.vanished) {
            if let Some((number, start)) = device.connected
                && self.fleet.is_over(number, start)
            {
                device.disconnect();
            }
            if device.connected.is_some() {
                continue;
            }
            let edges: Vec<_> = self.fleet.edges().collect();
            if edges.is_empty() {
                continue;
            }
            if let Some((number, start, node, edge)) = edges.get(self.rng.usize(0..edges.len())) {
                let pace = Duration::from_micros(u64::try_from(device.pace).unwrap_or_default());
                let socket = Socket::new(device.key.clone(), device.comes_back_with(), pace);
                edge.join(node, Arc::clone(&socket));
                device.connect(socket, (*number, *start), now);
            }
        }
    }
}
