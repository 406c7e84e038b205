# embed: turns SQL files into C, so that the text lives in .sql files only and the program needs none at run time.
#   awk -f embed.awk -v part=header queries.sql               declarations of tk_query_NAME
#   awk -f embed.awk -v part=source queries.sql roles.sql migrations/*.sql
# A migration's version is the number at the head of its file name; a gap is an error. From the eighth on each has a line
# "-- Serves: N": the version of the oldest program that runs with it (schema/sql/migrations/0008_compatibility.sql).
function base(path) {
    sub(/.*\//, "", path)
    sub(/\.sql$/, "", path)
    return path
}
function fail(text) {
    print "embed: " text > "/dev/stderr"
    exit failed = 1
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
    print "/* Made by schema/sql/embed.awk. */"
    if (part == "header")
        print "#ifndef TK_SCHEMA_QUERIES_H\n#define TK_SCHEMA_QUERIES_H\n"
    else
        print "#include \"schema/sql/queries.h\"\n#include \"schema/calls/migrate.h\"\n"
}
FNR == 1 {
    finish()
    file = base(FILENAME)
    if (part == "source" && file != "queries") {
        if (file ~ /^[0-9]/) {
            if (count >= 8 && !serves[count])
                fail(names[count] ".sql has no line \"-- Serves: N\"")
            if (file + 0 != ++count)
                fail(FILENAME " should be number " count)
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
/^-- Serves: [0-9]+$/ && file ~ /^[0-9]/ {
    if (serves[count])
        fail(FILENAME " says twice whom it serves")
    serves[count] = $3 + 0
    if (serves[count] < 1 || serves[count] > count || serves[count] < serves[count - 1])
        fail(FILENAME " serves " $3 ": the number of the migration before it, its own, or one in between is right")
}
/^--/ || /^$/ || !open { next }
{ print quoted($0) }
END {
    if (failed)
        exit 1
    finish()
    if (part == "source" && count >= 8 && !serves[count])
        fail(names[count] ".sql has no line \"-- Serves: N\"")
    if (part == "header") {
        print "\n#endif"
        exit
    }
    print "\nconst struct tk_migration tk_migrations[] = {"
    for (i = 1; i <= count; i++)
        print "    {" i ", " serves[i] + 0 ", \"" names[i] "\", migration_" i "},"
    print "    {0, 0, 0, 0},\n};"
    print "const int tk_migrations_newest = " count + 0 ";"
}
