//! A device that keeps the protocol, by another client than the cases have: its changes succeed, and
//! it is told each event of its cart in order and in the usual time.

use serde_json::json;

use cart_tests::support::node::Node;

use super::place::Place;
use crate::device::Device;

pub(super) struct Well {
    device: Device,
    user: &'static str,
    version: u64,
}

impl Well {
    /// Follows a cart and has been told it.
    pub(super) async fn of(node: &Node, user: &'static str) -> Self {
        let mut device = Device::of(node, user).await;
        let told = device.hears().await;
        assert_eq!(told["type"], "cart_state", "{told}");
        let version = told["data"]["version"].as_u64().unwrap();
        Self { device, user, version }
    }

    /// Adds a piece so often, and is told of each before the next.
    pub(super) async fn lives(&mut self, place: &Place, variant: &str, changes: u64) {
        for _ in 0..changes {
            let cart = place.add(self.user, variant).await;
            let reached = cart["version"].as_u64().unwrap();
            while self.version < reached {
                self.version += 1;
                let told = self.device.hears().await;
                let due = (&json!("cart_event"), &json!(self.version));
                assert_eq!((&told["type"], &told["data"]["version"]), due, "{told}");
            }
        }
    }
}
