# Values in, values out: no database, no network, no log, no exit. The rooms stand in their order: each includes itself and
# those before it (tests/lint/rooms proves both). What a room holds stands at the top of its local.mk.
noinst_LIBRARIES += librules.a
librules_a_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(LIBCONFIG_CFLAGS) $(UCHARDET_CFLAGS) $(CRYPTO_CFLAGS)
librules_a_SOURCES =
include rules/base/local.mk
include rules/address/local.mk
include rules/limits/local.mk
include rules/charset/local.mk
include rules/field/local.mk
include rules/content/local.mk
include rules/trim/local.mk
include rules/html/local.mk
include rules/tnef/local.mk
include rules/message/local.mk
include rules/conf/local.mk
include rules/thread/local.mk
include rules/classify/local.mk
include rules/sender/local.mk
include rules/decide/local.mk
include rules/plan/local.mk
include rules/compose/local.mk
include rules/verify/local.mk

nodist_librules_a_SOURCES = rules/conf/mail_texts.c

# The texts of our mails become C at build time; kinds and languages in the order of the enums.
MAIL_TEXTS = \
	packaging/conf/texts/confirmation.en.txt packaging/conf/texts/confirmation.de.txt packaging/conf/texts/confirmation.fr.txt packaging/conf/texts/confirmation.es.txt \
	packaging/conf/texts/confirmation.it.txt packaging/conf/texts/confirmation.nl.txt packaging/conf/texts/confirmation.pt.txt packaging/conf/texts/confirmation.pl.txt \
	packaging/conf/texts/note.en.txt packaging/conf/texts/note.de.txt packaging/conf/texts/note.fr.txt packaging/conf/texts/note.es.txt \
	packaging/conf/texts/note.it.txt packaging/conf/texts/note.nl.txt packaging/conf/texts/note.pt.txt packaging/conf/texts/note.pl.txt \
	packaging/conf/texts/status.en.txt packaging/conf/texts/status.de.txt packaging/conf/texts/status.fr.txt packaging/conf/texts/status.es.txt \
	packaging/conf/texts/status.it.txt packaging/conf/texts/status.nl.txt packaging/conf/texts/status.pt.txt packaging/conf/texts/status.pl.txt
EXTRA_DIST += packaging/conf/texts/embed.awk
rules/conf/mail_texts.c: packaging/conf/texts/embed.awk $(MAIL_TEXTS)
	$(AM_V_GEN)$(MKDIR_P) rules/conf && cd $(srcdir) && \
	$(AWK) -f packaging/conf/texts/embed.awk $(MAIL_TEXTS) >$(abs_builddir)/$@.new && mv -f $(abs_builddir)/$@.new $(abs_builddir)/$@
CLEANFILES += rules/conf/mail_texts.c

RULES_LIBS = librules.a $(GMIME_LIBS) $(GLIB_LIBS) $(LIBCONFIG_LIBS) $(UCHARDET_LIBS) $(CRYPTO_LIBS)
