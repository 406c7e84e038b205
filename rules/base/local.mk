# base: what every other room needs: status words, text, byte sources, hashes, phrases, log text, placeholders.
librules_a_SOURCES += \
	%D%/budget.c %D%/budget.h \
	%D%/hash.c %D%/hash.h \
	%D%/installation.c %D%/installation.h \
	%D%/logtext.c %D%/logtext.h \
	%D%/phrase.c %D%/phrase.h \
	%D%/placeholder.c %D%/placeholder.h \
	%D%/source.c %D%/source.h \
	%D%/status.c %D%/status.h \
	%D%/text.c %D%/text.h \
	%D%/verdict.c %D%/verdict.h \
	%D%/wordset.c %D%/wordset.h
