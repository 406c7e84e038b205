/* milter-client: speaks the milter protocol like an MTA, well or badly.
 *
 *   milter-client PATH SCENARIO [COUNT [RCPT]]
 *
 * PATH is a unix socket. Prints one line of what came of it; exit 0 when the filter did what it has to, 1
 * when not.
 *
 *   mails   COUNT mails to RCPT on one connection, an abort in the middle of every third one
 *   rset    COUNT times MAIL, RCPT and abort on one connection
 *   vanish  COUNT connections that end in the middle of a mail, each at another step
 *   garbage broken packets, each on a connection of its own, then a mail that has to pass
 *   old     an MTA that offers less than is needed is refused
 *   rcpts   one mail to COUNT recipients; prints how many of them the filter took
 *   edits   one mail to RCPT; prints each edit as the filter asks for it */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ACTIONS  0x1ff
#define PROTOCOL 0x1fffff
#define NR_HDR   0x80
#define NR_BODY  0x80000

/* A filter that is silent for longer has lost a packet. */
#define PATIENCE_MSECS 60000

static const char *socket_path;
static const char *rcpt = "<support@acme.example>";
static bool show_edits;

struct packet {
    uint32_t length; /* of DATA */
    char command;
    char data[70000];
};

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fprintf(stderr, "milter-client: %s: %s\n", socket_path, strerror(errno));
        exit(1);
    }
    return fd;
}

/* Whether all was written; a filter may close on us. */
static bool put_bytes(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static bool put(int fd, char command, const void *data, size_t length)
{
    char head[5];
    uint32_t size = htonl((uint32_t)length + 1);
    memcpy(head, &size, 4);
    head[4] = command;
    return put_bytes(fd, head, sizeof head) && put_bytes(fd, data, length);
}

static bool get_bytes(int fd, void *bytes, size_t length)
{
    char *at = bytes;
    while (length > 0) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, PATIENCE_MSECS) != 1) {
            fprintf(stderr, "milter-client: the filter is silent\n");
            exit(1);
        }
        ssize_t n = recv(fd, at, length, 0);
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

/* False: the filter closed the connection. */
static bool get(int fd, struct packet *packet)
{
    uint32_t size;
    if (!get_bytes(fd, &size, 4))
        return false;
    size = ntohl(size);
    if (size == 0 || size > sizeof packet->data || !get_bytes(fd, &packet->command, 1))
        return false;
    packet->length = size - 1;
    if (!get_bytes(fd, packet->data, packet->length))
        return false;
    packet->data[packet->length] = '\0';
    return true;
}

static bool negotiate(int fd, uint32_t actions, uint32_t protocol)
{
    static struct packet reply;
    uint32_t offer[3] = {htonl(6), htonl(actions), htonl(protocol)};
    uint32_t taken[3];
    if (!put(fd, 'O', offer, sizeof offer) || !get(fd, &reply) || reply.command != 'O' ||
        reply.length < sizeof taken)
        return false;
    memcpy(taken, reply.data, sizeof taken);
    if ((ntohl(taken[2]) & (NR_HDR | NR_BODY)) != (NR_HDR | NR_BODY)) {
        fprintf(stderr, "milter-client: the filter wants to answer headers or body\n");
        return false;
    }
    return true;
}

static void show(const struct packet *packet)
{
    if (!show_edits)
        return;
    printf("%c", packet->command);
    size_t start = packet->command == 'm' ? 4 : 0; /* an index comes first */
    if (start == 4)
        printf(" %u", ntohl(*(const uint32_t *)(const void *)packet->data));
    for (size_t at = start; at < packet->length; at += strlen(packet->data + at) + 1)
        printf(" %s", packet->data + at);
    printf("\n");
}

/* Reads past the edits to the answer; 0: closed. */
static char answer(int fd)
{
    static struct packet packet;
    while (get(fd, &packet)) {
        if (strchr("hmi+2-p", packet.command) == NULL) {
            if (packet.command == 'y')
                show(&packet);
            return packet.command == 'y' ? packet.data[0] : packet.command;
        }
        show(&packet);
    }
    return 0;
}

static char say(int fd, char command, const char *argument)
{
    return put(fd, command, argument, strlen(argument) + 1) ? answer(fd) : 0;
}

static bool put_header(int fd, const char *name, const char *value)
{
    char pair[512];
    int length = snprintf(pair, sizeof pair, "%s%c%s", name, '\0', value);
    return put(fd, 'L', pair, (size_t)length + 1);
}

static char begin(int fd)
{
    char got = say(fd, 'M', "<ann@acme.example>");
    if (got != 'c')
        return got;
    got = say(fd, 'R', rcpt);
    return got != 'c' ? got : put(fd, 'T', "", 0) ? answer(fd) : 0;
}

/* One mail after negotiation; the answer to its end, or an earlier one that is not "go on". */
static char mail(int fd, unsigned number)
{
    char text[256];
    static const char macros[] = "Ei\0CLIENT\0j\0mx.example.net";
    char got = begin(fd);
    if (got != 'c')
        return got;
    snprintf(text, sizeof text, " <%u.%ld.%ld@acme.example>", number, (long)getpid(), (long)time(NULL));
    put_header(fd, "From", " Ann <ann@acme.example>");
    put_header(fd, "To", " support@acme.example");
    put_header(fd, "Subject", " Printer is broken");
    put_header(fd, "Date", " Mon, 02 Mar 2026 10:00:00 +0000");
    put_header(fd, "Message-ID", text);
    snprintf(text, sizeof text, "The printer on floor %u is broken.\r\n", number);
    put(fd, 'B', text, strlen(text));
    put(fd, 'D', macros, sizeof macros);
    return put(fd, 'E', "", 0) ? answer(fd) : 0;
}

static int run_mails(unsigned count)
{
    unsigned accepted = 0, later = 0, refused = 0;
    struct timespec from, to;
    int fd = dial();
    if (!negotiate(fd, ACTIONS, PROTOCOL))
        return 1;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (unsigned i = 0; i < count; i++) {
        if (i % 3 == 2 && (begin(fd) == 'c') && (!put_header(fd, "Subject", " half") || !put(fd, 'A', "", 0)))
            break;
        char got = mail(fd, i);
        accepted += got == 'a' || got == 'c';
        later += got == 't' || got == '4';
        refused += got == 'r' || got == '5';
        if (got == 0)
            break;
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    put(fd, 'Q', "", 0);
    close(fd);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    printf("mails=%u accepted=%u later=%u refused=%u seconds=%.3f\n", count, accepted, later, refused,
           seconds);
    return accepted + later + refused == count ? 0 : 1;
}

static int run_rset(unsigned count)
{
    int fd = dial();
    if (!negotiate(fd, ACTIONS, PROTOCOL))
        return 1;
    for (unsigned i = 0; i < count; i++)
        if (say(fd, 'M', "<ann@acme.example>") != 'c' || say(fd, 'R', rcpt) != 'c' || !put(fd, 'A', "", 0))
            return 1;
    char got = mail(fd, count);
    put(fd, 'Q', "", 0);
    close(fd);
    printf("resets=%u then=%c\n", count, got);
    return got != 0 ? 0 : 1;
}

static int run_vanish(unsigned count)
{
    char *block = calloc(1, 65000);
    for (unsigned i = 0; i < count; i++) {
        int fd = dial();
        unsigned step = i % 7;
        if (step > 0 && !negotiate(fd, ACTIONS, PROTOCOL))
            return 1;
        if (step > 1)
            say(fd, 'M', "<ann@acme.example>");
        if (step > 2)
            say(fd, 'R', rcpt);
        if (step > 3)
            put_header(fd, "Subject", " half");
        for (unsigned block_number = 0; step > 4 && block_number < 5; block_number++)
            put(fd, 'B', block, 65000); /* passes what is kept in memory */
        if (step > 5)
            put(fd, 'E', "", 0); /* and does not wait for the answer */
        close(fd);
    }
    free(block);
    printf("vanished=%u\n", count);
    return 0;
}

/* Sends BYTES after a negotiation if wanted, and reads until the filter closes or falls silent. */
static void send_raw(bool negotiated, const void *bytes, size_t length)
{
    int fd = dial();
    if (negotiated)
        negotiate(fd, ACTIONS, PROTOCOL);
    if (put_bytes(fd, bytes, length)) {
        char sink[4096];
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        while (poll(&wait, 1, 200) == 1 && recv(fd, sink, sizeof sink, 0) > 0)
            ;
    }
    close(fd);
}

static int run_garbage(void)
{
#define RAW(negotiated, text)                                                                                \
    {                                                                                                        \
        negotiated, text, sizeof(text) - 1                                                                   \
    }
    static const struct {
        bool negotiated;
        const char *bytes;
        size_t length;
    } cases[] = {
        RAW(false, "\0\0\0\0"),               /* no command */
        RAW(false, "\xff\xff\xff\xffM"),      /* 4 GiB */
        RAW(false, "\0\0\0\5O\0\0\0\6"),      /* a negotiation without flags */
        RAW(false, "\0\0\0\1M"),              /* MAIL before anything */
        RAW(false, "GET / HTTP/1.1\r\n\r\n"), /* another protocol */
        RAW(true, "\0\0\0\0"),
        RAW(true, "\xff\xff\xff\xff"
                  "B"),
        RAW(true, "\x7f\xff\xff\xff"
                  "L"),
        RAW(true, "\0\0\0\1~"),                                      /* no such command */
        RAW(true, "\0\0\0\1M"),                                      /* MAIL without an address */
        RAW(true, "\0\0\0\5M<a>x"),                                  /* an address without an end */
        RAW(true, "\0\0\0\6R<a@b>"),                                 /* RCPT before MAIL */
        RAW(true, "\0\0\0\1E"),                                      /* the end of no mail */
        RAW(true, "\0\0\0\4Babc"),                                   /* body of no mail */
        RAW(true, "\0\0\0\5M<a>\0\0\0\0\5R<b>\0\0\0\0\3La\0"),       /* a header without a value */
        RAW(true, "\0\0\0\5M<a>\0\0\0\0\5R<b>\0\0\0\0\3Lab"),        /* a header without ends */
        RAW(true, "\0\0\0\5M<a>\0\0\0\0\5M<b>\0\0\0\0\5M<c>\0"),     /* MAIL in a mail */
        RAW(true, "\0\0\0\5M<a>\0\0\0\0\5R<b>\0\0\0\0\1E\0\0\0\1E"), /* two ends */
        RAW(true, "\0\0\0\1A\0\0\0\1A\0\0\0\1A\0\0\0\1Q\0\0\0\1Q"),  /* aborts and ends of nothing */
        RAW(true, "\0\0\0\3D\xff"
                  "i"),         /* a macro without a value */
        RAW(true, "\0\0\0\1O"), /* a second negotiation, empty */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        send_raw(cases[i].negotiated, cases[i].bytes, cases[i].length);

    int fd = dial();
    char got = negotiate(fd, ACTIONS, PROTOCOL) ? mail(fd, 0) : 0;
    put(fd, 'Q', "", 0);
    close(fd);
    printf("broken=%zu then=%c\n", sizeof cases / sizeof *cases, got == 0 ? '0' : got);
    return got == 'a' || got == 'c' ? 0 : 1;
}

static int run_old(void)
{
    static const uint32_t offers[][2] = {{ACTIONS, 0x7f}, {0x1f, PROTOCOL}, {0, 0}};
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        int fd = dial();
        static struct packet reply;
        uint32_t offer[3] = {htonl(i == 2 ? 2 : 6), htonl(offers[i][0]), htonl(offers[i][1])};
        if (!put(fd, 'O', offer, sizeof offer) || (get(fd, &reply) && reply.command == 'O')) {
            printf("offer=%zu taken\n", i);
            return 1;
        }
        close(fd);
    }
    printf("offers=%zu refused\n", sizeof offers / sizeof *offers);
    return 0;
}

static int run_edits(void)
{
    int fd = dial();
    show_edits = true;
    char got = negotiate(fd, ACTIONS, PROTOCOL) ? mail(fd, 0) : 0;
    put(fd, 'Q', "", 0);
    close(fd);
    printf("answer %c\n", got == 0 ? '0' : got);
    return got != 0 ? 0 : 1;
}

static int run_rcpts(unsigned count)
{
    unsigned taken = 0, later = 0;
    int fd = dial();
    if (!negotiate(fd, ACTIONS, PROTOCOL) || say(fd, 'M', "<ann@acme.example>") != 'c')
        return 1;
    for (unsigned i = 0; i < count; i++) {
        char address[64];
        snprintf(address, sizeof address, "<person.number.%u@far.example>", i);
        char got = say(fd, 'R', address);
        taken += got == 'c';
        later += got == '4';
    }
    put(fd, 'A', "", 0);
    char got = mail(fd, 0); /* the next mail begins anew */
    put(fd, 'Q', "", 0);
    close(fd);
    printf("taken=%u later=%u then=%c\n", taken, later, got == 0 ? '0' : got);
    return taken + later == count ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr,
                "usage: milter-client PATH mails|rset|vanish|garbage|old|rcpts|edits [COUNT [RCPT]]\n");
        return 64;
    }
    socket_path = argv[1];
    unsigned count = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
    if (argc > 4)
        rcpt = argv[4];
    if (strcmp(argv[2], "mails") == 0)
        return run_mails(count);
    if (strcmp(argv[2], "rset") == 0)
        return run_rset(count);
    if (strcmp(argv[2], "rcpts") == 0)
        return run_rcpts(count);
    if (strcmp(argv[2], "vanish") == 0)
        return run_vanish(count);
    if (strcmp(argv[2], "garbage") == 0)
        return run_garbage();
    if (strcmp(argv[2], "old") == 0)
        return run_old();
    return strcmp(argv[2], "edits") == 0 ? run_edits() : 64;
}
