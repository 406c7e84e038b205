# address: mail addresses, domains and networks, as values and as patterns.
librules_a_SOURCES += \
	%D%/address.c %D%/address.h \
	%D%/network.c %D%/network.h
