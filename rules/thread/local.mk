# thread: the keys by which a reply finds its ticket.
librules_a_SOURCES += \
	%D%/thread.c %D%/thread.h \
	%D%/token.c %D%/token.h
