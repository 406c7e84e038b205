# The database: migrations, queries and the only users of libpq.
SCHEMA_SQL = \
	%D%/sql/queries.sql \
	%D%/sql/roles.sql \
	%D%/sql/migrations/0001_tables.sql \
	%D%/sql/migrations/0002_milter_calls.sql \
	%D%/sql/migrations/0003_ingest.sql \
	%D%/sql/migrations/0004_agent_calls.sql \
	%D%/sql/migrations/0005_admin_calls.sql \
	%D%/sql/migrations/0006_reports.sql \
	%D%/sql/migrations/0007_outbox.sql \
	%D%/sql/migrations/0008_compatibility.sql \
	%D%/sql/migrations/0009_mail_calls.sql \
	%D%/sql/migrations/0010_tenants.sql \
	%D%/sql/migrations/0011_upkeep.sql \
	%D%/sql/migrations/0012_installation.sql
EXTRA_DIST += %D%/sql/embed.awk $(SCHEMA_SQL) %D%/sql/migrations/released

# SQL becomes C at build time, so that the programs need no file at run time.
schema/sql/queries.h: %D%/sql/embed.awk %D%/sql/queries.sql
	$(AM_V_GEN)$(MKDIR_P) schema/sql && cd $(srcdir) && \
	$(AWK) -v part=header -f schema/sql/embed.awk schema/sql/queries.sql >$(abs_builddir)/$@.new && mv -f $(abs_builddir)/$@.new $(abs_builddir)/$@
schema/sql/sql_text.c: %D%/sql/embed.awk $(SCHEMA_SQL)
	$(AM_V_GEN)$(MKDIR_P) schema/sql && cd $(srcdir) && \
	$(AWK) -v part=source -f schema/sql/embed.awk $(SCHEMA_SQL) >$(abs_builddir)/$@.new && mv -f $(abs_builddir)/$@.new $(abs_builddir)/$@
$(libstore_a_OBJECTS): schema/sql/queries.h
CLEANFILES += schema/sql/queries.h schema/sql/sql_text.c

noinst_LIBRARIES += libstore.a
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS) $(GLIB_CFLAGS)
libstore_a_SOURCES = \
	%D%/calls/admin.c %D%/calls/admin.h \
	%D%/wire/args.c %D%/wire/args.h \
	%D%/wire/connection.c %D%/wire/connection.h \
	%D%/wire/fault.h \
	%D%/calls/ingest.c %D%/calls/ingest.h \
	%D%/calls/ingest_args.c %D%/calls/ingest_args.h \
	%D%/calls/migrate.c %D%/calls/migrate.h \
	%D%/calls/outbox.c %D%/calls/outbox.h \
	%D%/wire/pool.c %D%/wire/pool.h \
	%D%/calls/purge.c %D%/calls/purge.h \
	%D%/calls/probe.c %D%/calls/probe.h \
	%D%/calls/report.c %D%/calls/report.h \
	%D%/wire/sqlstate.c %D%/wire/sqlstate.h \
	%D%/calls/store.c %D%/calls/store.h \
	%D%/wire/target.c %D%/wire/target.h
nodist_libstore_a_SOURCES = schema/sql/queries.h schema/sql/sql_text.c

STORE_LIBS = libstore.a $(RULES_LIBS) $(LIBPQ_LIBS)
