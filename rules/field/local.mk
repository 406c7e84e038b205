# field: header fields, their parameters and their mailboxes.
librules_a_SOURCES += \
	%D%/headers.c %D%/headers.h \
	%D%/mailboxes.c %D%/mailboxes.h \
	%D%/params.c %D%/params.h
