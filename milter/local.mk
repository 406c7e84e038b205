# The programs, and what they share.

# base: what any program of ours needs around its work.
noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
libbase_a_SOURCES = \
	%D%/base/exitcode.c %D%/base/exitcode.h \
	%D%/base/log.c %D%/base/log.h \
	%D%/base/signals.c %D%/base/signals.h \
	%D%/base/systemd.c %D%/base/systemd.h

