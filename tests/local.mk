# Unit tests are cmocka programs named after the module: tests/unit/test_MODULE.c.
unit_tests =
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(LIBCONFIG_CFLAGS)
UNIT_LIBS = $(RULES_LIBS) $(CMOCKA_LIBS)

unit_tests += tests/unit/test_address
tests_unit_test_address_SOURCES = %D%/unit/test_address.c
tests_unit_test_address_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_address_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/test_status
tests_unit_test_status_SOURCES = %D%/unit/test_status.c
tests_unit_test_status_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_status_LDADD = $(UNIT_LIBS)

# Lints: scripts that prove rules of the tree; they read $(srcdir) and the build folder.
lints = \
	%D%/lint/rooms
TESTS += $(lints)
EXTRA_DIST += $(lints) %D%/run

unit_tests += tests/unit/test_decide
tests_unit_test_decide_SOURCES = %D%/unit/test_decide.c %D%/unit/sample.h
tests_unit_test_decide_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_decide_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/test_effects
tests_unit_test_effects_SOURCES = %D%/unit/test_effects.c %D%/unit/sample.h
tests_unit_test_effects_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_effects_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/test_text
tests_unit_test_text_SOURCES = %D%/unit/test_text.c
tests_unit_test_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_text_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/test_thread
tests_unit_test_thread_SOURCES = %D%/unit/test_thread.c
tests_unit_test_thread_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_thread_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/test_verdict
tests_unit_test_verdict_SOURCES = %D%/unit/test_verdict.c
tests_unit_test_verdict_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_verdict_LDADD = $(UNIT_LIBS)
