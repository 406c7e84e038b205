# embed: turns SQL files into C, so that the text lives in .sql files only and the program needs none at run time.
#   awk -f embed.awk -v part=header queries.sql               declarations of tk_query_NAME
#   awk -f embed.awk -v part=source queries.sql roles.sql migrations/*.sql
# A migration's version is the number at the head of its file name; a gap is an error.
function base(path) {
    sub(/.*\//, "", path)
    sub(/\.sql$/, "", path)
    return path
}
function finish() {
    if (open)
        print "    \"\";"
    open = 0
}
function quoted(text) {
    gsub(/\\/, "\\\\", text)
    gsub(/"/, "\\\"", text)
    return "    \"" text "\\n\""
}
BEGIN {
    print "/* Made by schema/embed.awk. */"
    if (part == "header")
        print "#ifndef TK_SCHEMA_QUERIES_H\n#define TK_SCHEMA_QUERIES_H\n"
    else
        print "#include \"schema/queries.h\"\n#include \"schema/migrate.h\"\n"
}
FNR == 1 {
    finish()
    file = base(FILENAME)
    if (part == "source" && file != "queries") {
        if (file ~ /^[0-9]/) {
            if (file + 0 != ++count) {
                print "embed: " FILENAME " should be number " count > "/dev/stderr"
                exit failed = 1
            }
            names[count] = file
            print "static const char migration_" count "[] ="
        } else {
            print "const char tk_migrate_" file "[] ="
        }
        open = 1
    }
}
file == "queries" && /^-- name: [a-z_]+$/ {
    finish()
    if (part == "header")
        print "extern const char tk_query_" $3 "[];"
    else
        print "const char tk_query_" $3 "[] ="
    open = (part == "source")
    next
}
/^--/ || /^$/ || !open { next }
{ print quoted($0) }
END {
    if (failed)
        exit 1
    finish()
    if (part == "header") {
        print "\n#endif"
        exit
    }
    print "\nconst struct tk_migration tk_migrations[] = {"
    for (i = 1; i <= count; i++)
        print "    {" i ", \"" names[i] "\", migration_" i "},"
    print "    {0, 0, 0},\n};"
    print "const int tk_migrations_newest = " count + 0 ";"
}
