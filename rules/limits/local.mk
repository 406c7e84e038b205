# limits: reads the raw bytes once, before GMime does, and says how deeply a mail may be read.
librules_a_SOURCES += \
	%D%/limits.c %D%/limits.h \
	%D%/limits_caps.h \
	%D%/limits_header.c %D%/limits_header.h
