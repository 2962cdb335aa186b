//! Laws of a cart somebody pays for: there is one checkout at a time, what it sells stays as it is, and
//! nothing leaves the cart but by a sale.

use cart_schemas::cart::News;
use cart_schemas::event::Fact;
use cart_schemas::id::CheckoutId;

use super::*;

/// Those about a checkout name none yet, see [`about`].
pub(super) fn command() -> impl Strategy<Value = Command> {
    let nobodys = CheckoutId::from_command(CommandId::from_uuid(Uuid::nil()));
    let differing = (item(), prop::option::weighted(0.9, price()))
        .prop_map(|(item, price)| Quote { item, price });
    let checkout = (any::<bool>(), prop::collection::vec(differing, 0..3))
        .prop_map(|(accept_prices, differing)| Command::Checkout { accept_prices, differing });
    let reserved = (item(), prop::bool::weighted(0.95), 0..9u32).prop_map(
        move |(item, granted, available)| Command::Reserved {
            checkout: nobodys,
            item,
            granted,
            available,
        },
    );
    let news = (price(), 0..9u64).prop_map(|(price, number)| News { price, number });
    let refresh = (item(), any::<bool>(), news, prop::bool::weighted(0.9), others());
    let refresh = refresh.prop_map(|(item, available, news, dollars, others)| Command::Refresh {
        item,
        currency: if dollars { "USD" } else { "JPY" }.parse().unwrap(),
        available,
        news,
        others,
    });
    prop_oneof![
        3 => checkout,
        9 => reserved,
        3 => (0..2u8).prop_map(move |order| Command::Complete {
            checkout: nobodys,
            order: format!("order-{order}").parse().unwrap(),
        }),
        1 => Just(Command::CancelCheckout { checkout: nobodys }),
        3 => refresh,
    ]
}

/// The command about the last checkout that was asked for, and whether it comes within the lease.
pub(super) fn about(
    command: Command,
    id: CommandId,
    last: &mut Option<CheckoutId>,
) -> (Command, bool) {
    let own = CheckoutId::from_command(id);
    let known = last.unwrap_or(own);
    if matches!(command, Command::Checkout { .. }) {
        *last = Some(own);
    }
    let mut command = command;
    let (Command::Complete { checkout, .. }
    | Command::CancelCheckout { checkout }
    | Command::Reserved { checkout, .. }) = &mut command
    else {
        return (command, false);
    };
    *checkout = known;
    (command, true)
}

fn quantity(cart: &Cart, item: &ItemId) -> u32 {
    cart.line(item).map_or(0, |line| line.quantity.get())
}

proptest! {
    #[test]
    fn what_somebody_pays_for_stays_as_it_is_until_it_is_sold_or_not(log in log()) {
        let (_, steps) = run(CartRecord::default(), &log, 0);
        let mut cart = Cart::default();

        for event in decided(&steps) {
            let after = evolve(cart.clone(), &event);
            if let Some(checkout) = &cart.checkout {
                let sold = matches!(event.fact, Fact::CartConverted { .. });
                for line in &cart.lines {
                    let charged = checkout.lines.iter().find(|one| one.item == line.item);
                    let charged = charged.filter(|_| sold).map_or(0, |one| one.quantity.get());
                    prop_assert!(quantity(&after, &line.item) + charged >= line.quantity.get());
                }
                for line in &checkout.lines {
                    prop_assert!(quantity(&cart, &line.item) >= line.quantity.get());
                }
                if let Some(still) = &after.checkout {
                    prop_assert_eq!((still.id, &still.lines), (checkout.id, &checkout.lines));
                    prop_assert_eq!(still.until, checkout.until);
                }
            }
            cart = after;
        }
    }

    #[test]
    fn a_checkout_begins_where_none_is_and_only_the_one_under_way_ends(log in log()) {
        let (_, steps) = run(CartRecord::default(), &log, 0);
        let mut current = None;

        for event in decided(&steps) {
            if let Fact::CheckoutStarted { checkout, .. } = event.fact {
                prop_assert_eq!(current.replace(checkout), None);
            } else if let Fact::CheckoutReady { checkout, .. } = event.fact {
                prop_assert_eq!(current, Some(checkout));
            } else if let Fact::CheckoutCancelled { checkout, .. }
            | Fact::CartConverted { checkout, .. } = event.fact
            {
                prop_assert_eq!(current.take(), Some(checkout));
            }
        }
    }

    #[test]
    fn a_cart_awaits_answers_while_it_is_locked_and_is_told_only_of_what_it_holds(log in log()) {
        let mut record = CartRecord::default();

        for (offset, (appended, envelope)) in log.iter().enumerate() {
            step(&mut record, placement(offset, *appended), envelope);

            let CartRecord { cart, dealings, .. } = &record;
            let locked = cart.checkout.as_ref();
            let reserving = dealings.reserving.as_ref();
            prop_assert_eq!(
                locked.map(|checkout| (checkout.id, checkout.ready)),
                reserving.map(|one| (one.checkout, one.awaited.is_empty()))
            );
            prop_assert!(cart.told.iter().all(|told| cart.line(&told.item).is_some()));
            prop_assert!(locked.is_none_or(|checkout| checkout.until > record.ts));
        }
    }
}
