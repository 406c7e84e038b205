# plan: the values to store.
librules_a_SOURCES += \
	%D%/delivery.c %D%/delivery.h \
	%D%/intake_key.c %D%/intake_key.h \
	%D%/plan.c %D%/plan.h
