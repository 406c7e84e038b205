# Unit tests are cmocka programs named after the module: tests/unit/test_MODULE.c.
unit_tests =
if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(GMIME_CFLAGS) $(GLIB_CFLAGS) $(LIBCONFIG_CFLAGS)
UNIT_LIBS = $(RULES_LIBS) $(CMOCKA_LIBS)
BASE_UNIT_LIBS = libbase.a $(UNIT_LIBS) -lpthread
DAEMON_UNIT_LIBS = libdaemon.a $(BASE_UNIT_LIBS)

unit_tests += tests/unit/address/test_address
tests_unit_address_test_address_SOURCES = %D%/unit/address/test_address.c
tests_unit_address_test_address_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_address_test_address_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/decide/test_answer
tests_unit_decide_test_answer_SOURCES = %D%/unit/decide/test_answer.c %D%/unit/sample.h
tests_unit_decide_test_answer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_test_answer_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/compose/test_compose
tests_unit_compose_test_compose_SOURCES = %D%/unit/compose/test_compose.c %D%/unit/parsed.h %D%/unit/sample.h
tests_unit_compose_test_compose_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_compose_test_compose_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/base/test_placeholder
tests_unit_base_test_placeholder_SOURCES = %D%/unit/base/test_placeholder.c
tests_unit_base_test_placeholder_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_placeholder_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/address/test_network
tests_unit_address_test_network_SOURCES = %D%/unit/address/test_network.c
tests_unit_address_test_network_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_address_test_network_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/sender/test_authentic
tests_unit_sender_test_authentic_SOURCES = %D%/unit/sender/test_authentic.c %D%/unit/sample.h
tests_unit_sender_test_authentic_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sender_test_authentic_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/decide/test_decide_own
tests_unit_decide_test_decide_own_SOURCES = %D%/unit/decide/test_decide_own.c %D%/unit/sample.h
tests_unit_decide_test_decide_own_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_test_decide_own_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/sender/test_requester
tests_unit_sender_test_requester_SOURCES = %D%/unit/sender/test_requester.c %D%/unit/sample.h
tests_unit_sender_test_requester_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sender_test_requester_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/decide/test_decide_senders
tests_unit_decide_test_decide_senders_SOURCES = %D%/unit/decide/test_decide_senders.c %D%/unit/sample.h
tests_unit_decide_test_decide_senders_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_test_decide_senders_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/sender/test_authres
tests_unit_sender_test_authres_SOURCES = %D%/unit/sender/test_authres.c
tests_unit_sender_test_authres_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_sender_test_authres_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/classify/test_bounce
tests_unit_classify_test_bounce_SOURCES = %D%/unit/classify/test_bounce.c %D%/unit/mail.c %D%/unit/mail.h
tests_unit_classify_test_bounce_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_classify_test_bounce_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_callbacks
tests_unit_milter_test_callbacks_SOURCES = %D%/unit/milter/test_callbacks.c %D%/unit/conf_sample.h %D%/unit/fake_milter.h
tests_unit_milter_test_callbacks_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_callbacks_LDADD = $(DAEMON_UNIT_LIBS) $(STORE_LIBS)

unit_tests += tests/unit/classify/test_classify
tests_unit_classify_test_classify_SOURCES = %D%/unit/classify/test_classify.c %D%/unit/mail.c %D%/unit/mail.h
tests_unit_classify_test_classify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_classify_test_classify_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_cmdline
tests_unit_milter_test_cmdline_SOURCES = %D%/unit/milter/test_cmdline.c
tests_unit_milter_test_cmdline_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_cmdline_LDADD = $(DAEMON_UNIT_LIBS)

unit_tests += tests/unit/plan/test_delivery
tests_unit_plan_test_delivery_SOURCES = %D%/unit/plan/test_delivery.c %D%/unit/sample.h
tests_unit_plan_test_delivery_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_plan_test_delivery_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/content/test_filename
tests_unit_content_test_filename_SOURCES = %D%/unit/content/test_filename.c
tests_unit_content_test_filename_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_content_test_filename_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_files
tests_unit_milter_test_files_SOURCES = %D%/unit/milter/test_files.c %D%/unit/conf_sample.h
tests_unit_milter_test_files_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_files_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/milter/test_flight
tests_unit_milter_test_flight_SOURCES = %D%/unit/milter/test_flight.c
tests_unit_milter_test_flight_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_flight_LDADD = $(DAEMON_UNIT_LIBS)

unit_tests += tests/unit/plan/test_intake_key
tests_unit_plan_test_intake_key_SOURCES = %D%/unit/plan/test_intake_key.c %D%/unit/sample.h
tests_unit_plan_test_intake_key_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_plan_test_intake_key_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/plan/test_plan
tests_unit_plan_test_plan_SOURCES = %D%/unit/plan/test_plan.c %D%/unit/sample.h
tests_unit_plan_test_plan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_plan_test_plan_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_ledger
tests_unit_milter_test_ledger_SOURCES = %D%/unit/milter/test_ledger.c
tests_unit_milter_test_ledger_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_ledger_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/milter/test_once
tests_unit_milter_test_once_SOURCES = %D%/unit/milter/test_once.c
tests_unit_milter_test_once_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_once_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/milter/test_log
tests_unit_milter_test_log_SOURCES = %D%/unit/milter/test_log.c %D%/unit/stderr.h
tests_unit_milter_test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_log_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/base/test_logtext
tests_unit_base_test_logtext_SOURCES = %D%/unit/base/test_logtext.c
tests_unit_base_test_logtext_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_logtext_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/tnef/test_lzfu
tests_unit_tnef_test_lzfu_SOURCES = %D%/unit/tnef/test_lzfu.c
tests_unit_tnef_test_lzfu_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_tnef_test_lzfu_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/base/test_phrase
tests_unit_base_test_phrase_SOURCES = %D%/unit/base/test_phrase.c
tests_unit_base_test_phrase_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_phrase_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/base/test_wordset
tests_unit_base_test_wordset_SOURCES = %D%/unit/base/test_wordset.c
tests_unit_base_test_wordset_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_wordset_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/verify/test_postfix
tests_unit_verify_test_postfix_SOURCES = %D%/unit/verify/test_postfix.c
tests_unit_verify_test_postfix_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_verify_test_postfix_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/conf/test_raw
tests_unit_conf_test_raw_SOURCES = %D%/unit/conf/test_raw.c
tests_unit_conf_test_raw_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_raw_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_report
tests_unit_milter_test_report_SOURCES = %D%/unit/milter/test_report.c %D%/unit/sample.h
tests_unit_milter_test_report_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_report_LDADD = $(DAEMON_UNIT_LIBS)

unit_tests += tests/unit/tnef/test_rtf
tests_unit_tnef_test_rtf_SOURCES = %D%/unit/tnef/test_rtf.c
tests_unit_tnef_test_rtf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_tnef_test_rtf_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/tnef/test_rtf_words
tests_unit_tnef_test_rtf_words_SOURCES = %D%/unit/tnef/test_rtf_words.c
tests_unit_tnef_test_rtf_words_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_tnef_test_rtf_words_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_snapshot
tests_unit_milter_test_snapshot_SOURCES = %D%/unit/milter/test_snapshot.c %D%/unit/conf_sample.h %D%/unit/stderr.h
tests_unit_milter_test_snapshot_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_snapshot_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/classify/test_reports
tests_unit_classify_test_reports_SOURCES = %D%/unit/classify/test_reports.c %D%/unit/bounce_reports.inc %D%/unit/parsed.h
tests_unit_classify_test_reports_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_classify_test_reports_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/trim/test_trim_clients
tests_unit_trim_test_trim_clients_SOURCES = %D%/unit/trim/test_trim_clients.c %D%/unit/html_quotes.inc %D%/unit/trim_blocks.inc \
	%D%/unit/trim_headers.inc %D%/unit/trim_mobile.inc %D%/unit/trim_quoted.inc
tests_unit_trim_test_trim_clients_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_trim_test_trim_clients_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/content/test_sniff
tests_unit_content_test_sniff_SOURCES = %D%/unit/content/test_sniff.c
tests_unit_content_test_sniff_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_content_test_sniff_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/conf/test_conf_problems
tests_unit_conf_test_conf_problems_SOURCES = %D%/unit/conf/test_conf_problems.c %D%/unit/conf_problems.inc %D%/unit/conf_sample.h
tests_unit_conf_test_conf_problems_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_conf_problems_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/charset/test_codepage
tests_unit_charset_test_codepage_SOURCES = %D%/unit/charset/test_codepage.c
tests_unit_charset_test_codepage_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_charset_test_codepage_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/conf/test_conf
tests_unit_conf_test_conf_SOURCES = %D%/unit/conf/test_conf.c %D%/unit/conf_sample.h
tests_unit_conf_test_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_conf_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/conf/test_options
tests_unit_conf_test_options_SOURCES = %D%/unit/conf/test_options.c
tests_unit_conf_test_options_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_options_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_spool
tests_unit_milter_test_spool_SOURCES = %D%/unit/milter/test_spool.c
tests_unit_milter_test_spool_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_spool_LDADD = $(BASE_UNIT_LIBS)
tests_unit_milter_test_spool_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=open,--wrap=write

unit_tests += tests/unit/base/test_status
tests_unit_base_test_status_SOURCES = %D%/unit/base/test_status.c
tests_unit_base_test_status_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_status_LDADD = $(UNIT_LIBS)

# Each program has a time limit, so that one that hangs is a failure with a name.
LOG_COMPILER = $(top_srcdir)/tests/lib/limit
EXTRA_DIST += %D%/lib/limit

# The tests with a mail server run by tests/run, not by `make check`.
check_PROGRAMS += tests/mta/milter-client tests/mta/noop-milter
tests_mta_milter_client_SOURCES = %D%/mta/milter-client.c
tests_mta_noop_milter_SOURCES = %D%/mta/noop-milter.c
tests_mta_noop_milter_LDADD = $(MILTER_LIBS)

# A gateway of the next version: this one with a migration more, which serves the programs of now.
check_PROGRAMS += tests/mta/next-milter
tests_mta_next_milter_CPPFLAGS = $(ticket_milter_CPPFLAGS)
tests_mta_next_milter_SOURCES = milter/daemon/main.c
nodist_tests_mta_next_milter_SOURCES = tests/mta/next_text.c
tests_mta_next_milter_LDADD = $(ticket_milter_LDADD)
tests/mta/next_text.c: schema/sql/embed.awk $(SCHEMA_SQL) %D%/mta/next.sql.in
	$(AM_V_GEN)$(MKDIR_P) tests/mta && rm -f tests/mta/[0-9]*_next.sql && \
	newest=`ls $(srcdir)/schema/sql/migrations/[0-9]*.sql | wc -l` && \
	next=tests/mta/`printf %04d $$((newest + 1))`_next.sql && \
	sed "s/@SERVES@/$$newest/" $(srcdir)/tests/mta/next.sql.in >$$next && here=`pwd` && cd $(srcdir) && \
	$(AWK) -v part=source -f schema/sql/embed.awk $(SCHEMA_SQL) "$$here/$$next" >"$$here/$@.new" && mv -f "$$here/$@.new" "$$here/$@"
CLEANFILES += tests/mta/next_text.c tests/mta/[0-9]*_next.sql
EXTRA_DIST += %D%/mta/next.sql.in %D%/mta/released/make.py %D%/mta/released/0007.sql %D%/mta/released/0007.json
EXTRA_DIST += %D%/lib/desk.py %D%/lib/marks.py %D%/lib/sendmail %D%/lib/sink.py %D%/lib/tk.py
EXTRA_DIST += \
	%D%/mta/run \
	%D%/mta/test_alarm.py \
	%D%/mta/test_attack.py \
	%D%/mta/test_authentication.py \
	%D%/mta/test_circle.py \
	%D%/mta/test_conversation.py \
	%D%/mta/test_daemon.py \
	%D%/mta/test_dmarc.py \
	%D%/mta/test_failover.py \
	%D%/mta/test_fields.py \
	%D%/mta/test_folders.py \
	%D%/mta/test_full.py \
	%D%/mta/test_gateway.py \
	%D%/mta/test_terminal.py \
	%D%/mta/test_trust.py \
	%D%/mta/test_two_desks.py \
	%D%/mta/test_twins.py \
	%D%/mta/test_rules.py \
	%D%/mta/test_refusals.py \
	%D%/mta/test_replies.py \
	%D%/mta/test_milter.py \
	%D%/mta/test_kept.py \
	%D%/mta/test_letters.py \
	%D%/mta/test_installation.py \
	%D%/mta/test_outgoing.py \
	%D%/mta/test_own_address.py \
	%D%/mta/test_poison.py \
	%D%/mta/test_sendmail.py \
	%D%/mta/test_stack.py \
	%D%/mta/test_next.py \
	%D%/mta/test_upgrade.py \
	%D%/mta/test_verify.py

# Lints: scripts that prove rules of the tree; they read $(srcdir) and the build folder.
lints = \
	%D%/lint/catalogue \
	%D%/lint/commands \
	%D%/lint/dist \
	%D%/lint/faults \
	%D%/lint/format \
	%D%/lint/mans \
	%D%/lint/migrations \
	%D%/lint/options \
	%D%/lint/rooms \
	%D%/lint/units \
	%D%/lint/words
TESTS += $(lints)

# Mails that attack a reader, each within bounds on time and memory.
TESTS += %D%/hostile/bounds %D%/hostile/effort
EXTRA_DIST += %D%/hostile/bounds %D%/hostile/effort %D%/hostile/generate.py %D%/hostile/inspected.py %D%/hostile/loops.py
EXTRA_DIST += $(lints) %D%/lint/generated %D%/run .ci/run

unit_tests += tests/unit/decide/test_decide
tests_unit_decide_test_decide_SOURCES = %D%/unit/decide/test_decide.c %D%/unit/sample.h
tests_unit_decide_test_decide_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_test_decide_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/decide/test_effects
tests_unit_decide_test_effects_SOURCES = %D%/unit/decide/test_effects.c %D%/unit/sample.h
tests_unit_decide_test_effects_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_test_effects_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/verify/test_verify
tests_unit_verify_test_verify_SOURCES = %D%/unit/verify/test_verify.c
tests_unit_verify_test_verify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_verify_test_verify_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_systemd
tests_unit_milter_test_systemd_SOURCES = %D%/unit/milter/test_systemd.c
tests_unit_milter_test_systemd_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_systemd_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/milter/test_table
tests_unit_milter_test_table_SOURCES = %D%/unit/milter/test_table.c milter/ctl/table.c
tests_unit_milter_test_table_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_table_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/base/test_text
tests_unit_base_test_text_SOURCES = %D%/unit/base/test_text.c
tests_unit_base_test_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_text_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/milter/test_trust
tests_unit_milter_test_trust_SOURCES = %D%/unit/milter/test_trust.c
tests_unit_milter_test_trust_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_trust_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/milter/test_keys
tests_unit_milter_test_keys_SOURCES = %D%/unit/milter/test_keys.c %D%/unit/conf_sample.h
tests_unit_milter_test_keys_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_milter_test_keys_LDADD = $(BASE_UNIT_LIBS)

unit_tests += tests/unit/thread/test_token
tests_unit_thread_test_token_SOURCES = %D%/unit/thread/test_token.c
tests_unit_thread_test_token_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_thread_test_token_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/thread/test_thread
tests_unit_thread_test_thread_SOURCES = %D%/unit/thread/test_thread.c
tests_unit_thread_test_thread_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_thread_test_thread_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/tnef/test_tnef
tests_unit_tnef_test_tnef_SOURCES = %D%/unit/tnef/test_tnef.c
tests_unit_tnef_test_tnef_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_tnef_test_tnef_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/content/test_uu
tests_unit_content_test_uu_SOURCES = %D%/unit/content/test_uu.c
tests_unit_content_test_uu_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_content_test_uu_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/base/test_verdict
tests_unit_base_test_verdict_SOURCES = %D%/unit/base/test_verdict.c
tests_unit_base_test_verdict_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_verdict_LDADD = $(UNIT_LIBS)
# Fuzz targets (--enable-fuzz, CC=clang) are tests/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput() in it. To add one that needs
# librules.a alone, add its name here; one that needs more adds what it needs to FUZZ_LIBS.
FUZZ_TARGETS = \
	fuzz_address \
	fuzz_authres \
	fuzz_classify \
	fuzz_conf \
	fuzz_filename \
	fuzz_headers \
	fuzz_html \
	fuzz_ids \
	fuzz_limits \
	fuzz_message \
	fuzz_rtf \
	fuzz_tnef \
	fuzz_token \
	fuzz_trim \
	fuzz_uu
FUZZ_LIBS = librules.a
EXTRA_DIST += $(FUZZ_TARGETS:%=tests/fuzz/%.c)
CLEANFILES += $(FUZZ_TARGETS:%=tests/fuzz/%)
# `make fuzz` runs each target for FUZZ_SECONDS, from what earlier runs found in tests/fuzz/found/TARGET and from the files in the
# folder FUZZ_SEEDS, if there is one. It ends at the first failure; the input is left as tests/fuzz/TARGET-crash-HASH.
# libconfig 1.5 leaks strings where the syntax is wrong, so fuzz_conf runs without the search for leaks.
FUZZ_SECONDS = 60
FUZZ_SEEDS =
.PHONY: fuzz
if ENABLE_FUZZ
all-local: $(FUZZ_TARGETS:%=tests/fuzz/%)
fuzz: $(FUZZ_TARGETS:%=tests/fuzz/%)
	$(AM_V_at)for target in $(FUZZ_TARGETS); do \
		echo "$$target for $(FUZZ_SECONDS) seconds"; $(MKDIR_P) tests/fuzz/found/$$target || exit 1; \
		leaks=1; test $$target != fuzz_conf || leaks=0; \
		tests/fuzz/$$target -detect_leaks=$$leaks -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
			-artifact_prefix=tests/fuzz/$$target- tests/fuzz/found/$$target $(FUZZ_SEEDS) || exit 1; \
	done
else
fuzz:
	@echo "make fuzz needs a build configured with --enable-fuzz CC=clang" >&2; exit 1
endif
clean-local:
	rm -rf tests/fuzz/found tests/fuzz/fuzz_*-crash-* tests/fuzz/fuzz_*-timeout-* tests/fuzz/fuzz_*-oom-* tests/fuzz/fuzz_*-leak-*
tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(FUZZ_LIBS)
	$(AM_V_CCLD)$(MKDIR_P) tests/fuzz && $(CC) $(DEFS) $(UNIT_CPPFLAGS) $(CPPFLAGS) $(AM_CFLAGS) $(CFLAGS) -fsanitize=fuzzer \
		-o $@ $< $(FUZZ_LIBS) $(RULES_LIBS) $(LIBS)

unit_tests += tests/unit/trim/test_trim
tests_unit_trim_test_trim_SOURCES = %D%/unit/trim/test_trim.c
tests_unit_trim_test_trim_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_trim_test_trim_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/decide/test_hold
tests_unit_decide_test_hold_SOURCES = %D%/unit/decide/test_hold.c %D%/unit/sample.h
tests_unit_decide_test_hold_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_decide_test_hold_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/html/test_html
tests_unit_html_test_html_SOURCES = %D%/unit/html/test_html.c
tests_unit_html_test_html_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_html_test_html_LDADD = $(UNIT_LIBS)

include tests/store/local.mk

unit_tests += tests/unit/limits/test_limits
tests_unit_limits_test_limits_SOURCES = %D%/unit/limits/test_limits.c
tests_unit_limits_test_limits_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_limits_test_limits_LDADD = $(UNIT_LIBS)

# ticketctl as a person calls it; with a database of its own where it needs one (77 without server programs).
ctl_tests = \
	%D%/ctl/contract \
	%D%/ctl/files \
	%D%/ctl/inspect \
	%D%/ctl/mails \
	%D%/ctl/publish \
	%D%/ctl/purge
TESTS += $(ctl_tests)
EXTRA_DIST += $(ctl_tests) %D%/ctl/lib

# The private servers of the tests and of packaging/try, attacked by other users of the machine.
TESTS += %D%/servers/safe
EXTRA_DIST += %D%/servers/safe
include %D%/data/local.mk

# Benches: programs that print figures; they are built by `make check' and called by tests/bench/run.
EXTRA_DIST += \
	%D%/bench/direct.py \
	%D%/bench/figures.py \
	%D%/bench/outgoing.py \
	%D%/bench/parts.py \
	%D%/bench/run \
	%D%/bench/table.py \
	%D%/bench/through_postfix.py
check_PROGRAMS += tests/bench/bench_blobs tests/bench/bench_conf tests/bench/bench_message tests/bench/raw-driver
tests_bench_bench_blobs_SOURCES = %D%/bench/bench_blobs.c
tests_bench_bench_blobs_CPPFLAGS = $(GLIB_CFLAGS) $(LIBPQ_CFLAGS)
tests_bench_bench_blobs_LDADD = $(GLIB_LIBS) $(LIBPQ_LIBS)
tests_bench_raw_driver_SOURCES = %D%/bench/raw-driver.c
tests_bench_raw_driver_LDADD = -lpthread
tests_bench_bench_conf_SOURCES = %D%/bench/bench_conf.c
tests_bench_bench_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_bench_bench_conf_LDADD = $(RULES_LIBS)
tests_bench_bench_message_SOURCES = %D%/bench/bench_message.c %D%/unit/sample.h
tests_bench_bench_message_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_bench_bench_message_LDADD = $(RULES_LIBS)
.PHONY: bench
bench:
	$(srcdir)/tests/bench/run $(BENCHFLAGS)

unit_tests += tests/unit/field/test_mailboxes
tests_unit_field_test_mailboxes_SOURCES = %D%/unit/field/test_mailboxes.c
tests_unit_field_test_mailboxes_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_field_test_mailboxes_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/base/test_budget
tests_unit_base_test_budget_SOURCES = %D%/unit/base/test_budget.c
tests_unit_base_test_budget_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_base_test_budget_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/charset/test_charset
tests_unit_charset_test_charset_SOURCES = %D%/unit/charset/test_charset.c
tests_unit_charset_test_charset_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_charset_test_charset_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/field/test_headers
tests_unit_field_test_headers_SOURCES = %D%/unit/field/test_headers.c
tests_unit_field_test_headers_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_field_test_headers_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/message/test_message
tests_unit_message_test_message_SOURCES = %D%/unit/message/test_message.c %D%/unit/parsed.h
tests_unit_message_test_message_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_message_test_message_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/message/test_message_fields
tests_unit_message_test_message_fields_SOURCES = %D%/unit/message/test_message_fields.c %D%/unit/parsed.h
tests_unit_message_test_message_fields_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_message_test_message_fields_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/message/test_message_place
tests_unit_message_test_message_place_SOURCES = %D%/unit/message/test_message_place.c
tests_unit_message_test_message_place_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_message_test_message_place_LDADD = $(UNIT_LIBS)

unit_tests += tests/unit/content/test_transfer
tests_unit_content_test_transfer_SOURCES = %D%/unit/content/test_transfer.c
tests_unit_content_test_transfer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_content_test_transfer_LDADD = $(UNIT_LIBS)

# All tests under conditions that are none too kind; takes a quarter of an hour each, so it is asked for by name:
# make stress STRESSFLAGS="--under busy --times 5".
.PHONY: stress
stress:
	$(srcdir)/tests/stress/run $(STRESSFLAGS)
EXTRA_DIST += %D%/stress/run %D%/stress/slow-disk.c

# Faults under load; takes half an hour, so it is asked for by name: make soak SOAKFLAGS="--only kill --mails 200".
.PHONY: soak
soak:
	$(srcdir)/tests/chaos/run $(SOAKFLAGS)
EXTRA_DIST += \
	%D%/chaos/faults.py \
	%D%/chaos/gateway.py \
	%D%/chaos/invariants.py \
	%D%/chaos/run \
	%D%/chaos/sender.py \
	%D%/chaos/soak.py \
	%D%/mta/CATALOGUE.md \
	%D%/mta/test_chaos.py \
	%D%/mta/test_flood.py

# The Debian package in a clean system; takes minutes and needs root, so it is asked for by name.
check-package:
	$(srcdir)/tests/package/run
.PHONY: check-package
EXTRA_DIST += %D%/mutants/mutants.py %D%/mutants/run
EXTRA_DIST += %D%/package/run

# The package in whole systems with a systemd of their own, and all tests in a clean Debian; takes long and needs root, so it is asked
# for by name: make check-machines MACHINESFLAGS="--suite trixie --only package".
check-machines:
	$(srcdir)/tests/machines/run $(MACHINESFLAGS)
.PHONY: check-machines
EXTRA_DIST += %D%/machines/boot %D%/machines/run %D%/machines/sender.py %D%/machines/system
