/* conf_sample: a small configuration without any problem, for the tests to break. */
#ifndef TK_TESTS_CONF_SAMPLE_H
#define TK_TESTS_CONF_SAMPLE_H

#define SAMPLE_MAIN                                                                                          \
    "instance = \"gw1.example.net\";\n"                                                                      \
    "listen = \"unix:/run/tm.sock\";\n"                                                                      \
    "database = { conninfo = \"dbname=t\";\n"                                                                \
    "  pool = 4; wait = \"2s\"; };\n"                                                                        \
    "deadline = \"10s\";\n"                                                                                  \
    "token_keys = ( { id = \"a\"; file = \"/k/a\"; },\n"                                                     \
    "  { id = \"b\"; file = \"/k/b\"; } );\n"                                                                \
    "limits = { message = \"10M\"; };\n"

#define SAMPLE_TEMPLATE                                                                                      \
    "template = { tenant = \"acme\"; name = \"incident\";\n"                                                 \
    "  ticket_type = \"incident\"; prefix = \"INC\"; status = \"published\";\n"                              \
    "  fields = ( { name = \"subject\"; required = true; },\n"                                               \
    "    { name = \"priority\"; values = [ \"P1\", \"P2\" ]; required = true; },\n"                          \
    "    { name = \"category\"; required = true; },\n"                                                       \
    "    { name = \"cost_centre\"; restricted = true; } ); };\n"

#define SAMPLE_CHANNEL                                                                                       \
    "channel = {\n"                                                                                          \
    "  tenant = \"acme\"; name = \"support\"; status = \"published\";\n"                                     \
    "  address = \"support.392@acme.tickets.example.net\";\n"                                                \
    "  aliases = [ \"Support@acme.example\",\n"                                                              \
    "    \"helpdesk@acme.example\" ];\n"                                                                     \
    "  reply_to = \"support@ACME.example\";\n"                                                               \
    "  folders = { success = \"none\"; fail = \"fail@acme.example\"; };\n"                                   \
    "  senders = { allowed_domains = [ \"Acme.example\", \"*.partner.example\" ]; };\n"                      \
    "  autoreplies = { addresses = [ \"*@Machines.example\" ]; keywords = [ \"Out of Office\" ];\n"          \
    "    allow = [ \"jira@acme.example\", \"X-Jira :  yes \" ]; };\n"                                        \
    "  exclude_headers = [ \"X-Spam-Flag: YES\" ];\n"                                                        \
    "  template = \"incident\";\n"                                                                           \
    "  reply_types = [ \"incident\" ];\n"                                                                    \
    "  fields = ( { field = \"priority\"; from = \"importance\";\n"                                          \
    "      map = { high = \"P1\"; low = \"P2\"; }; default = \"P2\"; },\n"                                   \
    "    { field = \"category\"; from = \"header:X-Category\"; default = \"mail\"; },\n"                     \
    "    { field = \"cost_centre\"; default = \"none\"; restricted = true; } );\n"                           \
    "  attachments = { max_size = \"5M\"; deny_names = [ \"*.exe\" ]; };\n"                                  \
    "};\n"

/* A second channel, of the same tenant, as short as may be. */
#define SAMPLE_OTHER                                                                                         \
    "channel = { tenant = \"acme\"; name = \"hr\"; status = \"published\";\n"                                \
    "  address = \"hr@acme.example\"; template = \"plain\";\n"                                               \
    "  senders = { allowed_domains = [ \"*\" ]; }; };\n"

#define SAMPLE_PLAIN                                                                                         \
    "template = { tenant = \"acme\"; name = \"plain\"; ticket_type = \"request\";\n"                         \
    "  prefix = \"REQ\"; status = \"published\"; };\n"

#endif
