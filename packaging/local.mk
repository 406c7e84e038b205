# What installs and shows the program.
EXTRA_DIST += %D%/lib/postgres
EXTRA_DIST += %D%/packages %D%/lib/packages %D%/lib/ports %D%/lib/postfix
