# charset: bytes of any charset as UTF-8.
librules_a_SOURCES += \
	%D%/charset.c %D%/charset.h \
	%D%/charset_guess.c \
	%D%/codepage.c %D%/codepage.h
