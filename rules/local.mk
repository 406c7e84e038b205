# Values in, values out: no database, no network, no log, no exit (tests/lint/rooms proves it).
noinst_LIBRARIES += librules.a
librules_a_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(LIBCONFIG_CFLAGS) $(GUMBO_CFLAGS) $(CRYPTO_CFLAGS)
librules_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/decide.c %D%/decide.h \
	%D%/effects.c %D%/effects.h \
	%D%/plan.c %D%/plan.h \
	%D%/text.c %D%/text.h \
	%D%/thread.c %D%/thread.h \
	%D%/verdict.c %D%/verdict.h \
	%D%/status.c %D%/status.h

RULES_LIBS = librules.a $(GMIME_LIBS) $(GLIB_LIBS) $(LIBCONFIG_LIBS) $(GUMBO_LIBS) $(CRYPTO_LIBS)
