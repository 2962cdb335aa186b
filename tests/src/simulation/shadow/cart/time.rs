//! What time does to a cart: it is left, its end nears, it ends; and the timer it counts on.

use cart_schemas::event::{Fact, Summary};
use cart_schemas::money::{Amount, Currency};
use cart_schemas::policy::Policy;
use cart_schemas::timestamp::Timestamp;

use super::line::Line;
use super::{Cart, Timer, later};

impl Cart {
    /// Everything that has come due, the earliest first.
    pub(super) fn pass(&mut self, policy: &Policy) -> Vec<(Fact, Summary)> {
        let mut told = Vec::new();
        loop {
            if let Some(paying) = &self.paying {
                if paying.until > self.ts {
                    return told;
                }
                told.extend(self.lapse());
                continue;
            }
            let left = self.left_at(policy);
            let warned = self.warned_at(policy);
            let ended = self.ended_at();
            let times = [left, warned, ended];
            match times.into_iter().flatten().min() {
                Some(time) if time <= self.ts => {
                    told.extend(if left == Some(time) {
                        self.leave()
                    } else if warned == Some(time) {
                        self.warned = true;
                        Some(self.told(Fact::ExpiryWarned))
                    } else {
                        Some(self.expire())
                    });
                }
                Some(_) | None => return told,
            }
        }
    }

    /// When the next thing happens by itself.
    fn next_at(&self, policy: &Policy) -> Option<i64> {
        if let Some(paying) = &self.paying {
            return Some(paying.until);
        }
        let times = [self.left_at(policy), self.warned_at(policy), self.ended_at()];
        times.into_iter().flatten().min()
    }

    /// The lines somebody left behind, in their currency: those in the cart, or those its end took
    /// out since he last came.
    fn left_lines(&self) -> Option<(Currency, &[Line])> {
        if !self.expired {
            return Some((self.currency?, &self.lines));
        }
        let (since, currency, lines) = self.taken_out.as_ref()?;
        (*since >= self.last_modified).then_some((*currency, lines))
    }

    fn left_at(&self, policy: &Policy) -> Option<i64> {
        self.expires_at?;
        self.left_lines()?;
        let told = self.idle.map_or(0, |(tier, _)| usize::from(tier));
        match policy.idle_tiers_seconds.get(told) {
            None | Some(0) => None,
            Some(seconds) => Some(later(self.last_modified, *seconds)),
        }
    }

    fn leave(&mut self) -> Option<(Fact, Summary)> {
        let (currency, lines) = self.left_lines()?;
        let value = lines.iter().fold(Amount::ZERO, |sum, line| sum.plus(line.costs()));
        let tier = self.idle.map_or(1, |(tier, _)| tier + 1);
        let since = Timestamp::from_micros(self.last_modified);
        let summary = self.summary(Some(currency));
        self.idle = Some((tier, self.last_modified));
        Some((Fact::CartAbandoned { tier, since, value }, summary))
    }

    /// Nobody is warned twice, of an end that has come, or before he last came himself.
    fn warned_at(&self, policy: &Policy) -> Option<i64> {
        let end = self.expires_at.filter(|end| *end > self.ts)?;
        let time = end.saturating_sub(i64::from(policy.warning_seconds) * 1_000_000);
        let late = policy.warning_seconds == 0 || time <= self.last_modified;
        let moot = self.expired || self.lines.is_empty() || self.warned;
        (!late && !moot).then_some(time)
    }

    /// A cart whose lines are on their way to another one waits for what may come back.
    fn ended_at(&self) -> Option<i64> {
        self.expires_at.filter(|_| !self.expired && self.merges.away.is_empty())
    }

    /// The lines go where a restore would find them.
    fn expire(&mut self) -> (Fact, Summary) {
        let lines = std::mem::take(&mut self.lines);
        let fact = Fact::CartExpired(lines.iter().map(Line::content).collect());
        let before = self.currency.take();
        if let (Some(currency), false) = (before, lines.is_empty()) {
            self.taken_out = Some((self.ts, currency, lines));
        }
        self.expired = true;
        (fact, self.summary(before))
    }

    /// A cart counts on a timer at or before what happens next. One that is armed, and not past by
    /// the cart's clock, will do; but a Wake has used up the one it came from.
    pub(super) fn arm(&mut self, woken: bool, policy: &Policy) {
        let Some(next) = self.next_at(policy) else {
            self.timer = None;
            return;
        };
        let (next, now) = (Timestamp::from_micros(next), self.clock());
        let serves = |timer: Timer| timer.due <= next && timer.due > now;
        if woken || !self.timer.is_some_and(serves) {
            self.timer = Some(Timer { due: next, since: now });
        }
    }
}
