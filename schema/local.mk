# The database: migrations, queries and the only users of libpq.
