# trim: which part of a text is newly written, and which is quoted or a signature.
librules_a_SOURCES += \
	%D%/trim.c %D%/trim.h \
	%D%/trim_fold.c %D%/trim_fold.h \
	%D%/trim_line.c %D%/trim_line.h \
	%D%/trim_scan.c %D%/trim_scan.h \
	%D%/trim_signature.c %D%/trim_signature.h \
	%D%/trim_words.c %D%/trim_words.h
