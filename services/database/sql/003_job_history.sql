-- One row for each run of a scheduled job (DB-7, JB-2).
SET LOCAL ROLE jtld_migration;

CREATE TABLE IF NOT EXISTS public.job_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_name text NOT NULL CHECK (job_name <> ''),
    started_at timestamptz NOT NULL,
    completed_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('success', 'failure', 'partial')),
    records_processed integer NOT NULL DEFAULT 0 CHECK (records_processed >= 0),
    errors integer NOT NULL DEFAULT 0 CHECK (errors >= 0),
    error_details jsonb NOT NULL DEFAULT '[]',
    CHECK (completed_at >= started_at)
);
-- Asked for on every alarm: how did this job's last runs go?
CREATE INDEX IF NOT EXISTS job_history_job_name_started_at_idx
    ON public.job_history (job_name, started_at DESC);

RESET ROLE;
