# What installs and shows the program.
