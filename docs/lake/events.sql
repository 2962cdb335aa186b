-- The events, each once: a processor that crashed tells its last ones again, under the same ids.
-- Where the files are:  SET VARIABLE lake = 'DIR';
CREATE OR REPLACE VIEW events AS
SELECT *
FROM read_parquet(getvariable('lake') || '/*/*/*.parquet', hive_partitioning = false)
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY log_offset) = 1;
