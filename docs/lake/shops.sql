-- The same, of all hours together: how many of the carts that began were left, came back and were paid, what
-- was charged, and how long it took. Needs tallies.sql.
SELECT
    coalesce(tenant, 'default') AS shop,
    currency,
    sum(begun) AS begun,
    sum(abandoned_1) AS abandoned,
    sum(recovered) AS recovered,
    sum(converted) AS converted,
    sum(converted) * 1000 // nullif(sum(begun), 0) AS converted_of_1000,
    sum(converted_value) AS converted_value,
    sum(seconds_to_convert) // nullif(sum(timed), 0) AS seconds_to_convert
FROM tallies
GROUP BY ALL
ORDER BY ALL;
