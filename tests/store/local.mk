# Tests of schema/ against a private PostgreSQL; without server programs they are skipped (77).
store_tests = \
	tests/unit/schema/test_connection \
	tests/unit/schema/test_sqlstate \
	tests/store/test_admin \
	tests/store/test_contents \
	tests/store/test_domains \
	tests/store/test_faults \
	tests/store/test_growth \
	tests/store/test_ingest \
	tests/store/test_installation \
	tests/store/test_outbox \
	tests/store/test_pool \
	tests/store/test_purge \
	tests/store/test_rates \
	tests/store/test_readers \
	tests/store/test_raw \
	tests/store/test_refusals \
	tests/store/test_replies \
	tests/store/test_rooms \
	tests/store/test_schema \
	tests/store/test_settings \
	tests/store/test_wire
if HAVE_CMOCKA
check_PROGRAMS += $(store_tests)
TESTS += $(store_tests)
check_LIBRARIES += tests/store/libserver.a
endif
STORE_TEST_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBPQ_CFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
STORE_TEST_LIBS = tests/store/libserver.a $(STORE_LIBS) $(CMOCKA_LIBS)

tests_store_libserver_a_SOURCES = %D%/server.c %D%/server.h
tests_store_libserver_a_CPPFLAGS = $(STORE_TEST_CPPFLAGS)

tests_store_test_domains_SOURCES = %D%/test_domains.c
tests_store_test_domains_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_domains_LDADD = $(STORE_TEST_LIBS)

tests_store_test_readers_SOURCES = %D%/test_readers.c
tests_store_test_readers_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_readers_LDADD = $(STORE_TEST_LIBS)

tests_store_test_rooms_SOURCES = %D%/test_rooms.c
tests_store_test_rooms_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_rooms_LDADD = $(STORE_TEST_LIBS)

tests_store_test_raw_SOURCES = %D%/test_raw.c
tests_store_test_raw_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_raw_LDADD = $(STORE_TEST_LIBS)

tests_store_test_refusals_SOURCES = %D%/test_refusals.c
tests_store_test_refusals_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_refusals_LDADD = $(STORE_TEST_LIBS)

tests_store_test_settings_SOURCES = %D%/test_settings.c
tests_store_test_settings_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_settings_LDADD = $(STORE_TEST_LIBS)

tests_store_test_rates_SOURCES = %D%/test_rates.c
tests_store_test_rates_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_rates_LDADD = $(STORE_TEST_LIBS)

tests_store_test_growth_SOURCES = %D%/test_growth.c
tests_store_test_growth_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_growth_LDADD = $(STORE_TEST_LIBS)

tests_store_test_ingest_SOURCES = %D%/test_ingest.c
tests_store_test_ingest_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_ingest_LDADD = $(STORE_TEST_LIBS)

tests_store_test_installation_SOURCES = %D%/test_installation.c
tests_store_test_installation_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_installation_LDADD = tests/store/libserver.a libbase.a $(STORE_LIBS) $(CMOCKA_LIBS)

tests_store_test_outbox_SOURCES = %D%/test_outbox.c
tests_store_test_outbox_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_outbox_LDADD = $(STORE_TEST_LIBS)

tests_store_test_pool_SOURCES = %D%/test_pool.c
tests_store_test_pool_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_pool_LDADD = $(STORE_TEST_LIBS)

tests_store_test_purge_SOURCES = %D%/test_purge.c
tests_store_test_purge_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_purge_LDADD = $(STORE_TEST_LIBS)

tests_store_test_replies_SOURCES = %D%/test_replies.c
tests_store_test_replies_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_replies_LDADD = $(STORE_TEST_LIBS)

tests_store_test_contents_SOURCES = %D%/test_contents.c
tests_store_test_contents_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_contents_LDADD = $(STORE_TEST_LIBS)

tests_store_test_faults_SOURCES = %D%/test_faults.c
tests_store_test_faults_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_faults_LDADD = $(STORE_TEST_LIBS)

tests_store_test_admin_SOURCES = %D%/test_admin.c
tests_store_test_admin_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_admin_LDADD = $(STORE_TEST_LIBS)

tests_store_test_schema_SOURCES = %D%/test_schema.c
tests_store_test_schema_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_schema_LDADD = $(STORE_TEST_LIBS)

tests_unit_schema_test_connection_SOURCES = tests/unit/schema/test_connection.c
tests_unit_schema_test_connection_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBPQ_CFLAGS)
tests_unit_schema_test_connection_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_unit_schema_test_sqlstate_SOURCES = tests/unit/schema/test_sqlstate.c
tests_unit_schema_test_sqlstate_CPPFLAGS = $(UNIT_CPPFLAGS) $(LIBPQ_CFLAGS)
tests_unit_schema_test_sqlstate_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)

tests_store_test_wire_SOURCES = %D%/test_wire.c
tests_store_test_wire_CPPFLAGS = $(STORE_TEST_CPPFLAGS)
tests_store_test_wire_LDADD = $(STORE_TEST_LIBS)

EXTRA_DIST += %D%/flood.sql
