/* raw-driver: sends mails to a filter as a busy MTA would, without one, and measures.
 *
 *   raw-driver [-c CONNECTIONS] [-n MAILS] [-s TEXT] [-a ATTACHMENT] [-t RCPT] [-k CHANNELS] [-r TICKETS]
 *              [-d EVERY] SOCKET
 *
 * SOCKET as libmilter writes it: unix:PATH or inet:PORT@HOST. MAILS are shared out among the connections,
 * each with a thread of its own that sends one mail after the other.
 *
 *   -s  bytes of the mail's text (4096)
 *   -a  bytes of an attachment in base64, of another content in every mail
 *   -t  the recipient; a # in it stands for a number up to CHANNELS, another one in every mail
 *   -r  every mail is a reply to one of the Message-IDs <bench.N@acme.example>, N up to TICKETS
 *   -d  every so manieth mail of a connection (2 or more) is the one before it again
 *
 * The packets are those of Postfix: what gets no answer is written together, what gets one is waited for.
 * Prints a line: mails told yes, told later, told no, seconds, and the 50th, 99th and 99.9th percentile of
 * the milliseconds from the end of the mail, which goes out with the last of its bytes, to the answer. Exit 1
 * where a connection was lost. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ACTIONS     0x1ff
#define PROTOCOL    0x1fffff
#define NR_HDR      0x80    /* no answer to a header field (SMFIP_NR_HDR) */
#define NR_BODY     0x80000 /* nor to a piece of the body */
#define CHUNK       65535   /* bytes of a body packet (MILTER_CHUNK_SIZE) */
#define BASE64_LINE 76      /* characters; 57 bytes */

static struct {
    unsigned connections, mails, channels, tickets, again;
    size_t text, attachment;
    const char *rcpt, *socket;
    uint64_t run; /* makes the mails of this run unlike those of all others */
} options = {.connections = 1, .mails = 1, .channels = 1, .text = 4096, .rcpt = "support@acme.example"};

struct client {
    pthread_t thread;
    int fd;
    unsigned number; /* of the client */
    unsigned mails;
    unsigned accepted, later, refused;
    double *millis; /* of each mail's end */
    bool lost;
    uint32_t protocol; /* what the filter has agreed to */
    size_t held;       /* bytes in OUT that wait for company */
    double asked;      /* when the last question went out */
    char out[2 * CHUNK];
    char text[CHUNK];
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static int dial(void)
{
    const char *address = strchr(options.socket, ':') + 1;
    if (strncmp(options.socket, "inet:", 5) == 0) {
        static const int on = 1;
        const char *host = strchr(address, '@');
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(address))};
        inet_pton(AF_INET, host != NULL ? host + 1 : "127.0.0.1", &to.sin_addr);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
    }
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s", address);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static void flush(struct client *client)
{
    for (size_t sent = 0; sent < client->held && !client->lost;) {
        ssize_t n = send(client->fd, client->out + sent, client->held - sent, MSG_NOSIGNAL);
        client->lost = n <= 0;
        sent += n > 0 ? (size_t)n : 0;
    }
    client->held = 0;
}

static void put(struct client *client, char command, const void *data, size_t length)
{
    uint32_t size = htonl((uint32_t)length + 1);
    if (client->held + length + 5 > sizeof client->out)
        flush(client);
    memcpy(client->out + client->held, &size, 4);
    client->out[client->held + 4] = command;
    memcpy(client->out + client->held + 5, data, length);
    client->held += length + 5;
}

static bool get_bytes(struct client *client, void *bytes, size_t length)
{
    for (size_t got = 0; got < length && !client->lost;) {
        ssize_t n = recv(client->fd, (char *)bytes + got, length - got, 0);
        client->lost = n <= 0;
        got += n > 0 ? (size_t)n : 0;
    }
    return !client->lost;
}

/* Sends what is held and reads past the edits to the answer: its command, or the first digit of a reply; 0:
 * lost. */
static char answer(struct client *client)
{
    char packet[4096];
    uint32_t size;
    flush(client);
    while (get_bytes(client, &size, 4)) {
        size = ntohl(size);
        if (size == 0 || size > sizeof packet || !get_bytes(client, packet, size))
            break;
        if (packet[0] == 'O' && size >= 13) {
            memcpy(&client->protocol, packet + 9, 4);
            client->protocol = ntohl(client->protocol);
        }
        if (strchr("hmi+2-p", packet[0]) == NULL)
            return packet[0] == 'y' ? packet[1] : packet[0];
    }
    client->lost = true;
    return 0;
}

static char ask(struct client *client, char command, const void *argument, size_t length)
{
    put(client, command, argument, length);
    client->asked = now();
    return answer(client);
}

/* Sends what the filter answers unless it has agreed to SILENT. */
static void tell(struct client *client, char command, const void *data, size_t length, uint32_t silent)
{
    if (client->protocol & silent)
        put(client, command, data, length);
    else
        ask(client, command, data, length);
}

static void put_header(struct client *client, const char *name, const char *value)
{
    char pair[1024];
    int length = snprintf(pair, sizeof pair, "%s%c %s", name, '\0', value);
    tell(client, 'L', pair, (size_t)length + 1, NR_HDR);
}

/* A number for the mail; mails that follow each other get numbers that do not. */
static unsigned spread(const struct client *client, unsigned mail, unsigned limit)
{
    uint64_t mixed = ((uint64_t)client->number << 32 | mail) * 0x9e3779b97f4a7c15U + options.run;
    return (unsigned)((mixed >> 32) % limit) + 1;
}

static void put_headers(struct client *client, unsigned mail)
{
    char text[512];
    put_header(client, "Received",
               "from client.acme.example (client.acme.example [192.0.2.7])\n"
               "\tby mx.example.net (Postfix) with ESMTPS id 4f1YbX2k\n"
               "\tfor <support@acme.example>; Mon, 2 Mar 2026 10:00:01 +0000");
    put_header(client, "From", "Ann Example <ann@acme.example>");
    put_header(client, "To", "support@acme.example");
    put_header(client, "Subject", "Printer on floor 3 prints white sheets only");
    put_header(client, "Date", "Mon, 2 Mar 2026 10:00:00 +0000");
    snprintf(text, sizeof text, "<%u.%u.%llx@acme.example>", client->number, mail,
             (unsigned long long)options.run);
    put_header(client, "Message-ID", text);
    if (options.tickets > 0) {
        snprintf(text, sizeof text, "<bench.%u@acme.example>", spread(client, mail, options.tickets));
        put_header(client, "In-Reply-To", text);
    }
    put_header(client, "MIME-Version", "1.0");
    put_header(client, "Content-Type",
               options.attachment > 0 ? "multipart/mixed; boundary=m1" : "text/plain; charset=utf-8");
}

static void put_text(struct client *client, unsigned mail)
{
    size_t length = (size_t)snprintf(
        client->text, sizeof client->text, "%sHello, this is mail %u of client %u.\r\n",
        options.attachment > 0 ? "--m1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" : "", mail,
        client->number);
    for (unsigned line = 0; length < options.text && length + 256 < sizeof client->text; line++)
        length += (size_t)snprintf(client->text + length, sizeof client->text - length,
                                   "Since yesterday morning printer %u prints white sheets only.\r\n", line);
    tell(client, 'B', client->text, length, NR_BODY);
}

/* An attachment in base64 whose bytes do not repeat. */
static void put_attachment(struct client *client, unsigned mail)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char head[] = "--m1\r\nContent-Type: application/pdf; name=scan.pdf\r\n"
                               "Content-Disposition: attachment; filename=scan.pdf\r\n"
                               "Content-Transfer-Encoding: base64\r\n\r\n";
    static const char end[] = "--m1--\r\n";
    uint64_t state = options.run ^ ((uint64_t)client->number << 32 | mail);
    tell(client, 'B', head, sizeof head - 1, NR_BODY);
    for (size_t left = options.attachment / 57; left > 0 && !client->lost;) {
        size_t length = 0;
        while (left > 0 && length + BASE64_LINE + 2 <= CHUNK) {
            for (unsigned i = 0; i < BASE64_LINE; i++) {
                if (i % 8 == 0)
                    state = state * 6364136223846793005U + 1442695040888963407U;
                client->text[length++] = digits[state >> (16 + i % 8 * 6) & 63];
            }
            client->text[length++] = '\r';
            client->text[length++] = '\n';
            left--;
        }
        tell(client, 'B', client->text, length, NR_BODY);
        flush(client);
    }
    tell(client, 'B', end, sizeof end - 1, NR_BODY);
}

static char send_mail(struct client *client, unsigned mail)
{
    static const char macros[] = "Ei\0004f1YbX2k\0j\0mx.example.net";
    char path[512];
    const char *hash = strchr(options.rcpt, '#');
    if (hash == NULL)
        snprintf(path, sizeof path, "<%s>", options.rcpt);
    else
        snprintf(path, sizeof path, "<%.*s%u%s>", (int)(hash - options.rcpt), options.rcpt,
                 spread(client, mail, options.channels), hash + 1);
    char got = ask(client, 'M', "<ann@acme.example>", sizeof "<ann@acme.example>");
    if (got == 'c')
        got = ask(client, 'R', path, strlen(path) + 1);
    if (got == 'c')
        got = ask(client, 'T', "", 0);
    if (got != 'c')
        return got;
    put_headers(client, mail);
    put_text(client, mail);
    if (options.attachment > 0)
        put_attachment(client, mail);
    put(client, 'D', macros, sizeof macros);
    return ask(client, 'E', "", 0);
}

static void *run(void *data)
{
    struct client *client = data;
    uint32_t offer[3] = {htonl(6), htonl(ACTIONS), htonl(PROTOCOL)};
    put(client, 'O', offer, sizeof offer);
    if (answer(client) != 'O')
        client->lost = true;
    for (unsigned i = 0; i < client->mails && !client->lost; i++) {
        const bool again = options.again > 0 && i % options.again == options.again - 1;
        char got = send_mail(client, again ? i - 1 : i);
        client->millis[i] = (now() - client->asked) * 1e3;
        client->accepted += got == 'a' || got == 'c';
        client->later += got == 't' || got == '4';
        client->refused += got == 'r' || got == '5';
    }
    put(client, 'Q', "", 0);
    flush(client);
    close(client->fd);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int usage(void)
{
    fprintf(stderr,
            "usage: raw-driver [-c CONNECTIONS] [-n MAILS] [-s TEXT] [-a ATTACHMENT] [-t RCPT] [-k CHANNELS] "
            "[-r TICKETS] [-d EVERY] unix:PATH|inet:PORT@HOST\n");
    return 64;
}

static bool read_options(int argc, char **argv)
{
    for (int option; (option = getopt(argc, argv, "c:n:s:a:t:k:r:d:")) != -1;) {
        unsigned long number = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;
        switch (option) {
        case 'c': options.connections = (unsigned)number; break;
        case 'n': options.mails = (unsigned)number; break;
        case 's': options.text = number; break;
        case 'a': options.attachment = number; break;
        case 't': options.rcpt = optarg; break;
        case 'k': options.channels = (unsigned)number; break;
        case 'd': options.again = (unsigned)number; break;
        case 'r': options.tickets = (unsigned)number; break;
        default: return false;
        }
    }
    options.socket = argv[optind];
    return options.socket != NULL && strchr(options.socket, ':') != NULL && options.connections > 0 &&
           options.channels > 0 && options.again != 1;
}

int main(int argc, char **argv)
{
    if (!read_options(argc, argv))
        return usage();
    options.run = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
    struct client *clients = calloc(options.connections, sizeof *clients);
    double *millis = calloc(options.mails + 1, sizeof *millis);
    unsigned given = 0, accepted = 0, later = 0, refused = 0;
    bool lost = false;
    for (unsigned i = 0; i < options.connections; i++) {
        struct client *client = &clients[i];
        client->number = i;
        client->mails = options.mails / options.connections + (i < options.mails % options.connections);
        client->millis = millis + given;
        client->fd = dial();
        given += client->mails;
        if (client->fd < 0) {
            perror(options.socket);
            return 1;
        }
    }
    double begin = now();
    for (unsigned i = 0; i < options.connections; i++)
        pthread_create(&clients[i].thread, NULL, run, &clients[i]);
    for (unsigned i = 0; i < options.connections; i++) {
        pthread_join(clients[i].thread, NULL);
        accepted += clients[i].accepted;
        later += clients[i].later;
        refused += clients[i].refused;
        lost = lost || clients[i].lost;
    }
    double seconds = now() - begin;
    qsort(millis, given, sizeof *millis, compare);
    printf("%u\t%u\t%u\t%.3f\t%.3f\t%.3f\t%.3f\n", accepted, later, refused, seconds, millis[given / 2],
           millis[given * 99 / 100], millis[given * 999 / 1000]);
    free(millis);
    free(clients);
    return lost ? 1 : 0;
}
