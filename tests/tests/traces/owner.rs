//! What an owner does, in the verbs a trace of the model is written in: it takes records, its write
//! lands, it emits; it crashes, drops its memory, or stays as a zombie and does any of it late.

use std::collections::VecDeque;
use std::ops::Range;

use cart_processor::defects::{Defect, Defects as _};
use cart_processor::fold::Carts;
use cart_processor::timers::Slot;
use cart_processor::worker::{Action, Begin, Effect, Input, StopReason, Worker};
use cart_schemas::record::CartRecord;
use cart_schemas::timestamp::Timestamp;
use cart_tests::simulation::mutant::Subject;
use cart_tests::simulation::surroundings::Surroundings;
use tokio::time::Instant;

use crate::request::at;
use crate::trace::{LOG, P, Trace};

/// One of the owners there have been.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who(pub(crate) usize);

/// An owner, and what it wants done and has not been done yet.
#[derive(Debug)]
pub(crate) struct Owner {
    worker: Worker<Carts<Subject>>,
    held: VecDeque<Effect>,
    /// The offset reading goes on at.
    pub(crate) next: i64,
    /// The record to be compared before anything is decided, if it lies ahead.
    witness: Option<i64>,
    /// Its scanner's oldest slot: it notes no timer behind that.
    pub(crate) slot: Slot,
    pub(crate) frontier: i64,
    pub(crate) stopped: Option<StopReason>,
    machine: Surroundings,
}

impl Owner {
    /// An owner that begins without memory.
    pub(crate) fn new(subject: Subject, begin: Begin, slot: Slot) -> Self {
        let mut worker = Worker::new(Carts { defects: subject }, LOG, 1 << 20);
        let (frontier, witness) = (begin.frontier, ahead(&begin));
        worker.on(Input::Begin(P, begin));
        let machine = Surroundings::new(Instant::now(), Timestamp::default(), 0);
        let held = VecDeque::new();
        let next = frontier;
        Self { worker, held, next, witness, slot, frontier, stopped: None, machine }
    }
}

impl Trace {
    /// This owner's wall clock tells this second now.
    pub(crate) fn set_clock(&mut self, who: Who, seconds: i64) {
        self.owners[who.0].machine = Surroundings::new(Instant::now(), at(seconds), 0);
    }

    /// The owner reads these records, loads the cart if it must, and goes as far as it can without
    /// changing anything outside.
    pub(crate) fn take(&mut self, who: Who, offsets: Range<usize>) {
        if let Some(witness) = self.owners[who.0].witness.take() {
            let record = self.log[usize::try_from(witness).unwrap()].clone();
            self.tell(who, Input::Records(P, vec![record]));
        }
        self.owners[who.0].next = i64::try_from(offsets.end).unwrap();
        let records = self.log[offsets].to_vec();
        self.tell(who, Input::Records(P, records));
    }

    /// It reads everything from where it stands.
    pub(crate) fn read_on(&mut self, who: Who) {
        let next = usize::try_from(self.owners[who.0].next).unwrap();
        self.take(who, next..self.log.len());
    }

    /// What it must write before its emission lands, in its order, up to the cart itself.
    pub(crate) fn store(&mut self, who: Who) {
        while let Some(action) = self.held(who) {
            let last = matches!(action, Action::Store(_));
            if matches!(action, Action::Emit(_)) {
                return;
            }
            self.do_next(who);
            if last {
                return;
            }
        }
    }

    /// Its emission lands, and whatever comes before it; it then hears that it has.
    pub(crate) fn emit(&mut self, who: Who) {
        while let Some(action) = self.held(who) {
            let last = matches!(action, Action::Emit(_));
            self.do_next(who);
            if last {
                return;
            }
        }
    }

    /// All that is in its hands lands.
    pub(crate) fn finish(&mut self, who: Who) {
        while self.held(who).is_some() {
            self.do_next(who);
        }
    }

    /// Nothing of this owner ever lands any more.
    pub(crate) fn crash(&mut self, who: Who) {
        self.owners[who.0].held.clear();
    }

    /// Memory is dropped, and what is in its hands with it. Reading goes on at the committed
    /// offset; a mutant's goes on where it stands.
    pub(crate) fn drop_memory(&mut self, who: Who) {
        let begin = self.begin();
        let committed = begin.frontier;
        let owner = &mut self.owners[who.0];
        owner.witness = ahead(&begin);
        owner.held.clear();
        owner.worker.on(Input::Drop(P));
        owner.worker.on(Input::Begin(P, begin));
        if !self.subject.has(Defect::NoRewind) {
            owner.next = committed;
        }
    }

    /// What a producer without order does to the emission in hand.
    pub(crate) fn disorder(&mut self, who: Who) {
        self.store(who);
        while !matches!(self.held(who), Some(Action::Emit(_)) | None) {
            self.do_next(who);
        }
        if let Some(Action::Emit(emission)) = self.held(who) {
            emission.facts.reverse();
        }
    }

    /// The record it is about to store.
    pub(crate) fn amend(&mut self, who: Who, amend: impl Fn(&mut CartRecord)) {
        while !matches!(self.held(who), Some(Action::Store(_)) | None) {
            self.do_next(who);
        }
        let Some(Action::Store(writes)) = self.held(who) else { panic!("nothing to store") };
        let mut record = CartRecord::decode(&writes[0].cell).unwrap();
        amend(&mut record);
        writes[0].cell = record.encode().into();
    }

    fn held(&mut self, who: Who) -> Option<&mut Action> {
        self.owners[who.0].held.front_mut().map(|effect| &mut effect.action)
    }

    /// The next thing in its hands happens, and it hears of it.
    fn do_next(&mut self, who: Who) {
        let Some(effect) = self.owners[who.0].held.pop_front() else { return };
        if let Some(done) = self.carry_out(who, effect.action) {
            self.tell(who, Input::Done(P, effect.ticket, done));
        }
    }

    /// Tells an owner something; what it only reads, it gets at once.
    pub(crate) fn tell(&mut self, who: Who, input: Input) {
        let owner = &mut self.owners[who.0];
        let worker = &mut owner.worker;
        owner.held.extend(owner.machine.within(|| worker.on(input)));
        while self.held(who).is_some_and(|action| reads(action)) {
            self.do_next(who);
        }
    }
}

/// The record a memory begins with comparing, where that is not among the first it reads.
fn ahead(begin: &Begin) -> Option<i64> {
    let witness = begin.witness.as_ref().map(|witness| witness.offset);
    witness.filter(|offset| *offset > begin.frontier)
}

/// Whether an effect changes nothing outside.
fn reads(action: &Action) -> bool {
    match action {
        Action::Arm(_) | Action::Store(_) | Action::Mark(_) | Action::Emit(_) => false,
        Action::Load(_)
        | Action::Advance(_)
        | Action::Pause
        | Action::Resume
        | Action::Rewind(_)
        | Action::Drained
        | Action::BeginAnew
        | Action::Stop(_) => true,
    }
}
