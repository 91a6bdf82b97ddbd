-- The application's and the migrations' own roles (DB-3, DB-N4). Neither may create roles or databases, and
-- neither is a superuser: those are the defaults of CREATE ROLE, which only a superuser may even mention.
-- The caller has put each role's SCRAM verifier into the setting jtld.<role>; no password is ever sent.
DO $$
DECLARE
    login text;
BEGIN
    FOREACH login IN ARRAY ARRAY['jtld_application', 'jtld_migration'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            EXECUTE format('CREATE ROLE %I', login);
        END IF;
        EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L', login, current_setting('jtld.' || login));
    END LOOP;
END
$$;

-- A query that nobody waits for any more must not hold a pooled connection (DB-8).
ALTER ROLE jtld_application SET statement_timeout = '30s';
ALTER ROLE jtld_application SET idle_in_transaction_session_timeout = '60s';
-- A migration that cannot get its lock gives up before the site queues behind it.
ALTER ROLE jtld_migration SET lock_timeout = '10s';
