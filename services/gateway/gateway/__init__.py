"""The application's way to its data: PgBouncer and a Redis proxy, each kept running by one small program."""
