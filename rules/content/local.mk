# content: contents of parts: transfer encodings, flowed text, uuencoded files, types and names of files.
librules_a_SOURCES += \
	%D%/content_id.c %D%/content_id.h \
	%D%/filename.c %D%/filename.h \
	%D%/flowed.c %D%/flowed.h \
	%D%/sniff.c %D%/sniff.h \
	%D%/transfer.c %D%/transfer.h \
	%D%/uu.c %D%/uu.h
