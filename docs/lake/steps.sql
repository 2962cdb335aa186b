-- Each event with what came before it in its cart: the currency it had last, how many pieces there were (`before`), whether something
-- came into an empty cart (`begins`), and since when something has been in it (`began`), as the event is met.
-- A cart whose first events are not in the files begins with none of them. Needs events.sql.
CREATE OR REPLACE VIEW steps AS
WITH counted AS (
    SELECT *,
        lag(item_count) OVER (PARTITION BY cart_key ORDER BY version, n) AS before,
        last_value(currency IGNORE NULLS) OVER (PARTITION BY cart_key ORDER BY version, n) AS last_currency
    FROM events
), marked AS (
    SELECT *, item_count > 0 AND CASE WHEN before IS NULL THEN version = 1 AND n = 0 ELSE before = 0 END AS begins
    FROM counted
)
SELECT *, CASE WHEN before > 0 THEN
    last_value(CASE WHEN begins THEN "at" END IGNORE NULLS) OVER (
        PARTITION BY cart_key ORDER BY version, n
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
END AS began
FROM marked;
