/* bench_blobs: plain inserts of attachments, as a measure for ticket-milter's way of storing them.
 *
 *   bench_blobs CONNINFO CONNECTIONS CONTENTS BYTES
 *
 * CONTENTS contents of BYTES go into ticketing.blob in chunks of 256 KiB, one transaction each, by as many
 * connections; every insert is prepared, binary and waited for. They belong to tenant 1 and are taken out
 * again. Prints megabytes a second. Exit 1 with the server's words where it refuses one. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <libpq-fe.h>

#define CHUNK (256 * 1024)

struct writer {
    const char *conninfo;
    guint contents;
    gsize bytes;
    guint32 seed;
};

static void must(PGconn *pq, PGresult *result)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fprintf(stderr, "bench_blobs: %s", PQerrorMessage(pq));
        exit(1);
    }
    PQclear(result);
}

static void insert_chunk(PGconn *pq, const char *sha256, guint32 number, const char *chunk, gsize size)
{
    const guint32 high = 0, low = htonl(number);
    char place[8];
    memcpy(place, &high, 4);
    memcpy(place + 4, &low, 4);
    const char *const values[] = {sha256, place, chunk};
    const int lengths[] = {32, sizeof place, (int)size}, formats[] = {1, 1, 1};
    must(pq, PQexecPrepared(pq, "put", 3, values, lengths, formats, 0));
}

static gpointer write_contents(gpointer data)
{
    struct writer *writer = data;
    PGconn *pq = PQconnectdb(writer->conninfo);
    GRand *random = g_rand_new_with_seed(writer->seed);
    char *chunk = g_malloc(CHUNK);
    must(pq, PQprepare(pq, "put",
                       "INSERT INTO ticketing.blob (tenant_id, sha256, chunk_no, data) "
                       "VALUES (1, $1::bytea, $2::bigint, $3::bytea)",
                       3, NULL));
    for (gsize i = 0; i < CHUNK / sizeof(guint32); i++)
        ((guint32 *)(void *)chunk)[i] = g_rand_int(random);
    for (guint content = 0; content < writer->contents; content++) {
        guint32 sha256[8];
        for (gsize i = 0; i < G_N_ELEMENTS(sha256); i++)
            sha256[i] = g_rand_int(random);
        must(pq, PQexec(pq, "BEGIN"));
        for (gsize at = 0; at < writer->bytes; at += CHUNK)
            insert_chunk(pq, (const char *)sha256, (guint32)(at / CHUNK), chunk,
                         MIN(CHUNK, writer->bytes - at));
        must(pq, PQexec(pq, "COMMIT"));
    }
    g_free(chunk);
    g_rand_free(random);
    PQfinish(pq);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: bench_blobs CONNINFO CONNECTIONS CONTENTS BYTES\n");
        return 64;
    }
    const guint connections = (guint)atoi(argv[2]), contents = (guint)atoi(argv[3]);
    const gsize bytes = (gsize)atoll(argv[4]);
    struct writer *writers = g_new0(struct writer, connections);
    GThread **threads = g_new0(GThread *, connections);
    const gint64 begin = g_get_monotonic_time();
    for (guint i = 0; i < connections; i++) {
        writers[i] = (struct writer){argv[1], contents / connections, bytes, (guint32)begin + i};
        threads[i] = g_thread_new("writer", write_contents, &writers[i]);
    }
    for (guint i = 0; i < connections; i++)
        g_thread_join(threads[i]);
    const gint64 end = g_get_monotonic_time();
    printf("%.1f\n", (double)(contents / connections * connections) * (double)bytes / (double)(end - begin));
    PGconn *pq = PQconnectdb(argv[1]);
    must(pq,
         PQexec(
             pq,
             "DELETE FROM ticketing.blob b WHERE NOT EXISTS "
             "(SELECT FROM ticketing.attachment a WHERE a.tenant_id = b.tenant_id AND a.sha256 = b.sha256)"));
    PQfinish(pq);
    g_free(threads);
    g_free(writers);
    return 0;
}
