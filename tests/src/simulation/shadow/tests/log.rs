//! The rules of the log, by hand: ids, memory, letters, newer builds.

use cart_schemas::id::CommandId;
use cart_schemas::partition::PartitionCount;
use uuid::Uuid;

use super::*;
use crate::simulation::shadow::samples::user;

#[test]
fn an_id_is_remembered_for_seventy_two_decisions() {
    let mut teller = two_shirts();
    let again = envelope(0, add("p1", 2));
    let other = envelope(0, Command::Clear);

    for second in 11..(11 + 71) {
        teller.tell(second, Command::Clear);
    }
    let remembered = teller.envelope(100, &again);
    let conflict = teller.envelope(100, &other);
    assert!(matches!(remembered, Verdict::Remembered(first) if first.number == 0));
    assert!(matches!(conflict, Verdict::Conflict { first, .. } if first.number == 0));

    teller.tell(101, Command::Clear);
    assert!(teller.envelope(102, &again).decided().is_some());
    let id = CommandId::from_uuid(Uuid::from_u64_pair(7, 0));
    assert_eq!(teller.shadow.command(id).unwrap().number, 0);
    assert_eq!(teller.shadow.asked(id).count(), 4);
}

#[test]
fn a_record_keeps_eight_whole_and_sixty_four_as_fingerprints() {
    let mut teller = Teller::new();
    for second in 0..80 {
        teller.tell(second, Command::Clear);
    }

    let history = teller.shadow.cart(&user()).unwrap();

    let numbers = |kept: &[Arc<Decision>]| (kept[0].number, kept.len());
    assert_eq!(numbers(history.ledger(79)), (72, 8));
    assert_eq!(numbers(history.fingerprints(79)), (8, 64));
    assert_eq!((history.ledger(2).len(), history.fingerprints(2).len()), (3, 0));
}

#[test]
fn what_is_no_command_is_a_letter_and_what_is_newer_stops_the_partition() {
    let mut shadow = Shadow::new(PartitionCount::new(8).unwrap());
    let home = PartitionCount::new(8).unwrap().partition_of(b"user123");
    let good = record(0, at(0), &envelope(1, Command::Clear));
    let empty = Record { value: None, ..good.clone() };
    let broken = Record { value: Some("no".into()), ..good.clone() };
    let foreign = Record { key: Some("other".into()), ..good.clone() };
    let text = String::from_utf8(good.value.clone().unwrap().to_vec()).unwrap();
    let newer = text.replace("\"schema\":1", "\"schema\":2");
    let newer = Record { value: Some(newer.into()), ..good.clone() };

    let astray = Partition::new((home.number() + 1) % 8);
    assert_eq!(*shadow.append(astray, &good), Verdict::Letter("WrongPartition"));
    let letters = [(&empty, "Empty"), (&broken, "Undecodable"), (&foreign, "ForeignKey")];
    for (record, class) in letters {
        assert_eq!(*shadow.append(home, record), Verdict::Letter(class));
    }
    assert_eq!(*shadow.append(home, &newer), Verdict::Newer);
    assert_eq!(*shadow.append(home, &good), Verdict::Unreached);
    assert_eq!(shadow.end(home), 5);
}
