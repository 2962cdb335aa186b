-- What became of carts, by shop, currency and hour (UTC, of the event's own time): the numbers of
-- `cartstream analytics replay --json`. Values are in the currency's minor units. Needs steps.sql.
CREATE OR REPLACE VIEW tallies AS
SELECT
    tenant,
    last_currency AS currency,
    make_timestamp(epoch_us("at") // 3_600_000_000 * 3_600_000_000) AS hour,
    count(*) FILTER (begins) AS begun,
    count(*) FILTER (type = 'item_added') AS added,
    count(*) FILTER (type = 'item_removed') AS removed,
    count(*) FILTER (type = 'cart_abandoned' AND tier <= 1) AS abandoned_1,
    count(*) FILTER (type = 'cart_abandoned' AND tier = 2) AS abandoned_2,
    count(*) FILTER (type = 'cart_abandoned' AND tier >= 3) AS abandoned_3,
    coalesce(sum(value_minor) FILTER (type = 'cart_abandoned' AND tier <= 1), 0) AS abandoned_value,
    count(*) FILTER (type = 'cart_recovered') AS recovered,
    count(*) FILTER (type = 'checkout_started') AS checkouts,
    count(*) FILTER (type = 'cart_converted') AS converted,
    coalesce(sum(value_minor) FILTER (type = 'cart_converted'), 0) AS converted_value,
    count(*) FILTER (type = 'cart_converted' AND tier IS NOT NULL) AS won_back,
    coalesce(sum(greatest(0, (epoch_us("at") - epoch_us(began)) // 1_000_000))
        FILTER (type = 'cart_converted' AND began IS NOT NULL), 0) AS seconds_to_convert,
    count(*) FILTER (type = 'cart_converted' AND began IS NOT NULL) AS timed,
    count(*) FILTER (type = 'cart_expired' AND items <> '[]') AS expired
FROM steps
GROUP BY ALL
ORDER BY ALL;
