# embed: turns the texts of our mails into C, so that the program needs no file of them.
#   awk -f embed.awk KIND.LANGUAGE.txt...     in the order of kinds and, within each, of languages
function finish() {
    if (open)
        print "    \"\","
    open = 0
}
BEGIN {
    print "/* Made by packaging/conf/texts/embed.awk. */\n#include \"rules/conf/mail_text.h\"\n"
    print "const char *const tk_mail_texts[TK_MAIL_KINDS][TK_LANGUAGES] = {"
}
FNR == 1 {
    finish()
    name = FILENAME
    sub(/.*\//, "", name)
    split(name, parts, ".")
    if (parts[1] != kind)
        print (kind == "" ? "{" : "}, {")
    kind = parts[1]
    open = 1
}
{
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    print "    \"" $0 "\\n\""
}
END {
    finish()
    print "}};"
}
