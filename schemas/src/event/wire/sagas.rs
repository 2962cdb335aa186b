//! The facts of merges and checkouts, read from an event's JSON.

use super::{InvalidEvent, Reason, Wire, said};
use crate::checkout::CancelReason;
use crate::event::{Fact, ReturnReason};
use crate::id::{CheckoutId, MergeId};

impl Wire {
    pub(super) fn merged_out(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::CartMergedOut {
            merge: self.merge()?,
            to: said("toUserID", self.to.take())?,
            lines: self.lines()?,
        })
    }

    pub(super) fn merged_in(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::CartMergedIn {
            merge: self.merge()?,
            from: said("fromUserID", self.from.take())?,
            lines: self.lines()?,
            warnings: said("warnings", self.warnings.take())?,
        })
    }

    pub(super) fn merge_returned(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::MergeReturned {
            merge: self.merge()?,
            reason: self.return_reason()?,
            restorable: self.restorable,
            lines: self.lines()?,
            warnings: said("warnings", self.warnings.take())?,
        })
    }

    pub(super) fn merge_undone(&mut self) -> Result<Fact, InvalidEvent> {
        let returned = said("returned", self.returned.take())?;
        Ok(Fact::MergeUndone {
            merge: self.merge()?,
            from: said("fromUserID", self.from.take())?,
            lines: self.lines()?,
            removed: said("removed", self.removed.take())?,
            returned: self.read(returned)?,
        })
    }

    pub(super) fn checkout_started(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::CheckoutStarted {
            checkout: self.checkout()?,
            until: said("leaseUntil", self.lease_until)?,
            lines: self.lines()?,
            recovered: self.tier,
        })
    }

    pub(super) fn checkout_ready(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::CheckoutReady {
            checkout: self.checkout()?,
            until: said("leaseUntil", self.lease_until)?,
            lines: self.lines()?,
        })
    }

    pub(super) fn checkout_cancelled(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::CheckoutCancelled {
            checkout: self.checkout()?,
            reason: self.cancel_reason()?,
            lines: self.lines()?,
            short: said("short", self.short.take())?,
        })
    }

    pub(super) fn converted(&mut self) -> Result<Fact, InvalidEvent> {
        Ok(Fact::CartConverted {
            checkout: self.checkout()?,
            order: said("orderID", self.order.take())?,
            lines: self.lines()?,
            recovered: self.tier,
        })
    }

    fn merge(&self) -> Result<MergeId, InvalidEvent> {
        said("mergeID", self.merge)
    }

    fn return_reason(&self) -> Result<ReturnReason, InvalidEvent> {
        match self.reason {
            Some(Reason::Returned(reason)) => Ok(reason),
            Some(Reason::Cancelled(_)) | None => Err(InvalidEvent::Missing("reason")),
        }
    }

    fn checkout(&self) -> Result<CheckoutId, InvalidEvent> {
        said("checkoutID", self.checkout)
    }

    fn cancel_reason(&self) -> Result<CancelReason, InvalidEvent> {
        match self.reason {
            Some(Reason::Cancelled(reason)) => Ok(reason),
            Some(Reason::Returned(_)) | None => Err(InvalidEvent::Missing("reason")),
        }
    }
}
