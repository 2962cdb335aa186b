-- What became of products, by shop, currency and day (UTC, of the event's own time): the numbers of
-- `GET /api/analytics/products`. Needs events.sql.
--
-- No event says what lay in a cart that was left: it is what was last said of each line since the cart was
-- empty, or what it had when it expired.
CREATE OR REPLACE VIEW placed AS
SELECT *, version * 65536 + n AS place FROM events;

CREATE OR REPLACE VIEW each_line AS
SELECT
    cart_key, place, type, tenant, currency, "at", item_count,
    one ->> 'itemID' AS item_id, one ->> 'productID' AS product_id,
    (one ->> 'quantity')::BIGINT AS quantity, (one ->> 'priceMinor')::BIGINT AS price_minor
FROM (SELECT *, unnest(items::JSON[]) AS one FROM placed WHERE items IS NOT NULL);

-- What is said of a line: how many there are from now on.
CREATE OR REPLACE VIEW said AS
SELECT cart_key, place, item_id, product_id, quantity, price_minor FROM placed
WHERE type IN ('item_added', 'item_updated', 'item_out_of_stock', 'item_available', 'price_changed')
UNION ALL
SELECT cart_key, place, item_id, product_id, 0, 0 FROM placed WHERE type = 'item_removed'
UNION ALL
SELECT cart_key, place, item_id, product_id, quantity, price_minor FROM each_line
WHERE type IN ('cart_restored', 'cart_merged_in', 'merge_returned', 'merge_undone', 'checkout_started',
    'currency_changed')
UNION ALL
SELECT cart_key, place, item_id, product_id, 0, 0 FROM each_line
WHERE type = 'cart_converted' AND item_count > 0;

CREATE OR REPLACE VIEW left_lines AS
WITH abandoned AS (
    SELECT * FROM placed WHERE type = 'cart_abandoned' AND tier = 1
), since AS (
    SELECT abandoned.*, coalesce(empty.place, -1) AS since
    FROM abandoned ASOF LEFT JOIN (SELECT cart_key, place FROM placed WHERE item_count = 0) AS empty
        ON abandoned.cart_key = empty.cart_key AND abandoned.place > empty.place
    WHERE abandoned.item_count > 0
), last_said AS (
    SELECT since.event_id, since.tenant, since.currency, since."at", since.value_minor, said.item_id,
        arg_max(said.product_id, said.place) AS product_id,
        arg_max(said.quantity, said.place) AS pieces,
        arg_max(said.price_minor, said.place) AS price
    FROM since JOIN said
        ON said.cart_key = since.cart_key AND said.place > since.since AND said.place < since.place
    GROUP BY ALL
), expired AS (
    SELECT abandoned.*, gone.place AS gone
    FROM abandoned ASOF JOIN (SELECT cart_key, place FROM placed WHERE type = 'cart_expired') AS gone
        ON abandoned.cart_key = gone.cart_key AND abandoned.place > gone.place
    WHERE abandoned.item_count = 0
)
SELECT event_id, tenant, currency, "at", value_minor, product_id, pieces, pieces * price AS value
FROM last_said WHERE pieces > 0
UNION ALL
SELECT event_id, expired.tenant, expired.currency, expired."at", value_minor, lines.product_id,
    lines.quantity, lines.quantity * lines.price_minor
FROM expired JOIN each_line AS lines ON lines.cart_key = expired.cart_key AND lines.place = expired.gone;

CREATE OR REPLACE VIEW goods AS
WITH counted AS (
    SELECT tenant, currency, "at", product_id,
        (type = 'item_added')::INT AS added, (type = 'item_removed')::INT AS removed,
        (type = 'price_changed' AND current_price_minor < price_minor)::INT AS cheaper,
        0 AS "left", 0 AS left_pieces, 0 AS left_value, 0 AS sold, 0 AS sold_pieces, 0 AS sold_value
    FROM placed WHERE type IN ('item_added', 'item_removed', 'price_changed')
    UNION ALL
    SELECT tenant, currency, "at", product_id, 0, 0, 0, 1, pieces, value, 0, 0, 0 FROM left_lines
    UNION ALL
    SELECT tenant, currency, "at", product_id, 0, 0, 0, 0, 0, 0, 1, quantity, quantity * price_minor
    FROM each_line WHERE type = 'cart_converted'
)
SELECT tenant, currency, "at"::DATE AS day, product_id,
    sum(added) AS added, sum(removed) AS removed, sum(cheaper) AS cheaper,
    sum("left") AS "left", sum(left_pieces) AS left_pieces, sum(left_value) AS left_value,
    sum(sold) AS sold, sum(sold_pieces) AS sold_pieces, sum(sold_value) AS sold_value
FROM counted
GROUP BY ALL;
