# compose: the mails that go out.
librules_a_SOURCES += \
	%D%/compose.c %D%/compose.h \
	%D%/compose_header.c %D%/compose_header.h
