# verify: what the mail server's settings must be.
librules_a_SOURCES += \
	%D%/postfix.c %D%/postfix.h \
	%D%/verify.c %D%/verify.h \
	%D%/verify_alias.c \
	%D%/verify_place.c %D%/verify_place.h
