# conf: the options of the host, of channels and of templates, and their check.
librules_a_SOURCES += \
	%D%/conf.c %D%/conf.h \
	%D%/conf_check.c %D%/conf_check.h \
	%D%/conf_fields.c %D%/conf_fields.h \
	%D%/conf_mail.c %D%/conf_mail.h \
	%D%/conf_parse.c %D%/conf_parse.h \
	%D%/conf_problem.c %D%/conf_problem.h \
	%D%/conf_rules.c \
	%D%/conf_scan.c %D%/conf_scan.h \
	%D%/mail_text.c %D%/mail_text.h \
	%D%/options.c %D%/options.h \
	%D%/raw.c %D%/raw.h \
	%D%/values.c %D%/values.h
