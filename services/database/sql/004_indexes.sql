-- The indexes that the site's lists and look-ups need (DB-7), under the names Prisma gives to @@index.
-- Prisma's migrations make the tables: what does not exist yet is left for the next run. On a large table, make
-- the index beforehand with CREATE INDEX CONCURRENTLY under the same name (docs/runbooks/database.md).
DO $$
DECLARE
    relation text;
    field text;
BEGIN
    FOR relation, field IN
        VALUES
            ('Job', 'status'),
            ('Job', 'createdAt'),
            ('Application', 'userId'),
            ('Application', 'jobId'),
            ('User', 'email')
    LOOP
        IF EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(format('public.%I', relation))
                AND attname = field
                AND NOT attisdropped
        ) THEN
            EXECUTE format(
                'CREATE INDEX IF NOT EXISTS %I ON public.%I (%I)',
                format('%s_%s_idx', relation, field), relation, field
            );
        END IF;
    END LOOP;
END
$$;
