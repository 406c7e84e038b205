# decide: the rules of a channel in their order, and what follows for the mail and its sender.
librules_a_SOURCES += \
	%D%/answer.c %D%/answer.h \
	%D%/decide.c %D%/decide.h \
	%D%/effects.c %D%/effects.h \
	%D%/hold.c %D%/hold.h
