//! The simulation's own promises: it repeats, it cuts down, it knows when it proved nothing.

use super::audit::Invariant;
use super::census::Census;
use super::mutant::{Mutant, Sabotage, Subject};
use super::plan::Plan;
use super::run::{Failure, run};
use super::seeds::{REGRESSIONS, catching};
use super::shrink::shrink;

#[test]
fn a_seed_repeats_exactly() {
    let plan = Plan::of(7);

    let (one, other) = (run(&plan, Subject(None), true), run(&plan, Subject(None), true));

    assert!(one.trace.len() > 1_000);
    assert_eq!(one.trace, other.trace);
}

#[test]
fn the_seeds_of_old_defects_are_green() {
    for (seed, what) in REGRESSIONS {
        let failure = run(&Plan::of(*seed), Subject(None), false).failure;
        assert!(failure.is_none(), "{what}: {failure:?}");
    }
}

#[test]
fn every_mutant_has_a_seed_known_to_catch_it() {
    let without: Vec<_> = Mutant::ALL.into_iter().filter(|one| catching(*one).is_none()).collect();

    assert_eq!(without, []);
}

#[test]
fn a_failing_plan_is_cut_down_and_breaks_the_same_invariant() {
    let subject = Subject(Some(Mutant::Around(Sabotage::EventsTellTheTime)));
    let plan = Plan::of(1);
    let acts = plan.items.len();

    let shrunk = shrink(plan, subject, Some(Invariant::OneContent));

    assert!(shrunk.plan.items.len() <= 2, "{} of {acts}", shrunk.plan.items.len());
    let failure = shrunk.report.failure;
    assert!(
        matches!(&failure, Some(Failure::Broken(broken)) if broken.invariant == Invariant::OneContent)
    );
}

#[test]
fn a_thousand_seeds_in_which_nothing_happened_prove_nothing() {
    let of = |seeds| {
        let mut census = Census::default();
        census.seeds += seeds;
        census
    };
    let (few, many) = (of(999), of(1_000));

    assert!(few.too_rare().is_empty());
    let rare = many.too_rare().join("\n");
    for name in ["append_late", "zombie", "add_item", "import", "internal", "steps"] {
        assert!(rare.contains(name), "{name}: {rare}");
    }
}
