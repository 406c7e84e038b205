# message: one mail as values: the value (message) and the reader (message_read).
librules_a_SOURCES += \
	%D%/message.c %D%/message.h \
	%D%/message_body.c \
	%D%/message_cautious.c \
	%D%/message_choice.c \
	%D%/message_fields.c \
	%D%/message_file.c \
	%D%/message_inline.c \
	%D%/message_place.c %D%/message_place.h \
	%D%/message_private.h \
	%D%/message_report.c \
	%D%/message_stream.c %D%/message_stream.h \
	%D%/message_text.c \
	%D%/message_tree.c
