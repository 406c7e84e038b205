# sender: whether somebody whom we trust confirms the sender.
librules_a_SOURCES += \
	%D%/authentic.c %D%/authentic.h \
	%D%/authres.c %D%/authres.h \
	%D%/requester.c %D%/requester.h
