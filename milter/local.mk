# The programs, and what they share.

# base: what any program of ours needs around its work.
noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
libbase_a_SOURCES = \
	%D%/base/exitcode.c %D%/base/exitcode.h \
	%D%/base/files.c %D%/base/files.h \
	%D%/base/log.c %D%/base/log.h \
	%D%/base/signals.c %D%/base/signals.h \
	%D%/base/systemd.c %D%/base/systemd.h

# intake: the way of one mail, for every front end.
noinst_LIBRARIES += libintake.a
libintake_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
libintake_a_SOURCES = \
	%D%/intake/directory.c %D%/intake/directory.h \
	%D%/intake/intake.c %D%/intake/intake.h \
	%D%/intake/record.c %D%/intake/record.h

bin_PROGRAMS += ticketctl
ticketctl_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(JANSSON_CFLAGS)
ticketctl_SOURCES = \
	%D%/ctl/channels.c \
	%D%/ctl/check.c %D%/ctl/check.h \
	%D%/ctl/commands.h \
	%D%/ctl/ctl.c %D%/ctl/ctl.h \
	%D%/ctl/init.c \
	%D%/ctl/inspect.c \
	%D%/ctl/json.c %D%/ctl/json.h \
	%D%/ctl/main.c \
	%D%/ctl/new.c \
	%D%/ctl/publish.c \
	%D%/ctl/rows.c %D%/ctl/rows.h \
	%D%/ctl/sample.c %D%/ctl/sample.h \
	%D%/ctl/settings.c %D%/ctl/settings.h \
	%D%/ctl/table.c %D%/ctl/table.h
ticketctl_LDADD = libbase.a $(STORE_LIBS) $(JANSSON_LIBS)
