# The database: migrations, queries and the only users of libpq.
SCHEMA_SQL = \
	%D%/queries.sql \
	%D%/roles.sql \
	%D%/migrations/0001_tables.sql \
	%D%/migrations/0002_milter_calls.sql \
	%D%/migrations/0003_ingest.sql \
	%D%/migrations/0004_agent_calls.sql \
	%D%/migrations/0005_admin_calls.sql \
	%D%/migrations/0006_reports.sql \
	%D%/migrations/0007_outbox.sql \
	%D%/migrations/0008_compatibility.sql \
	%D%/migrations/0009_mail_calls.sql \
	%D%/migrations/0010_tenants.sql \
	%D%/migrations/0011_upkeep.sql \
	%D%/migrations/0012_installation.sql
EXTRA_DIST += %D%/embed.awk $(SCHEMA_SQL) %D%/migrations/released

# SQL becomes C at build time, so that the programs need no file at run time.
schema/queries.h: %D%/embed.awk %D%/queries.sql
	$(AM_V_GEN)$(MKDIR_P) schema && cd $(srcdir) && \
	$(AWK) -v part=header -f schema/embed.awk schema/queries.sql >$(abs_builddir)/$@.new && mv -f $(abs_builddir)/$@.new $(abs_builddir)/$@
schema/sql_text.c: %D%/embed.awk $(SCHEMA_SQL)
	$(AM_V_GEN)$(MKDIR_P) schema && cd $(srcdir) && \
	$(AWK) -v part=source -f schema/embed.awk $(SCHEMA_SQL) >$(abs_builddir)/$@.new && mv -f $(abs_builddir)/$@.new $(abs_builddir)/$@
$(libstore_a_OBJECTS): schema/queries.h
CLEANFILES += schema/queries.h schema/sql_text.c

noinst_LIBRARIES += libstore.a
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBPQ_CFLAGS) $(GLIB_CFLAGS)
libstore_a_SOURCES = \
	%D%/admin.c %D%/admin.h \
	%D%/args.c %D%/args.h \
	%D%/connection.c %D%/connection.h \
	%D%/fault.h \
	%D%/ingest.c %D%/ingest.h \
	%D%/ingest_args.c %D%/ingest_args.h \
	%D%/migrate.c %D%/migrate.h \
	%D%/outbox.c %D%/outbox.h \
	%D%/pool.c %D%/pool.h \
	%D%/purge.c %D%/purge.h \
	%D%/probe.c %D%/probe.h \
	%D%/report.c %D%/report.h \
	%D%/sqlstate.c %D%/sqlstate.h \
	%D%/store.c %D%/store.h \
	%D%/target.c %D%/target.h
nodist_libstore_a_SOURCES = schema/queries.h schema/sql_text.c

STORE_LIBS = libstore.a $(RULES_LIBS) $(LIBPQ_LIBS)
