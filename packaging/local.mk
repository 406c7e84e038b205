# What installs and shows the program.
EXTRA_DIST += %D%/lib/postgres
