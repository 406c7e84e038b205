# tnef: Outlook's winmail.dat and the RTF in it.
librules_a_SOURCES += \
	%D%/lzfu.c %D%/lzfu.h \
	%D%/rtf.c %D%/rtf.h \
	%D%/rtf_words.c %D%/rtf_words.h \
	%D%/tnef.c %D%/tnef.h \
	%D%/tnef_file.c %D%/tnef_file.h \
	%D%/tnef_message.c %D%/tnef_message.h \
	%D%/tnef_props.c %D%/tnef_props.h \
	%D%/tnef_values.c %D%/tnef_values.h
