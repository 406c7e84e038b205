# The programs, and what they share.

# base: what any program of ours needs around its work.
noinst_LIBRARIES += libbase.a
libbase_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
libbase_a_SOURCES = \
	%D%/base/cmdline.c %D%/base/cmdline.h \
	%D%/base/cputime.c %D%/base/cputime.h \
	%D%/base/exitcode.c %D%/base/exitcode.h \
	%D%/base/files.c %D%/base/files.h \
	%D%/base/keys.c %D%/base/keys.h \
	%D%/base/ledger.c %D%/base/ledger.h \
	%D%/base/log.c %D%/base/log.h \
	%D%/base/naming.c %D%/base/naming.h \
	%D%/base/outgoing.c %D%/base/outgoing.h \
	%D%/base/process.c %D%/base/process.h \
	%D%/base/once.c %D%/base/once.h \
	%D%/base/signals.c %D%/base/signals.h \
	%D%/base/snapshot.c %D%/base/snapshot.h \
	%D%/base/spool.c %D%/base/spool.h \
	%D%/base/systemd.c %D%/base/systemd.h \
	%D%/base/texts.c %D%/base/texts.h \
	%D%/base/trust.c %D%/base/trust.h \
	%D%/base/watch.c %D%/base/watch.h

# intake: the way of one mail, for every front end.
noinst_LIBRARIES += libintake.a
libintake_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
libintake_a_SOURCES = \
	%D%/intake/conversation.c %D%/intake/conversation.h \
	%D%/intake/directory.c %D%/intake/directory.h \
	%D%/intake/intake.c %D%/intake/intake.h \
	%D%/intake/keep.c %D%/intake/keep.h \
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
	%D%/ctl/key.c \
	%D%/ctl/main.c \
	%D%/ctl/maintain.c \
	%D%/ctl/purge.c \
	%D%/ctl/reader.c \
	%D%/ctl/moment.c %D%/ctl/moment.h \
	%D%/ctl/new.c \
	%D%/ctl/note.c \
	%D%/ctl/preview.c \
	%D%/ctl/program.c %D%/ctl/program.h \
	%D%/ctl/publish.c \
	%D%/ctl/raw.c %D%/ctl/raw.h \
	%D%/ctl/reach.c %D%/ctl/reach.h \
	%D%/ctl/rows.c %D%/ctl/rows.h \
	%D%/ctl/sample.c %D%/ctl/sample.h \
	%D%/ctl/say.c %D%/ctl/say.h \
	%D%/ctl/settings.c %D%/ctl/settings.h \
	%D%/ctl/smtp.c %D%/ctl/smtp.h \
	%D%/ctl/table.c %D%/ctl/table.h \
	%D%/ctl/tenant.c \
	%D%/ctl/test.c \
	%D%/ctl/tickets.c \
	%D%/ctl/verify.c \
	%D%/ctl/verify_postfix.c %D%/ctl/verify_postfix.h \
	%D%/ctl/verify_probe.c %D%/ctl/verify_probe.h
dist_man_MANS += %D%/ctl/ticketctl.8
ticketctl_LDADD = libintake.a libbase.a $(STORE_LIBS) $(JANSSON_LIBS)

# daemon: ticket-milter without its main, so that tests can be its MTA.
noinst_LIBRARIES += libdaemon.a
libdaemon_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
libdaemon_a_SOURCES = \
	%D%/daemon/callbacks.c %D%/daemon/callbacks.h \
	%D%/daemon/edits.c %D%/daemon/edits.h \
	%D%/daemon/flight.c %D%/daemon/flight.h \
	%D%/daemon/listener.c %D%/daemon/listener.h \
	%D%/daemon/reply.c %D%/daemon/reply.h \
	%D%/daemon/report.c %D%/daemon/report.h \
	%D%/daemon/session.c %D%/daemon/session.h

sbin_PROGRAMS += ticket-milter
ticket_milter_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS)
ticket_milter_SOURCES = %D%/daemon/main.c
ticket_milter_LDADD = libdaemon.a libintake.a libbase.a $(STORE_LIBS) $(MILTER_LIBS)
dist_man_MANS += %D%/daemon/ticket-milter.8

sbin_PROGRAMS += ticket-notify
ticket_notify_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(CURL_CFLAGS)
ticket_notify_SOURCES = \
	%D%/notify/main.c \
	%D%/notify/queue.c %D%/notify/queue.h \
	%D%/notify/sender.c %D%/notify/sender.h \
	%D%/notify/worker.c %D%/notify/worker.h
ticket_notify_LDADD = libbase.a $(STORE_LIBS) $(CURL_LIBS)
dist_man_MANS += %D%/notify/ticket-notify.8
