//! What becomes of nodes while they run: they are killed, stopped, put to sleep and cut off.

use cart_schemas::timestamp::Timestamp;
use cart_storage::simulated::ClientId;

use super::{Fleet, Mishap, Place, Running, Software};

impl Fleet {
    fn running(&mut self, number: usize) -> Option<&mut Running> {
        match self.places.get_mut(number)? {
            Place::Up(running) => Some(running),
            Place::Down(_) => None,
        }
    }

    /// Kills a node after so many more of its effects; 0 is at once.
    pub fn doom(&mut self, number: usize, after_effects: u32, down: i64) {
        let Some(running) = self.running(number) else { return };
        if after_effects == 0 {
            self.crash(number, down);
        } else if running.doomed.is_none() {
            running.doomed = Some((after_effects, down));
        }
    }

    /// A request of a process took effect: those doomed to die now do.
    pub fn effect_of(&mut self, client: ClientId) {
        for number in 0..self.places.len() {
            let Some(Place::Up(running)) = self.places.get_mut(number) else { continue };
            if running.node.id() != client {
                continue;
            }
            match &mut running.doomed {
                None => {}
                Some((0 | 1, down)) => {
                    let down = *down;
                    self.crash(number, down);
                }
                Some((left, _)) => *left -= 1,
            }
            return;
        }
    }

    /// Kills every node that is up; each starts again after so long.
    pub fn crash_all(&mut self, down: i64) {
        (0..self.places.len()).for_each(|number| self.crash(number, down));
    }

    fn crash(&mut self, number: usize, down: i64) {
        let now = self.world.now();
        let Some(running) = self.running(number) else { return };
        let id = running.node.id();
        self.world.kill(id);
        self.mishaps.push(Mishap::Crash);
        if let Some(place) = self.places.get_mut(number) {
            *place = Place::Down(Timestamp::from_micros(now.micros() + down));
        }
    }

    /// Asks a node to stop; edges simply end.
    pub fn stop(&mut self, number: usize, down: i64) {
        let Some(running) = self.running(number) else { return };
        match &running.software {
            Software::Processor { stop, .. } => stop.cancel(),
            Software::Edge(_) => self.crash(number, down),
        }
    }

    /// Stops a node as SIGSTOP does.
    pub fn freeze(&mut self, number: usize, until: Timestamp) {
        let Some(running) = self.running(number) else { return };
        if running.frozen_until.is_none() {
            running.frozen_until = Some(until);
            let id = running.node.id();
            self.world.freeze(id);
            self.mishaps.push(Mishap::Zombie);
        }
    }

    /// Cuts a node off from the coordinator.
    pub fn deafen(&mut self, number: usize, until: Timestamp) {
        let Some(running) = self.running(number) else { return };
        let id = running.node.id();
        self.world.deafen(id, until);
    }

    /// Every node goes on from now on, and nothing more is planned for any.
    pub fn calm(&mut self) {
        let now = self.world.now();
        for place in &mut self.places {
            match place {
                Place::Up(running) => {
                    running.doomed = None;
                    running.frozen_until = running.frozen_until.map(|_| now);
                }
                Place::Down(until) => *until = (*until).min(now),
            }
        }
    }
}
