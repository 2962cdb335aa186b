//! The consumer rule, case by case.

use super::*;

/// The `n`-th of `of` events of a version; the event itself is its name.
fn place(version: u64, n: u16, of: u16) -> (Place, String) {
    (Place { version, n, of }, format!("{version}:{n}"))
}

fn push(follow: &mut Follow<String>, (place, event): (Place, String)) {
    follow.push(place, event);
}

/// A reader that was sent the cart at `version`.
fn following(version: u64) -> Follow<String> {
    let mut follow = Follow::new(4, None);
    assert_eq!(follow.todo(), Todo::Read);
    assert!(follow.read(version));
    follow
}

fn event(name: &str) -> Todo<String> {
    Todo::Event(name.to_owned())
}

#[test]
fn a_join_reads_first_and_drops_what_the_state_already_shows() {
    let mut follow = Follow::new(4, None);
    push(&mut follow, place(4, 0, 1));

    assert_eq!(follow.todo(), Todo::Read);
    push(&mut follow, place(5, 0, 1));
    push(&mut follow, place(6, 0, 1));
    assert_eq!(follow.todo(), Todo::Wait);
    assert!(follow.read(5));

    assert_eq!(follow.todo(), event("6:0"));
    assert_eq!(follow.todo(), Todo::Wait);
}

#[test]
fn repeated_events_are_dropped() {
    let mut follow = following(1);
    for repeated in [place(2, 0, 1), place(2, 0, 1), place(1, 0, 1), place(3, 0, 1)] {
        push(&mut follow, repeated);
    }

    assert_eq!(follow.todo(), event("2:0"));
    assert_eq!(follow.todo(), event("3:0"));
    assert_eq!(follow.todo(), Todo::Wait);
}

#[test]
fn the_events_of_one_version_come_in_order_and_all_before_the_next() {
    let mut follow = following(1);
    for next in [place(2, 0, 2), place(2, 0, 2), place(2, 1, 2), place(3, 0, 1)] {
        push(&mut follow, next);
    }

    assert_eq!(follow.todo(), event("2:0"));
    assert_eq!(follow.todo(), event("2:1"));
    assert_eq!(follow.todo(), event("3:0"));

    push(&mut follow, place(4, 0, 2));
    push(&mut follow, place(5, 0, 1));
    assert_eq!(follow.todo(), event("4:0"));
    assert_eq!(follow.todo(), Todo::Read);
}

#[test]
fn any_gap_is_answered_by_reading_again() {
    for gap in [place(3, 0, 1), place(2, 1, 2), place(9, 3, 4)] {
        let mut follow = following(1);
        let version = gap.0.version;
        push(&mut follow, gap);

        assert_eq!(follow.todo(), Todo::Read);
        assert!(follow.read(version));
        assert_eq!(follow.todo(), Todo::Wait);
    }
}

#[test]
fn the_event_that_showed_the_gap_is_sent_if_the_store_shows_the_version_before_it() {
    let mut follow = following(1);
    push(&mut follow, place(3, 0, 1));

    assert_eq!(follow.todo(), Todo::Read);
    assert!(follow.read(2));

    assert_eq!(follow.todo(), event("3:0"));
}

#[test]
fn when_too_many_events_wait_the_store_is_read_instead() {
    let mut follow = following(0);
    (1..=6).for_each(|version| push(&mut follow, place(version, 0, 1)));

    assert_eq!(follow.todo(), Todo::Read);
    assert!(follow.read(6));
    assert_eq!(follow.todo(), Todo::Wait);

    push(&mut follow, place(7, 0, 1));
    assert_eq!(follow.todo(), event("7:0"));
}

#[test]
fn a_read_during_which_events_were_missed_does_not_count() {
    let mut follow = Follow::<String>::new(4, None);

    assert_eq!(follow.todo(), Todo::Read);
    follow.reset();
    assert!(!follow.read(3));

    assert_eq!(follow.todo(), Todo::Read);
    assert!(follow.read(3));
}

#[test]
fn a_reader_is_never_sent_an_older_cart_than_it_has() {
    let mut follow = following(5);
    follow.reset();

    assert_eq!(follow.todo(), Todo::Read);
    assert!(!follow.read(4));
    assert_eq!(follow.todo(), Todo::Read);
    assert!(follow.read(5));
}

#[test]
fn a_reader_that_never_catches_up_is_given_up() {
    let mut follow = following(0);
    let mut reads = 1;
    let end = loop {
        follow.reset();
        let todo = follow.todo();
        if todo != Todo::Read {
            break todo;
        }
        reads += 1;
        assert!(follow.read(reads));
    };

    assert_eq!((end, reads), (Todo::GiveUp, u64::from(CATCH_UPS_MAX)));
}

#[test]
fn a_reader_that_catches_up_now_and_then_is_kept() {
    let mut follow = following(0);

    for version in 1..100 {
        assert_eq!(follow.todo(), Todo::Wait);
        follow.reset();
        assert_eq!(follow.todo(), Todo::Read);
        assert!(follow.read(version));
    }
}

/// What a reader that has version 5 is sent of a cart at `version` whose last events are these.
fn resumes(version: u64, recent: &[(Place, String)]) -> Shown<String> {
    let mut follow = Follow::<String>::new(4, Some(5));
    assert_eq!(follow.todo(), Todo::Read);
    follow.show(version, recent.iter().cloned())
}

fn missed(names: &[&str]) -> Shown<String> {
    Shown::Missed(names.iter().map(ToString::to_string).collect())
}

#[test]
fn a_reader_that_comes_back_is_sent_what_it_missed_and_no_more() {
    let recent = [place(4, 0, 1), place(5, 0, 1), place(6, 0, 2), place(6, 1, 2), place(7, 0, 1)];

    assert_eq!(resumes(7, &recent), missed(&["6:0", "6:1", "7:0"]));
    assert_eq!(resumes(5, &recent[..2]), missed(&[]));
    assert_eq!(resumes(5, &[]), missed(&[]));
}

#[test]
fn a_reader_that_missed_more_than_is_known_is_sent_the_whole_cart() {
    let again = Shown::Whole { again: true };

    assert_eq!(resumes(7, &[place(7, 0, 1)]), again);
    assert_eq!(resumes(7, &[]), again);
    assert_eq!(resumes(6, &[place(6, 0, 2)]), again);
    assert_eq!(resumes(4, &[place(4, 0, 1)]), again, "of a version there is not");
}

#[test]
fn a_reader_that_has_nothing_is_sent_the_whole_cart_as_its_first() {
    let mut follow = Follow::<String>::new(4, None);

    assert_eq!(follow.todo(), Todo::Read);
    assert_eq!(follow.show(1, [place(1, 0, 1)]), Shown::Whole { again: false });
}

#[test]
fn a_reader_that_was_told_half_of_a_version_is_sent_the_other_half() {
    let mut follow = following(1);
    push(&mut follow, place(2, 0, 2));
    assert_eq!(follow.todo(), event("2:0"));
    follow.reset();

    assert_eq!(follow.todo(), Todo::Read);
    let recent = [place(2, 0, 2), place(2, 1, 2), place(3, 0, 1)];
    assert_eq!(follow.show(3, recent), missed(&["2:1", "3:0"]));
    assert_eq!(follow.todo(), Todo::Wait);
}

#[test]
fn a_read_that_does_not_count_sends_nothing() {
    let mut follow = following(5);
    follow.reset();

    assert_eq!(follow.todo(), Todo::Read);
    assert_eq!(follow.show(4, [place(4, 0, 1)]), Shown::Nothing);
}
