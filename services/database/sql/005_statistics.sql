-- Top queries and the use of indexes, for people with the master role (DB-8); in a schema of its own, which the
-- application cannot enter.
CREATE SCHEMA IF NOT EXISTS statistics;
CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA statistics;

CREATE OR REPLACE VIEW statistics.top_queries AS
SELECT
    calls,
    round(total_exec_time::numeric) AS total_milliseconds,
    round(mean_exec_time::numeric, 1) AS mean_milliseconds,
    rows,
    query
FROM statistics.pg_stat_statements
ORDER BY total_exec_time DESC
LIMIT 50;

CREATE OR REPLACE VIEW statistics.index_use AS
SELECT
    relname AS relation,
    indexrelname AS index,
    idx_scan AS scans,
    pg_relation_size(indexrelid) AS bytes
FROM pg_stat_user_indexes
ORDER BY idx_scan, bytes DESC;
