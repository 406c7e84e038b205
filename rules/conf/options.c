/* options: the table of options and how it is searched. */
#include "rules/conf/options.h"

#include <string.h>

#include "rules/conf/conf.h"

/* The order of these words is the order of the enums in conf.h. */
static const char *const publication_words[] = {"draft", "published", "disabled", NULL};
static const char *const authentication_words[] = {"off", "flag", "fail", "reject", NULL};
static const char *const impersonation_words[] = {"off", "flag", "fail", NULL};
static const char *const login_words[] = {"off", "own", "any", NULL};
static const char *const participants_words[] = {"requester", "cc_allowed", NULL};
static const char *const stranger_words[] = {"unverified", "new_linked", NULL};
static const char *const closed_words[] = {"note", "reopen", "new_linked", NULL};
static const char *const subject_words[] = {"append", "new_linked", NULL};
static const char *const keep_words[] = {"all", "none", "no-inline", NULL};
static const char *const raw_words[] = {"needed", "refused", "all", NULL};
static const char *const tls_words[] = {"off", "starttls", NULL};
static const char *const auth_words[] = {"none", "plain", "login", "xoauth2", NULL};
static const char *const language_words[] = {"en", "de", "fr", "es", "it", "nl", "pt", "pl", NULL};

#define KIB    1024LL
#define MIB    (1024 * KIB)
#define GIB    (1024 * MIB)
#define SECOND 1000LL
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* Texts that go into headers, columns or one line of a table. */
#define TEXT_BYTES 1000
#define NAME_BYTES 63
/* sun_path of Linux is 108 bytes with its NUL; "unix:" stands before it. */
#define LISTEN_BYTES 112
#define PATH_BYTES   1000
#define LIST_MAX     1000
#define FIELDS_MAX   200
#define RATE_MAX     1000000

/* clang-format off */
#define MEMBER(type, member) .offset = offsetof(struct type, member)
#define MAIN(p, s, t, ...) {.file = TK_FILE_MAIN, .path = p, .shape = TK_SHAPE_##s, .type = TK_TYPE_##t, __VA_ARGS__}
#define CHANNEL(p, s, t, ...) {.file = TK_FILE_CHANNEL, .path = p, .shape = TK_SHAPE_##s, .type = TK_TYPE_##t, __VA_ARGS__}
#define TEMPLATE(p, s, t, ...) {.file = TK_FILE_TEMPLATE, .path = p, .shape = TK_SHAPE_##s, .type = TK_TYPE_##t, __VA_ARGS__}
#define ADMIN(p, s, t, ...) {.file = TK_FILE_ADMIN, .path = p, .shape = TK_SHAPE_##s, .type = TK_TYPE_##t, __VA_ARGS__}

static const struct tk_option table[] = {
    MAIN("instance", ONE, HOST, .flags = TK_OPTION_REQUIRED | TK_OPTION_RESTART, .min = 1, .max = 255,
         MEMBER(tk_conf, instance),
         .help = "The name of this host, in what it writes about itself and in what it says to mail servers. An "
                 "installation that has no name yet takes it as its own: ticketctl init --name NAME says another. The "
                 "name of the installation, which all hosts on one database share, stands in the Message-IDs and the "
                 "loop marks of the mail that goes out."),
    MAIN("listen", ONE, LISTEN, .default_text = "unix:/var/spool/postfix/ticket-milter/milter.sock",
         .flags = TK_OPTION_RESTART, .min = 1, .max = LISTEN_BYTES, MEMBER(tk_conf, listen),
         .help = "Where the MTA reaches the milter. A Postfix that runs in a chroot sees only sockets under its queue "
                 "directory."),
    MAIN("listen_mode", ONE, MODE, .default_text = "0660", .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN,
         .min = 0600, .max = 0777, MEMBER(tk_conf, listen_mode),
         .help = "Permissions of a unix socket."),
    MAIN("listen_group", ONE, TOKEN, .default_text = "postfix", .flags = TK_OPTION_RESTART, .min = 0, .max = NAME_BYTES,
         MEMBER(tk_conf, listen_group),
         .help = "Group of a unix socket: the one that the MTA runs in. Empty: the group of the process."),
    MAIN("user", ONE, TOKEN, .default_text = "ticket-milter", .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN,
         .min = 0, .max = NAME_BYTES, MEMBER(tk_conf, user),
         .help = "Whom the daemon becomes when it is started by root. Empty: it stays what it is."),
    MAIN("database", GROUP, TEXT, .help = "The daemon's own connections. They need the rights of ticket_milter alone."),
    MAIN("database.conninfo", ONE, TEXT, .default_text = "dbname=tickets user=ticket_milter",
         .flags = TK_OPTION_RESTART, .min = 0, .max = 4 * KIB, MEMBER(tk_conf, conninfo),
         .help = "Connection string of libpq."),
    MAIN("database.pool", ONE, INT, .default_text = "8", .flags = TK_OPTION_RESTART, .min = 1, .max = 64,
         MEMBER(tk_conf, pool),
         .help = "Connections at most. It is also the number of mails that are stored at the same time."),
    MAIN("database.wait", ONE, TIME, .default_text = "5s", .flags = TK_OPTION_RESTART, .min = 100, .max = 60 * SECOND, MEMBER(tk_conf, wait_msecs),
         .help = "How long a mail waits for a connection before its sender is asked to come again."),
    MAIN("deadline", ONE, TIME, .default_text = "20s", .min = 1 * SECOND, .max = 240 * SECOND,
         MEMBER(tk_conf, deadline_msecs),
         .help = "From the end of the message to the commit. Past it the sender is asked to come again. The MTA's own "
                 "limit (Postfix: milter_content_timeout, 300s) must be longer."),
    MAIN("spool_directory", ONE, PATH, .default_text = "/var/lib/ticket-milter/spool",
         .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN, .min = 1, .max = PATH_BYTES,
         MEMBER(tk_conf, spool_directory),
         .help = "Where the bodies of large mails are kept while they are read, in files without a name. The folder is "
                 "made when it is missing and the one above it is there."),
    MAIN("ledger", ONE, PATH, .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN, .min = 1, .max = PATH_BYTES,
         MEMBER(tk_conf, ledger),
         .help = "The file that remembers which mails were being read when the daemon crashed. One that was there twice "
                 "is read with care: level raw, reason poison. Daemons may share it. Not given: the file ledger in the "
                 "folder that spool_directory lies in."),
    MAIN("trusted_authserv", LIST, TOKEN, .default_text = "", .min = 0, .max = 100, MEMBER(tk_conf, trusted_authserv),
         .help = "The authserv-ids whose Authentication-Results are believed: those of the own MTA's filters, compared "
                 "whole and without case. The DMARC filter must stand before this one, and the MTA must take such "
                 "headers from outside away: what bears the id is believed."),
    MAIN("trusted_networks", LIST, NETWORK, .default_text = "", .min = 0, .max = LIST_MAX, MEMBER(tk_conf, trusted_networks),
         .help = "Networks whose hosts may name any sender: mail that comes from there counts as confirmed. For own hosts "
                 "that pass on nobody else's mail, such as scanners and monitoring. Mail that is submitted on the mail host "
                 "itself comes from 127.0.0.1. A failed DMARC is not outweighed: the DMARC filter must leave such hosts out "
                 "(OpenDMARC: IgnoreHosts)."),
    MAIN("trusted_login", ONE, WORD, .default_text = "off", .words = login_words, MEMBER(tk_conf, trusted_login),
         .help = "Whether a client that has logged in at the MTA (SASL) counts as confirmed. own: where its login is the "
                 "address of From; any: always, which is right only where the MTA binds senders to logins. A failed DMARC is "
                 "not outweighed (OpenDMARC: IgnoreAuthenticatedClients)."),
    MAIN("token_keys", GROUPS, TEXT, .max = 16, MEMBER(tk_conf, token_keys), .size = sizeof(struct tk_token_key),
         .help = "Keys that sign reply tokens and Message-IDs. The first one signs, all of them verify. Without a key "
                 "replies are found by stored Message-IDs and by the number in the subject."),
    MAIN("token_keys.id", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = 8, MEMBER(tk_token_key, id),
         .help = "Name of the key, of letters and digits; it stands in each token."),
    MAIN("token_keys.file", ONE, PATH, .flags = TK_OPTION_REQUIRED, .min = 1, .max = PATH_BYTES,
         MEMBER(tk_token_key, file),
         .help = "File that holds the key, at least 32 random bytes, read when the program starts and at a reload."),
    MAIN("limits", GROUP, TEXT, .help = "What a mail, and all of them at one time, may be at most."),
    MAIN("limits.message", ONE, SIZE, .default_text = "50M", .min = 64 * KIB, .max = GIB, MEMBER(tk_conf, limit_message),
         .help = "Size of a mail for a channel. What is larger goes to the fail folder with the reason too_big. The "
                 "MTA's own limit (Postfix: message_size_limit) should be the same. The database checks the hash of each "
                 "content that it stores, and needs for a moment three times the content's size in memory for that."),
    MAIN("limits.spool", ONE, SIZE, .default_text = "2G", .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN, .min = MIB,
         .max = 1024 * GIB, MEMBER(tk_conf, limit_spool),
         .help = "Bytes of all mails together that are on their way at one time. Whose mail goes beyond is told 452 4.3.1 "
                 "and comes again. At least as much as limits.message, and less than spool_directory has room for."),
    MAIN("limits.sessions", ONE, INT, .default_text = "4000", .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN, .min = 1,
         .max = 20000, MEMBER(tk_conf, limit_sessions),
         .help = "Connections of MTAs at one time. One beyond is closed, so that the MTA does what it does without its "
                 "milter (Postfix: default_action=tempfail, 451)."),
    MAIN("limits.recipients", ONE, INT, .default_text = "1000", .min = 100, .max = 50000, MEMBER(tk_conf, limit_recipients),
         .help = "Recipients of one mail. One beyond is told 452 4.5.3, and the sender brings it in another mail (RFC 5321). "
                 "Postfix has the same limit (smtpd_recipient_limit); where that was raised, so should be this one."),
    MAIN("limits.confirmations", ONE, INT, .default_text = "1000", .min = 0, .max = 1000000,
         MEMBER(tk_conf, limit_confirmations),
         .help = "Confirmations of all channels of a tenant within an hour. Beyond it tickets are made without one."),
    MAIN("limits.tenant_later", ONE, RATE, .default_text = "none", .min = 0, .max = RATE_MAX, MEMBER(tk_conf, tenant_rates.later),
         .help = "Tickets and notes that may come by mail for one tenant within a time. What is more is put off: its sender "
                 "is asked to come again."),
    MAIN("limits.tenant_fail", ONE, RATE, .default_text = "none", .min = 0, .max = RATE_MAX, MEMBER(tk_conf, tenant_rates.fail),
         .help = "As limits.tenant_later, for a longer time: what is more goes to the fail folder with the reason rate_limit."),
    MAIN("keep_raw", ONE, WORD, .default_text = "refused", .words = raw_words, MEMBER(tk_conf, keep_raw),
         .help = "Which mails are also stored as they came. needed: those of tickets and notes that could not be "
                 "read in full; and for 14 days, where they have at most 1M and no folder holds them, those that were "
                 "refused, and those that were excluded and could not be read in full. refused: also, for 14 days, all "
                 "others that were refused or excluded and have at most 1M, but no loops, bounces and receipts. all: every "
                 "mail, as long as its row of the intake. What is kept for days is kept within keep_raw_budget. ticketctl "
                 "intake --raw writes such a mail out."),
    MAIN("keep_raw_budget", ONE, SIZE, .default_text = "2G", .flags = TK_OPTION_UNSHOWN, .min = 0, .max = 1024 * GIB,
         MEMBER(tk_conf, keep_raw_budget),
         .help = "Bytes of all mails of one tenant that are kept for days; a small one counts as 4K. Where they are more, the "
                 "oldest excluded ones go before their time, then the oldest of tickets and notes (channel.keep), then the "
                 "oldest refused ones; a warning says so, and ticketctl status. 0 keeps none."),

    MAIN("notify", GROUP, TEXT, .help = "How ticket-notify(8) sends confirmations, notes and tidings of a status."),
    MAIN("notify.conninfo", ONE, TEXT, .default_text = "dbname=tickets user=ticket_notify", .flags = TK_OPTION_RESTART,
         .min = 0, .max = 4 * KIB, MEMBER(tk_conf, notify_conninfo),
         .help = "Connection string of libpq. It needs the rights of ticket_notify alone."),
    MAIN("notify.smtp", ONE, TOKEN, .default_text = "smtp://127.0.0.1:25", .min = 1, .max = TEXT_BYTES,
         MEMBER(tk_conf, smtp_url),
         .help = "The mail server: \"smtp://HOST:PORT\", or \"smtps://HOST:PORT\" where TLS comes first. The local one "
                 "keeps a mail until it can be delivered."),
    MAIN("notify.tls", ONE, WORD, .default_text = "off", .words = tls_words, MEMBER(tk_conf, smtp_tls),
         .help = "Whether STARTTLS is asked for. A server that does not offer it, or whose certificate is not of its "
                 "name and of a known authority, gets no mail."),
    MAIN("notify.ca_file", ONE, PATH, .flags = TK_OPTION_UNSHOWN, .min = 1, .max = PATH_BYTES, MEMBER(tk_conf, smtp_ca_file),
         .help = "Certificates of the authorities that are known. Not given: those of the system."),
    MAIN("notify.auth", ONE, WORD, .default_text = "none", .words = auth_words, MEMBER(tk_conf, smtp_auth),
         .help = "How ticket-notify tells the mail server who it is."),
    MAIN("notify.user", ONE, TOKEN, .min = 1, .max = 320, MEMBER(tk_conf, smtp_user), .help = "Name of the account there."),
    MAIN("notify.secret_file", ONE, PATH, .min = 1, .max = PATH_BYTES, MEMBER(tk_conf, smtp_secret_file),
         .help = "File whose first line is the password, or the access token of xoauth2. It is read for each mail, so that "
                 "another program may renew it."),
    MAIN("notify.timeout", ONE, TIME, .default_text = "5m", .flags = TK_OPTION_UNSHOWN, .min = SECOND, .max = 15 * MINUTE,
         MEMBER(tk_conf, smtp_timeout_msecs),
         .help = "What one mail may take at the mail server. A mail whose end is not known by then is sent again later, "
                 "with the same Message-ID."),
    MAIN("notify.workers", ONE, INT, .default_text = "2", .flags = TK_OPTION_RESTART | TK_OPTION_UNSHOWN, .min = 1,
         .max = 32, MEMBER(tk_conf, notify_workers), .help = "Mails that are sent at the same time."),
    MAIN("notify.poll", ONE, TIME, .default_text = "1s", .flags = TK_OPTION_UNSHOWN, .min = 100, .max = MINUTE,
         MEMBER(tk_conf, notify_poll_msecs), .help = "How often the database is asked for mails."),
    MAIN("notify.retry", ONE, TIME, .default_text = "1m", .flags = TK_OPTION_UNSHOWN, .min = 100, .max = HOUR,
         MEMBER(tk_conf, notify_retry_msecs),
         .help = "The first pause after a mail was not taken; each further one is twice as long, up to 4h."),
    MAIN("notify.give_up", ONE, TIME, .default_text = "5d", .flags = TK_OPTION_UNSHOWN, .min = SECOND, .max = 20 * DAY,
         MEMBER(tk_conf, notify_give_up_msecs),
         .help = "How long a mail is tried. After that the ticket gets an internal note."),
    MAIN("notify.link", ONE, TEXT, .default_text = "", .min = 0, .max = TEXT_BYTES, MEMBER(tk_conf, notify_link),
         .help = "Where a person sees a ticket, as in \"https://helpdesk.example/t/{number}\". Empty: mails hold no link."),

    CHANNEL("channel", GROUP, TEXT, .flags = TK_OPTION_REQUIRED, .help = "One support inbox. One file holds one channel."),
    CHANNEL("channel.tenant", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES, MEMBER(tk_channel, tenant),
            .help = "Whose channel it is. ticketctl tenant makes a tenant and says in which domains its channels have addresses, "
                    "aliases and folders."),
    CHANNEL("channel.name", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES, MEMBER(tk_channel, name),
            .help = "Name of the channel, unique with its tenant. Commands and headers call it TENANT/NAME."),
    CHANNEL("channel.title", ONE, TEXT, .default_text = "", .min = 0, .max = 200, MEMBER(tk_channel, title),
            .help = "Name for people. Empty: the name."),
    CHANNEL("channel.status", ONE, WORD, .default_text = "draft", .words = publication_words, MEMBER(tk_channel, status),
            .help = "A channel takes mail when its file says published and it was published with ticketctl publish."),
    CHANNEL("channel.address", ONE, ADDRESS, .flags = TK_OPTION_REQUIRED, .min = 1, .max = 320, MEMBER(tk_channel, address),
            .help = "The forwarding inbox: the address to which the organisation forwards its support mail."),
    CHANNEL("channel.aliases", LIST, ADDRESS, .default_text = "", .min = 0, .max = LIST_MAX, MEMBER(tk_channel, aliases),
            .help = "Further addresses of the channel, as senders write them."),
    CHANNEL("channel.reply_to", ONE, ADDRESS, .min = 1, .max = 320, MEMBER(tk_channel, reply_to),
            .help = "The address that answers are asked for at: the address or an alias of this channel. Not given: the "
                    "address."),
    CHANNEL("channel.folders", GROUP, TEXT,
            .help = "Where the mail itself goes. none: nowhere, the recipient is taken away. alias: the recipient stays, and "
                    "the MTA delivers to whatever the address is an alias of. An address: the recipient is replaced by it."),
    CHANNEL("channel.folders.success", ONE, FOLDER, .default_text = "none", .min = 1, .max = 320, MEMBER(tk_channel, success),
            .help = "For mail that became a ticket or a note."),
    CHANNEL("channel.folders.fail", ONE, FOLDER, .default_text = "alias", .min = 1, .max = 320, MEMBER(tk_channel, fail),
            .help = "For mail that was refused."),
    CHANNEL("channel.folders.exclude", ONE, FOLDER, .default_text = "none", .min = 1, .max = 320, MEMBER(tk_channel, exclude),
            .help = "For mail that is left out, such as automatic replies and bulk mail."),
    CHANNEL("channel.senders", GROUP, TEXT, .help = "Who may write to the channel."),
    CHANNEL("channel.senders.allowed_domains", LIST, DOMAIN, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, allowed_domains),
            .help = "Domains of senders. \"*.\" means the sub-domains only; \"*\" means anyone. A published channel needs "
                    "at least one."),
    CHANNEL("channel.senders.denied_domains", LIST, DOMAIN, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, denied_domains), .help = "Domains that are refused even where they are allowed."),
    CHANNEL("channel.senders.authentication", ONE, WORD, .default_text = "flag", .words = authentication_words,
            MEMBER(tk_channel, authentication),
            .help = "What happens to a sender whom nobody confirms that is trusted to (trusted_authserv, trusted_login, "
                    "trusted_networks). off: nothing; flag: the ticket says so, unless nobody is trusted; fail: refused to the fail folder; reject: refused "
                    "to the sender where every recipient agrees, else to the fail folder. Confirmed is dmarc=pass for "
                    "the domain of From; without a DMARC policy also a passed DKIM signature (header.d) or SPF "
                    "(smtp.mailfrom) of that domain or of a parent of it, not of a sub-domain or sister. A failed DMARC "
                    "is never outweighed."),
    CHANNEL("channel.senders.own_domains", LIST, DOMAIN, .min = 0, .max = LIST_MAX, MEMBER(tk_channel, own_domains),
            .help = "The organisation's own domains, which only its own people may write from. Not given: the domains of the "
                    "channel's address and aliases. An empty list: none."),
    CHANNEL("channel.senders.impersonation", ONE, WORD, .default_text = "flag", .words = impersonation_words,
            MEMBER(tk_channel, impersonation),
            .help = "What happens to a sender who claims one of own_domains and whom nobody confirms (see authentication). off: "
                    "nothing more than to others; flag: the ticket says so, unless nobody is trusted to confirm; fail: refused "
                    "with the reason impersonation, to where authentication refuses, else to the fail folder."),
    CHANNEL("channel.senders.forms", LIST, SENDER, .default_text = "", .min = 0, .max = LIST_MAX, MEMBER(tk_channel, forms),
            .help = "Senders that write for others: contact forms, scanners, voicemail. It counts only where the sender is "
                    "confirmed (see authentication) or the client is in trusted_networks. Their mail is let in though a "
                    "machine wrote it or its envelope sender is empty; reports and loops are not. The one mailbox in "
                    "Reply-To is the requester and proves nothing: such a mail is a note only where it bears a token of "
                    "the ticket. Without one mailbox in Reply-To the sender is the requester and is never answered. The "
                    "limits count the sender and the requester."),
    CHANNEL("channel.senders.forms_confirm", ONE, BOOL, .default_text = "false", MEMBER(tk_channel, forms_confirm),
            .help = "Whether the requester of such a mail gets a confirmation. Whoever fills in the form chooses where it "
                    "goes."),
    CHANNEL("channel.autoreplies", GROUP, TEXT, .help = "Mail of machines."),
    CHANNEL("channel.autoreplies.exclude", ONE, BOOL, .default_text = "true", MEMBER(tk_channel, exclude_autoreplies),
            .help = "Whether automatic replies and other machine mail are left out. Bounces, loops and the like always are."),
    CHANNEL("channel.autoreplies.addresses", LIST, SENDER, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, autoreply_addresses), .help = "Senders that are machines."),
    CHANNEL("channel.autoreplies.keywords", LIST, TEXT, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, autoreply_keywords),
            .help = "Mail whose subject contains one of these is left out; case does not matter."),
    CHANNEL("channel.autoreplies.allow", LIST, EXEMPT, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, autoreply_allow),
            .help = "Machines that are let in all the same, by their address or by a header that they set."),
    CHANNEL("channel.exclude_headers", LIST, HEADER, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, exclude_headers), .help = "Mail with one of these headers is left out."),
    CHANNEL("channel.limits", GROUP, TEXT,
            .help = "How many mails may be taken within a sliding time, against loops and floods. What is more is put off first "
                    "(451: its sender tries again), and where that does not end it, refused to the fail folder with the "
                    "reason rate_limit. The log says once that a limit is reached."),
    CHANNEL("channel.limits.tickets_later", ONE, RATE, .default_text = "none", .min = 0, .max = RATE_MAX,
            MEMBER(tk_channel, ticket_rates.later), .help = "New tickets of one sender in this channel. \"20/10m\" suits people."),
    CHANNEL("channel.limits.tickets_fail", ONE, RATE, .default_text = "none", .min = 0, .max = RATE_MAX,
            MEMBER(tk_channel, ticket_rates.fail), .help = "The same for a longer time, such as \"200/1d\"."),
    CHANNEL("channel.limits.notes_later", ONE, RATE, .default_text = "none", .min = 0, .max = RATE_MAX,
            MEMBER(tk_channel, note_rates.later), .help = "Notes of one ticket, whoever writes them. \"20/10m\" suits people."),
    CHANNEL("channel.limits.notes_fail", ONE, RATE, .default_text = "none", .min = 0, .max = RATE_MAX,
            MEMBER(tk_channel, note_rates.fail), .help = "The same for a longer time, such as \"100/1d\"."),
    CHANNEL("channel.template", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES,
            MEMBER(tk_channel, template_name),
            .help = "The template of the channel's tickets, of the same tenant and published. It cannot change once the "
                    "channel is published."),
    CHANNEL("channel.offer_from", ONE, NAME, .min = 1, .max = NAME_BYTES, MEMBER(tk_channel, offer_from),
            .help = "An offer of the catalogue whose defaults the channel's silent offer takes over. They fill what a mail leaves "
                    "empty, restricted where the field is; publishing checks that they are values of the template."),
    CHANNEL("channel.reply_types", LIST, NAME, .min = 0, .max = LIST_MAX, MEMBER(tk_channel, reply_types),
            .help = "Ticket types that may receive notes by mail. Not given: the type of the template. An empty list: none."),
    CHANNEL("channel.participants", ONE, WORD, .default_text = "cc_allowed", .words = participants_words,
            MEMBER(tk_channel, participants),
            .help = "Who may add notes by mail. requester: the sender of the opening mail. cc_allowed: also those in its Cc "
                    "whose domain is allowed."),
    CHANNEL("channel.stranger_reply", ONE, WORD, .default_text = "unverified", .words = stranger_words,
            MEMBER(tk_channel, stranger_reply),
            .help = "What becomes of a reply that bears the token of a ticket, but whose sender is neither whom the token "
                    "was made for nor a participant. unverified: an internal note that is marked so and changes nothing; "
                    "new_linked: a ticket of its own that names the other. Without a token such a mail is a ticket of its "
                    "own."),
    CHANNEL("channel.closed", ONE, WORD, .default_text = "note", .words = closed_words, MEMBER(tk_channel, closed),
            .help = "What becomes of a reply to a closed ticket. note: a note, and the ticket stays closed; reopen: a note, "
                    "and the ticket is open again; new_linked: a new ticket that names the closed one. Automatic replies "
                    "are always a note."),
    CHANNEL("channel.reopen_days", ONE, INT, .default_text = "30", .min = 1, .max = 3650, MEMBER(tk_channel, reopen_days),
            .help = "With closed = \"reopen\": so many days after it was closed a reply becomes a new linked ticket instead."),
    CHANNEL("channel.reopen_max", ONE, INT, .default_text = "5", .min = 1, .max = 1000, MEMBER(tk_channel, reopen_max),
            .help = "With closed = \"reopen\": after so many times that a mail reopened the ticket a reply becomes a new "
                    "linked ticket instead."),
    CHANNEL("channel.subject_change", ONE, WORD, .default_text = "append", .words = subject_words,
            MEMBER(tk_channel, subject_change),
            .help = "What becomes of a reply under a new subject that does not bear the ticket's number. append: a note as "
                    "any other; new_linked: a new ticket that names the other."),
    CHANNEL("channel.fields", GROUPS, TEXT, .max = FIELDS_MAX, MEMBER(tk_channel, fields), .size = sizeof(struct tk_field_rule),
            .help = "How the fields of the ticket are filled. subject, description, requester and requester_name are filled "
                    "from subject, body, sender and sender_name where nothing else is said."),
    CHANNEL("channel.fields.field", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES,
            MEMBER(tk_field_rule, field), .help = "Field of the template."),
    CHANNEL("channel.fields.from", ONE, FROM, .min = 1, .max = TEXT_BYTES, .offset = 0,
            .help = "subject, body (the newly written text), text_full, sender, sender_name, to, date, message_id, "
                    "importance, or header:NAME. Not given: the default alone."),
    CHANNEL("channel.fields.map", MAP, TEXT, .max = LIST_MAX, MEMBER(tk_field_rule, map),
            .help = "Value of the mail = value of the field. What is not listed takes the default."),
    CHANNEL("channel.fields.default", ONE, TEXT, .min = 0, .max = TEXT_BYTES, MEMBER(tk_field_rule, default_text),
            .help = "Value where the mail gives none."),
    CHANNEL("channel.fields.restricted", ONE, BOOL, .default_text = "false", MEMBER(tk_field_rule, restricted),
            .help = "Only members of ticket_restricted see the field. Not for subject, description, requester, "
                    "requester_name and priority."),
    CHANNEL("channel.attachments", GROUP, TEXT,
            .help = "Attachments of a mail. One that is left out is named in the ticket; the mail is not refused for it."),
    CHANNEL("channel.attachments.keep", ONE, WORD, .default_text = "all", .words = keep_words,
            MEMBER(tk_channel, keep_attachments), .help = "Which are stored; no-inline leaves out images within the text."),
    CHANNEL("channel.attachments.max_size", ONE, SIZE, .default_text = "25M", .min = 1, .max = GIB,
            MEMBER(tk_channel, attachment_max_size), .help = "A larger one is left out."),
    CHANNEL("channel.attachments.deny_names", LIST, GLOB, .default_text = "", .min = 0, .max = LIST_MAX,
            MEMBER(tk_channel, attachment_deny_names), .help = "Names that are left out. \"*\" stands for any text, \"?\" for one "
                    "character. Case, hidden characters, full-width letters and a final dot, blank or \":$DATA\" make no difference."),
    CHANNEL("channel.attach_mail", ONE, BOOL, .default_text = "false", MEMBER(tk_channel, attach_mail),
            .help = "Adds the mail itself as mail.eml."),
    CHANNEL("channel.keep", ONE, TIME, .default_text = "0s", .min = 0, .max = 20 * DAY, MEMBER(tk_channel, keep_msecs),
            .help = "How long every mail to this channel is kept as it came, those of tickets and notes too, within "
                    "keep_raw_budget. 0s: only what keep_raw asks for."),
    CHANNEL("channel.language", ONE, WORD, .default_text = "en", .words = language_words, MEMBER(tk_channel, language),
            .help = "Language of the channel's own mails."),
    CHANNEL("channel.detail", ONE, BOOL, .default_text = "true", MEMBER(tk_channel, detail),
            .help = "Whether mail to the channel's address with \"+\" and more behind the local part reaches it (Postfix: "
                    "recipient_delimiter = +). Answers are then asked for at such an address, which says for which ticket "
                    "and for whom it was made."),
    CHANNEL("channel.confirmation", GROUP, TEXT,
            .help = "The mail that tells a requester the number of the ticket. It goes to people alone, once a mail, and "
                    "holds nothing of what they wrote. A sender whom a trusted check does not confirm gets none, and "
                    "where nobody checks, none where anyone may write."),
    CHANNEL("channel.confirmation.enabled", ONE, BOOL, .default_text = "false", MEMBER(tk_channel, confirmation_enabled),
            .help = "Whether there are confirmations."),
    CHANNEL("channel.confirmation.template_file", ONE, PATH, .min = 1, .max = PATH_BYTES, MEMBER(tk_channel, confirmation_file),
            .help = "File with its text, in the place of the one that is built in. Placeholders: {number}, {link}, {title}, "
                    "{address}."),
    CHANNEL("channel.confirmation.delay", ONE, TIME, .default_text = "0s", .min = 0, .max = DAY,
            MEMBER(tk_channel, confirmation_delay_msecs), .help = "How long it waits."),
    CHANNEL("channel.confirmation.pause", ONE, TIME, .default_text = "10m", .min = 0, .max = HOUR,
            MEMBER(tk_channel, confirmation_pause_msecs), .help = "Least time between two to one recipient."),
    CHANNEL("channel.confirmation.per_hour", ONE, INT, .default_text = "200", .min = 0, .max = 1000000,
            MEMBER(tk_channel, confirmation_per_hour), .help = "At most so many within an hour."),
    CHANNEL("channel.note_mail", GROUP, TEXT, .help = "The mail that brings an agent's public note to the participants."),
    CHANNEL("channel.note_mail.template_file", ONE, PATH, .min = 1, .max = PATH_BYTES, MEMBER(tk_channel, note_file),
            .help = "File with its text. Placeholders: {note}, which must be there, {author}, {subject}, {number}, {link}, "
                    "{title}, {address}."),
    CHANNEL("channel.note_mail.attachments", ONE, SIZE, .default_text = "10M", .min = 0, .max = 100 * MIB,
            MEMBER(tk_channel, note_attachments),
            .help = "The note's files go along as long as they are no larger together; of others the mail tells the names."),
    CHANNEL("channel.status_mail", GROUP, TEXT, .help = "The mail that tells the participants of a new status."),
    CHANNEL("channel.status_mail.states", LIST, NAME, .default_text = "", .min = 0, .max = 3, MEMBER(tk_channel, told_states),
            .help = "The statuses that are told: open, pending, closed. They count as they were published."),
    CHANNEL("channel.status_mail.template_file", ONE, PATH, .min = 1, .max = PATH_BYTES, MEMBER(tk_channel, status_file),
            .help = "File with its text. Placeholders: {status}, {subject}, {number}, {link}, {title}, {address}."),

    TEMPLATE("template", GROUP, TEXT, .flags = TK_OPTION_REQUIRED, .help = "The form of a ticket. One file holds one template."),
    TEMPLATE("template.tenant", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES, MEMBER(tk_template, tenant),
             .help = "Whose template it is."),
    TEMPLATE("template.name", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES, MEMBER(tk_template, name),
             .help = "Name of the template, unique with its tenant."),
    TEMPLATE("template.ticket_type", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES,
             MEMBER(tk_template, ticket_type), .help = "Type of its tickets, such as incident or request."),
    TEMPLATE("template.prefix", ONE, PREFIX, .flags = TK_OPTION_REQUIRED, .min = 1, .max = 10, MEMBER(tk_template, prefix),
             .help = "Stands before the number of a ticket, as in INC-17."),
    TEMPLATE("template.status", ONE, WORD, .default_text = "draft", .words = publication_words, MEMBER(tk_template, status),
             .help = "Only a published template can be used by a published channel."),
    TEMPLATE("template.fields", GROUPS, TEXT, .max = FIELDS_MAX, MEMBER(tk_template, fields),
             .size = sizeof(struct tk_template_field), .help = "The fields of a ticket."),
    TEMPLATE("template.fields.name", ONE, NAME, .flags = TK_OPTION_REQUIRED, .min = 1, .max = NAME_BYTES,
             MEMBER(tk_template_field, name),
             .help = "Name of the field. subject, description, requester, requester_name and priority are columns of the "
                     "ticket, and every ticket has them."),
    TEMPLATE("template.fields.values", LIST, TEXT, .default_text = "", .min = 0, .max = LIST_MAX,
             MEMBER(tk_template_field, values), .help = "The values that the field may have. Empty: any."),
    TEMPLATE("template.fields.required", ONE, BOOL, .default_text = "false", MEMBER(tk_template_field, required),
             .help = "Whether every channel of the template must fill it."),
    TEMPLATE("template.fields.restricted", ONE, BOOL, .default_text = "false", MEMBER(tk_template_field, restricted),
             .help = "Only members of ticket_restricted see the field. Not for the columns of the ticket."),

    ADMIN("admin_conninfo", ONE, TEXT, .flags = TK_OPTION_REQUIRED, .min = 0, .max = 4 * KIB, .offset = 0,
          .help = "Connection string of libpq for the commands of ticketctl that administer the database. The file must "
                  "belong to root and be readable by root alone."),
};
/* clang-format on */

const struct tk_option *tk_options(gsize *n_r)
{
    *n_r = G_N_ELEMENTS(table);
    return table;
}

const struct tk_option *tk_options_find(enum tk_option_file file, const char *path)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].file == file && strcmp(table[i].path, path) == 0)
            return &table[i];
    return NULL;
}

static gboolean stands_in(const struct tk_option *option, const char *parent)
{
    gsize len = strlen(parent);
    if (len == 0)
        return strchr(option->path, '.') == NULL;
    return strncmp(option->path, parent, len) == 0 && option->path[len] == '.' &&
           strchr(option->path + len + 1, '.') == NULL;
}

const struct tk_option *tk_options_next(enum tk_option_file file, const char *parent,
                                        const struct tk_option *after)
{
    for (gsize i = after != NULL ? (gsize)(after - table) + 1 : 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].file == file && stands_in(&table[i], parent))
            return &table[i];
    return NULL;
}

const char *tk_option_name(const struct tk_option *option)
{
    const char *dot = strrchr(option->path, '.');
    return dot != NULL ? dot + 1 : option->path;
}

/* Names longer than this are no slip of ours; it bounds the rows below. */
#define NEAR_MAX 64

/* Levenshtein's distance of two short names. */
static gsize distance(const char *a, const char *b)
{
    gsize rows[2][NEAR_MAX + 1], n = strlen(b), i = 0;
    if (strlen(a) > NEAR_MAX || n > NEAR_MAX)
        return NEAR_MAX;
    for (gsize j = 0; j <= n; j++)
        rows[0][j] = j;
    for (; a[i] != '\0'; i++) {
        gsize *above = rows[i % 2], *row = rows[(i + 1) % 2];
        row[0] = i + 1;
        for (gsize j = 0; j < n; j++)
            row[j + 1] = MIN(MIN(above[j + 1], row[j]) + 1, above[j] + (a[i] != b[j]));
    }
    return rows[i % 2][n];
}

const struct tk_option *tk_options_near(enum tk_option_file file, const char *parent, const char *unknown)
{
    const struct tk_option *best = NULL, *elsewhere = NULL;
    gsize nearest = strlen(unknown) / 3 + 2; /* a third of the letters wrong is another word */
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        if (table[i].file != file)
            continue;
        gsize away = distance(unknown, tk_option_name(&table[i]));
        if (away == 0)
            elsewhere = &table[i];
        else if (stands_in(&table[i], parent) && away < nearest) {
            best = &table[i];
            nearest = away;
        }
    }
    return elsewhere != NULL ? elsewhere : best;
}

const char *tk_option_type_text(enum tk_option_type type)
{
    switch (type) {
    case TK_TYPE_TEXT: return "one line of text";
    case TK_TYPE_NAME: return "a name of lower case letters, digits, \"-\", \"_\" and \".\"";
    case TK_TYPE_PREFIX: return "capitals and digits, as in \"INC\"";
    case TK_TYPE_TOKEN: return "one word without blanks";
    case TK_TYPE_PATH: return "a path that begins with \"/\"";
    case TK_TYPE_LISTEN: return "\"unix:/path\", \"inet:port@host\" or \"inet6:port@host\"";
    case TK_TYPE_HOST: return "a host name";
    case TK_TYPE_ADDRESS: return "a mail address";
    case TK_TYPE_SENDER: return "a mail address, or \"*@\" and a domain";
    case TK_TYPE_EXEMPT: return "a mail address, \"*@\" and a domain, or \"Header: value\"";
    case TK_TYPE_DOMAIN: return "a domain, \"*.\" and a domain, or \"*\"";
    case TK_TYPE_HEADER: return "\"Header: value\"";
    case TK_TYPE_NETWORK: return "a network such as \"10.0.0.0/8\" or an IP address";
    case TK_TYPE_GLOB: return "a file name in which \"*\" and \"?\" are wild";
    case TK_TYPE_FOLDER: return "\"none\", \"alias\" or a mail address";
    case TK_TYPE_FROM:
        return "subject, body, text_full, sender, sender_name, to, date, message_id, importance or "
               "header:NAME";
    case TK_TYPE_WORD: return "a word";
    case TK_TYPE_BOOL: return "true or false";
    case TK_TYPE_INT: return "a number";
    case TK_TYPE_MODE: return "a mode such as \"0660\"";
    case TK_TYPE_SIZE: return "a size such as \"25M\" (K, M or G; none: bytes)";
    case TK_TYPE_TIME: return "a time such as \"30s\" (ms, s, m, h or d)";
    case TK_TYPE_RATE: return "a number and a time such as \"20/10m\" (s, m, h or d), or \"none\"";
    }
    return "";
}
