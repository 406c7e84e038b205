# html: html as text, and html that is safe to show.
librules_a_SOURCES += \
	%D%/html.c %D%/html.h \
	%D%/html_entity.c %D%/html_entity.h \
	%D%/html_images.c %D%/html_images.h \
	%D%/html_look.c %D%/html_look.h \
	%D%/html_render.c %D%/html_render.h \
	%D%/html_sanitise.c %D%/html_sanitise.h \
	%D%/html_tree.c %D%/html_tree.h
