# What installs and shows the program.
EXTRA_DIST += %D%/lib/postgres
EXTRA_DIST += %D%/packages %D%/lib/folders %D%/lib/packages %D%/lib/ports %D%/lib/process %D%/lib/postfix %D%/lib/smtp %D%/try
EXTRA_DIST += \
	%D%/samples/1-request.eml \
	%D%/samples/3-html-only.eml \
	%D%/samples/4-out-of-office.eml \
	%D%/samples/5-foreign-domain.eml \
	%D%/samples/6-two-recipients.eml

# The sample configuration. It is not installed as /etc/ticket-milter, so that no installation overwrites rules.
exampledir = $(docdir)/examples
dist_example_DATA = %D%/conf/ticket-milter.conf %D%/conf/ticketctl.conf
examplechannelsdir = $(exampledir)/channels.d
dist_examplechannels_DATA = %D%/conf/channels.d/support.conf
exampletextsdir = $(exampledir)/texts
dist_exampletexts_DATA = $(MAIL_TEXTS)
exampletemplatesdir = $(exampledir)/templates.d
dist_exampletemplates_DATA = %D%/conf/templates.d/incident.conf

# ticket-milter.conf(5) is a frame and the option table.
noinst_PROGRAMS += packaging/man/options
packaging_man_options_SOURCES = %D%/man/options.c
packaging_man_options_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
packaging_man_options_LDADD = $(RULES_LIBS)
nodist_man_MANS = packaging/man/ticket-milter.conf.5
EXTRA_DIST += %D%/man/ticket-milter.conf.5.in
CLEANFILES += packaging/man/ticket-milter.conf.5
packaging/man/ticket-milter.conf.5: %D%/man/ticket-milter.conf.5.in packaging/man/options$(EXEEXT)
	$(AM_V_GEN)packaging/man/options mdoc <$(srcdir)/packaging/man/ticket-milter.conf.5.in >$@.new && mv -f $@.new $@

# systemd: the units, the user and the folders.
EXTRA_DIST += \
	%D%/systemd/ticket-milter-purge.service.in \
	%D%/systemd/ticket-milter-purge.timer \
	%D%/systemd/ticket-milter.service.in \
	%D%/systemd/ticket-notify.service.in \
	%D%/systemd/ticket-milter.sysusers \
	%D%/systemd/ticket-milter.tmpfiles
if HAVE_SYSTEMD
dist_systemdsystemunit_DATA = %D%/systemd/ticket-milter-purge.timer
nodist_systemdsystemunit_DATA = packaging/systemd/ticket-milter-purge.service packaging/systemd/ticket-milter.service \
	packaging/systemd/ticket-notify.service
CLEANFILES += $(nodist_systemdsystemunit_DATA)
endif
packaging/systemd/%.service: packaging/systemd/%.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging/systemd && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@bindir[@]|$(bindir)|g' \
		-e 's|@sysconfdir[@]|$(sysconfdir)|g' $< >$@.new && mv -f $@.new $@

# systemd-sysusers and systemd-tmpfiles know packages by the names of their files.
install-data-hook:
if HAVE_SYSTEMD
	$(MKDIR_P) '$(DESTDIR)$(prefix)/lib/sysusers.d' '$(DESTDIR)$(prefix)/lib/tmpfiles.d'
	$(INSTALL_DATA) $(srcdir)/packaging/systemd/ticket-milter.sysusers '$(DESTDIR)$(prefix)/lib/sysusers.d/ticket-milter.conf'
	$(INSTALL_DATA) $(srcdir)/packaging/systemd/ticket-milter.tmpfiles '$(DESTDIR)$(prefix)/lib/tmpfiles.d/ticket-milter.conf'
endif

uninstall-hook:
if HAVE_SYSTEMD
	rm -f '$(DESTDIR)$(prefix)/lib/sysusers.d/ticket-milter.conf' '$(DESTDIR)$(prefix)/lib/tmpfiles.d/ticket-milter.conf'
endif

EXTRA_DIST += \
	%D%/debian/build \
	%D%/debian/changelog \
	%D%/debian/control \
	%D%/debian/copyright \
	%D%/debian/docs \
	%D%/debian/rules \
	%D%/debian/source/format \
	%D%/debian/ticket-milter.lintian-overrides \
	%D%/debian/ticket-milter.postinst \
	%D%/debian/ticket-milter.postrm \
	%D%/debian/ticket-milter.prerm
