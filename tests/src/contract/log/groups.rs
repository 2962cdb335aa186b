//! What membership of a group promises.

use std::time::Duration;

use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log, Tail, TailEvent, TopicPartition};

use super::member::{Member, run_until};
use super::{append_numbered, assigned, event, fresh, numbered, place, within};

/// The topic whose partitions are shared.
const TOPIC: Topic = Topic::Commands;

async fn all<L: Log>(log: &L) -> Vec<u16> {
    let count = within(log.partitions(TOPIC)).await.expect("partitions");
    count.partitions().map(|partition| partition.number()).collect()
}

/// Whether members own every partition once.
fn share<L: Log, const N: usize>(members: [&Member<L>; N], all: &[u16]) -> bool {
    let mut owned: Vec<_> = members.iter().flat_map(|member| member.owned()).collect();
    owned.sort_unstable();
    owned == all && members.iter().all(|member| !member.owned().is_empty())
}

/// Leaving never has to wait for anybody.
async fn leave<T: Tail>(tail: T) {
    let limit = Duration::from_secs(5);
    tokio::time::timeout(limit, tail.close()).await.expect("a tail closes at once");
}

pub async fn nothing_is_committed_at_first<L: Log>(log: &L) {
    let committed = within(log.committed(&fresh("nothing"), place(TOPIC, 0))).await;

    assert_eq!(committed.expect("an answer"), None);
}

pub async fn a_member_begins_at_what_another_committed<L: Log>(log: &L) {
    let (key, group, at) = (fresh("commit"), fresh("commit"), place(TOPIC, 1));
    let all = all(log).await;
    let first = append_numbered(log, at, &key, 10).await;
    let mut one = Member::join(log, &group, TOPIC);
    run_until([&mut one], |[one]| one.next.get(&1).is_some_and(|next| *next > first + 5)).await;

    one.commit(at, first + 5).await;

    assert_eq!(within(log.committed(&group, at)).await.expect("an answer"), Some(first + 5));
    leave(one.into_tail()).await;
    let mut other = Member::join(log, &group, TOPIC);
    run_until([&mut other], |[other]| other.owned() == all && other.seen > 0).await;
    // It checks that its records begin at the commit, and that none is left out.
    run_until([&mut other], |[other]| other.next.get(&1).is_some_and(|next| *next >= first + 10))
        .await;
}

pub async fn members_share_the_partitions<L: Log>(log: &L) {
    let (key, group, all) = (fresh("share"), fresh("share"), all(log).await);
    let mut one = Member::join(log, &group, TOPIC);
    run_until([&mut one], |[one]| one.owned() == all).await;
    let mut other = Member::join(log, &group, TOPIC);

    // Records flow all the time; each member checks that it gets those of its partitions only,
    // and without a hole.
    let mut number = 0;
    while !share([&one, &other], &all) {
        for partition in &all {
            drop(log.append(Lane::Facts, place(TOPIC, *partition), numbered(&key, number)));
        }
        number += 1;
        one.step().await;
        other.step().await;
        assert!(number < 1_500, "{:?} and {:?} own {all:?}", one.owned(), other.owned());
    }

    let mut last = Vec::new();
    for partition in &all {
        last.push((*partition, append_numbered(log, place(TOPIC, *partition), &key, 1).await));
    }
    let reached = |member: &Member<L>, partition: u16, offset: i64| {
        member.next.get(&partition).is_some_and(|next| *next > offset)
    };
    run_until([&mut one, &mut other], |[one, other]| {
        last.iter().all(|(at, offset)| reached(one, *at, *offset) || reached(other, *at, *offset))
    })
    .await;
}

pub async fn a_closed_member_hands_its_partitions_over<L: Log>(log: &L) {
    let (group, all) = (fresh("close"), all(log).await);
    let mut one = Member::join(log, &group, TOPIC);
    let mut other = Member::join(log, &group, TOPIC);
    run_until([&mut one, &mut other], |members| share(members, &all)).await;

    leave(one.into_tail()).await;

    run_until([&mut other], |[other]| other.owned() == all).await;
}

pub async fn commits_before_a_closing_are_kept<L: Log>(log: &L) {
    let (key, group, at) = (fresh("kept"), fresh("kept"), place(TOPIC, 0));
    let all = all(log).await;
    let first = append_numbered(log, at, &key, 30).await;
    let mut one = Member::join(log, &group, TOPIC);
    run_until([&mut one], |[one]| one.owned() == all).await;

    let mut tail = one.into_tail();
    for done in 1..=30 {
        tail.commit(&[(at, first + done)]);
    }
    leave(tail).await;

    assert_eq!(within(log.committed(&group, at)).await.expect("an answer"), Some(first + 30));
}

pub async fn a_dropped_member_hands_its_partitions_over<L: Log>(log: &L) {
    let (group, all) = (fresh("drop"), all(log).await);
    let mut one = Member::join(log, &group, TOPIC);
    let mut other = Member::join(log, &group, TOPIC);
    run_until([&mut one, &mut other], |members| share(members, &all)).await;

    drop(one);

    run_until([&mut other], |[other]| other.owned() == all).await;
}

pub async fn a_release_comes_after_the_commits_before_it<L: Log>(log: &L) {
    let (key, group, all) = (fresh("release"), fresh("release"), all(log).await);
    for partition in &all {
        append_numbered(log, place(TOPIC, *partition), &key, 20).await;
    }
    let mut one = Member::join(log, &group, TOPIC);
    run_until([&mut one], |[one]| one.owned() == all && one.seen >= 20 * all.len()).await;
    let before = one.next.clone();

    // A member commits and releases in one breath when it must give up partitions.
    let mut other = Member::join(log, &group, TOPIC);
    run_until([&mut one, &mut other], |members| share(members, &all)).await;

    for moved in other.owned() {
        let at = place(TOPIC, moved);
        let committed = within(log.committed(&group, at)).await.expect("an answer");
        assert!(committed >= before.get(&moved).copied(), "{at:?} {committed:?} {before:?}");
    }
}

pub async fn nothing_of_a_revoked_partition_comes_before_its_release<L: Log>(log: &L) {
    let (key, group, all) = (fresh("revoked"), fresh("revoked"), all(log).await);
    let mut one = Member::join(log, &group, TOPIC);
    run_until([&mut one], |[one]| one.owned() == all).await;
    let mut tail = one.into_tail();
    let mut other = Member::join(log, &group, TOPIC);

    // Records arrive before the revocation and while it waits for the release.
    let mut revoked = Vec::new();
    let mut turns_left = 40;
    while turns_left > 0 {
        for partition in &all {
            drop(log.append(Lane::Facts, place(TOPIC, *partition), numbered(&key, turns_left)));
        }
        match tokio::time::timeout(Duration::from_millis(5), tail.next()).await {
            Ok(TailEvent::Revoking(partitions)) => revoked = partitions,
            Ok(TailEvent::Records(at, _)) => assert!(!revoked.contains(&at), "{at:?} is revoked"),
            _ => {}
        }
        other.step().await;
        assert!(other.owned().is_empty(), "partitions moved without a release");
        turns_left -= usize::from(!revoked.is_empty());
    }
    tail.release(&revoked);

    let moved: Vec<_> = revoked.iter().map(|at| at.partition.number()).collect();
    run_until([&mut other], |[other]| moved.iter().all(|number| other.owned().contains(number)))
        .await;
}

pub async fn a_member_may_leave_instead_of_releasing<L: Log>(log: &L) {
    let (group, all) = (fresh("instead"), all(log).await);
    let mut one = Member::join(log, &group, TOPIC);
    run_until([&mut one], |[one]| one.owned() == all).await;
    let mut tail = one.into_tail();
    let mut other = Member::join(log, &group, TOPIC);
    within(async { while !matches!(tail.next().await, TailEvent::Revoking(_)) {} }).await;

    leave(tail).await;

    run_until([&mut other], |[other]| other.owned() == all).await;
}

pub async fn a_member_may_leave_at_once<L: Log>(log: &L) {
    let (group, all) = (fresh("at-once"), all(log).await);
    for patience_ms in [0, 1, 10, 50, 100, 200] {
        let mut tail = log.subscribe(&group, TOPIC).expect("a tail");
        drop(tokio::time::timeout(Duration::from_millis(patience_ms), tail.next()).await);
        // A log may first have to end the joining that it has begun.
        within(tail.close()).await;
    }

    let mut member = Member::join(log, &group, TOPIC);
    run_until([&mut member], |[member]| member.owned() == all).await;
}

pub async fn partitions_wait_for_their_start<L: Log>(log: &L) {
    let (key, group, all) = (fresh("start"), fresh("start"), all(log).await);
    let first = append_numbered(log, place(TOPIC, 0), &key, 10).await;
    let mut tail = log.subscribe(&group, TOPIC).expect("a tail");
    let mut ours = Vec::new();
    while ours.len() < all.len() {
        ours.extend(assigned(&mut tail).await);
    }

    let early = tokio::time::timeout(Duration::from_millis(300), tail.next()).await;
    assert!(early.is_err(), "{early:?} before the start");
    let end = |at: &TopicPartition| (*at, if at.partition.number() == 0 { first + 3 } else { 0 });
    let starts: Vec<_> = ours.iter().filter(|at| at.partition.number() == 0).map(end).collect();
    tail.start(&starts);

    let TailEvent::Records(at, records) = event(&mut tail).await else { panic!("no records") };
    assert_eq!(
        (at, records.first().map(|record| record.offset)),
        (place(TOPIC, 0), Some(first + 3))
    );
    leave(tail).await;
}

pub async fn groups_do_not_share_their_commits<L: Log>(log: &L) {
    let (key, at, all) = (fresh("apart"), place(TOPIC, 0), all(log).await);
    let first = append_numbered(log, at, &key, 5).await;
    let (mine, yours) = (fresh("apart"), fresh("apart"));
    let mut member = Member::join(log, &mine, TOPIC);
    run_until([&mut member], |[member]| member.owned() == all).await;

    member.commit(at, first + 5).await;

    assert_eq!(within(log.committed(&mine, at)).await.expect("an answer"), Some(first + 5));
    assert_eq!(within(log.committed(&yours, at)).await.expect("an answer"), None);
}
