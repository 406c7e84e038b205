# classify: what kind of mail it is, with the evidence.
librules_a_SOURCES += \
	%D%/bounce.c %D%/bounce.h \
	%D%/bounce_forms.c %D%/bounce_forms.h \
	%D%/bounce_words.c \
	%D%/classify.c %D%/classify.h \
	%D%/classify_forms.c %D%/classify_forms.h \
	%D%/classify_headers.c %D%/classify_headers.h \
	%D%/classify_view.c %D%/classify_view.h \
	%D%/classify_words.c %D%/classify_words.h
