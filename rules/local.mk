# Values in, values out: no database, no network, no log, no exit (tests/lint/rooms proves it).
noinst_LIBRARIES += librules.a
librules_a_CPPFLAGS = $(AM_CPPFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(LIBCONFIG_CFLAGS) $(UCHARDET_CFLAGS) $(CRYPTO_CFLAGS)
librules_a_SOURCES = \
	%D%/address.c %D%/address.h \
	%D%/authentic.c %D%/authentic.h \
	%D%/authres.c %D%/authres.h \
	%D%/bounce.c %D%/bounce.h \
	%D%/bounce_forms.c %D%/bounce_forms.h %D%/bounce_words.c \
	%D%/budget.c %D%/budget.h \
	%D%/charset.c %D%/charset.h \
	%D%/charset_guess.c \
	%D%/classify.c %D%/classify.h \
	%D%/classify_forms.c %D%/classify_forms.h \
	%D%/classify_headers.c %D%/classify_headers.h \
	%D%/classify_view.c %D%/classify_view.h \
	%D%/classify_words.c %D%/classify_words.h \
	%D%/codepage.c %D%/codepage.h \
	%D%/answer.c %D%/answer.h \
	%D%/compose.c %D%/compose.h \
	%D%/compose_header.c %D%/compose_header.h \
	%D%/conf.c %D%/conf.h \
	%D%/conf_check.c %D%/conf_check.h \
	%D%/conf_fields.c %D%/conf_fields.h \
	%D%/conf_mail.c %D%/conf_mail.h \
	%D%/conf_parse.c %D%/conf_parse.h \
	%D%/conf_problem.c %D%/conf_problem.h \
	%D%/conf_rules.c \
	%D%/conf_scan.c %D%/conf_scan.h \
	%D%/decide.c %D%/decide.h \
	%D%/content_id.c %D%/content_id.h \
	%D%/delivery.c %D%/delivery.h \
	%D%/effects.c %D%/effects.h \
	%D%/filename.c %D%/filename.h \
	%D%/flowed.c %D%/flowed.h \
	%D%/hash.c %D%/hash.h \
	%D%/headers.c %D%/headers.h \
	%D%/hold.c %D%/hold.h \
	%D%/html.c %D%/html.h \
	%D%/html_entity.c %D%/html_entity.h \
	%D%/html_images.c %D%/html_images.h \
	%D%/html_look.c %D%/html_look.h \
	%D%/html_render.c %D%/html_render.h \
	%D%/html_sanitise.c %D%/html_sanitise.h \
	%D%/html_tree.c %D%/html_tree.h \
	%D%/installation.c %D%/installation.h \
	%D%/intake_key.c %D%/intake_key.h \
	%D%/limits.c %D%/limits.h \
	%D%/intake_key.c %D%/intake_key.h \
	%D%/limits_caps.h \
	%D%/limits_header.c %D%/limits_header.h \
	%D%/logtext.c %D%/logtext.h \
	%D%/lzfu.c %D%/lzfu.h \
	%D%/mail_text.c %D%/mail_text.h \
	%D%/mailboxes.c %D%/mailboxes.h \
	%D%/message.c %D%/message.h \
	%D%/message_body.c \
	%D%/message_cautious.c \
	%D%/message_choice.c \
	%D%/message_fields.c \
	%D%/message_file.c \
	%D%/message_inline.c \
	%D%/message_place.c %D%/message_place.h \
	%D%/message_private.h \
	%D%/message_report.c \
	%D%/message_stream.c %D%/message_stream.h \
	%D%/message_text.c \
	%D%/message_tree.c \
	%D%/options.c %D%/options.h \
	%D%/params.c %D%/params.h \
	%D%/phrase.c %D%/phrase.h \
	%D%/network.c %D%/network.h \
	%D%/placeholder.c %D%/placeholder.h \
	%D%/plan.c %D%/plan.h \
	%D%/postfix.c %D%/postfix.h \
	%D%/raw.c %D%/raw.h \
	%D%/requester.c %D%/requester.h \
	%D%/rtf.c %D%/rtf.h \
	%D%/rtf_words.c %D%/rtf_words.h \
	%D%/sniff.c %D%/sniff.h \
	%D%/source.c %D%/source.h \
	%D%/status.c %D%/status.h \
	%D%/text.c %D%/text.h \
	%D%/thread.c %D%/thread.h \
	%D%/tnef.c %D%/tnef.h \
	%D%/tnef_file.c %D%/tnef_file.h \
	%D%/tnef_message.c %D%/tnef_message.h \
	%D%/tnef_props.c %D%/tnef_props.h \
	%D%/tnef_values.c %D%/tnef_values.h \
	%D%/token.c %D%/token.h \
	%D%/transfer.c %D%/transfer.h \
	%D%/trim.c %D%/trim.h \
	%D%/trim_fold.c %D%/trim_fold.h \
	%D%/trim_line.c %D%/trim_line.h \
	%D%/trim_scan.c %D%/trim_scan.h \
	%D%/trim_signature.c %D%/trim_signature.h \
	%D%/trim_words.c %D%/trim_words.h \
	%D%/uu.c %D%/uu.h \
	%D%/values.c %D%/values.h \
	%D%/verdict.c %D%/verdict.h \
	%D%/verify.c %D%/verify.h \
	%D%/verify_alias.c \
	%D%/verify_place.c %D%/verify_place.h \
	%D%/wordset.c %D%/wordset.h

nodist_librules_a_SOURCES = rules/mail_texts.c

# The texts of our mails become C at build time; kinds and languages in the order of the enums.
MAIL_TEXTS = \
	packaging/conf/texts/confirmation.en.txt packaging/conf/texts/confirmation.de.txt packaging/conf/texts/confirmation.fr.txt packaging/conf/texts/confirmation.es.txt \
	packaging/conf/texts/confirmation.it.txt packaging/conf/texts/confirmation.nl.txt packaging/conf/texts/confirmation.pt.txt packaging/conf/texts/confirmation.pl.txt \
	packaging/conf/texts/note.en.txt packaging/conf/texts/note.de.txt packaging/conf/texts/note.fr.txt packaging/conf/texts/note.es.txt \
	packaging/conf/texts/note.it.txt packaging/conf/texts/note.nl.txt packaging/conf/texts/note.pt.txt packaging/conf/texts/note.pl.txt \
	packaging/conf/texts/status.en.txt packaging/conf/texts/status.de.txt packaging/conf/texts/status.fr.txt packaging/conf/texts/status.es.txt \
	packaging/conf/texts/status.it.txt packaging/conf/texts/status.nl.txt packaging/conf/texts/status.pt.txt packaging/conf/texts/status.pl.txt
EXTRA_DIST += packaging/conf/texts/embed.awk
rules/mail_texts.c: packaging/conf/texts/embed.awk $(MAIL_TEXTS)
	$(AM_V_GEN)$(MKDIR_P) rules && cd $(srcdir) && \
	$(AWK) -f packaging/conf/texts/embed.awk $(MAIL_TEXTS) >$(abs_builddir)/$@.new && mv -f $(abs_builddir)/$@.new $(abs_builddir)/$@
CLEANFILES += rules/mail_texts.c

RULES_LIBS = librules.a $(GMIME_LIBS) $(GLIB_LIBS) $(LIBCONFIG_LIBS) $(UCHARDET_LIBS) $(CRYPTO_LIBS)
