-- Who may do what (DB-3): migrations own the schema `public`, the application works with its rows, nobody else
-- enters. Whoever runs this joins the migration role, to be able to speak for it below.
DO $$
BEGIN
    EXECUTE format('GRANT jtld_migration TO %I', current_user);
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO jtld_application, jtld_migration', current_database());
END
$$;

ALTER SCHEMA public OWNER TO jtld_migration;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO jtld_application;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO jtld_application;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO jtld_application;

ALTER DEFAULT PRIVILEGES FOR ROLE jtld_migration IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO jtld_application;
ALTER DEFAULT PRIVILEGES FOR ROLE jtld_migration IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO jtld_application;
