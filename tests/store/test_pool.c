/* Tests of who gets a connection, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "schema/wire/pool.h"
#include "tests/store/server.h"

static struct tk_store *store;

/* One who takes a connection, notes that he has it, and gives it back. */
struct taker {
    char name;
    double seconds; /* how long he would wait */
    enum tk_status status;
    struct tk_connection *connection; /* as it was; given back since */
};

static GMutex order_mutex;
static GString *order;

static void note(char name)
{
    g_mutex_lock(&order_mutex);
    g_string_append_c(order, name);
    g_mutex_unlock(&order_mutex);
}

static gpointer take_and_give(gpointer data)
{
    struct taker *taker = data;
    struct tk_connection *c = NULL;
    taker->status = tk_pool_take(store, soon(taker->seconds), &c, NULL);
    taker->connection = c;
    if (taker->status == TK_OK)
        note(taker->name);
    tk_pool_give(store, &c);
    return NULL;
}

static struct tk_connection *take(void)
{
    struct tk_connection *c = NULL;
    assert_int_equal(tk_pool_take(store, soon(10), &c, NULL), TK_OK);
    return c;
}

static struct tk_store_numbers numbers_of(void)
{
    struct tk_store_numbers numbers;
    tk_store_numbers(store, &numbers);
    return numbers;
}

/* A thread that waits for a connection by the time this returns. */
static GThread *start_waiting(struct taker *taker)
{
    const guint64 before = numbers_of().waits;
    GThread *thread = g_thread_new("taker", take_and_give, taker);
    for (int i = 0; i < 100000 && numbers_of().waits == before; i++)
        g_usleep(1000);
    assert_int_equal(numbers_of().waits, before + 1);
    return thread;
}

static int open_store(void **state)
{
    (void)state;
    const struct tk_store_options options = {
        .conninfo = server_conninfo("ticket_milter"), .pool = 1, .wait = 100 * G_USEC_PER_SEC};
    g_string_truncate(order, 0);
    return tk_store_open(&options, &store, NULL) == TK_OK ? 0 : -1;
}

static int close_store(void **state)
{
    (void)state;
    tk_store_close(&store);
    return 0;
}

static void who_waits_is_served_in_the_order_of_coming_and_overtaken_by_nobody(void **state)
{
    (void)state;
    struct taker takers[] = {{'a', 10, TK_BUG, NULL}, {'b', 10, TK_BUG, NULL}, {'c', 10, TK_BUG, NULL}};
    GThread *threads[G_N_ELEMENTS(takers)];
    struct tk_connection *c = take();
    struct tk_connection *first = c;
    for (gsize i = 0; i < G_N_ELEMENTS(takers); i++)
        threads[i] = start_waiting(&takers[i]);
    tk_pool_give(store, &c);
    c = take(); /* at once, before any of them can have woken up */
    note('d');
    tk_pool_give(store, &c);
    for (gsize i = 0; i < G_N_ELEMENTS(takers); i++) {
        g_thread_join(threads[i]);
        assert_int_equal(takers[i].status, TK_OK);
        assert_ptr_equal(takers[i].connection, first);
    }
    assert_string_equal(order->str, "abcd");
    assert_int_equal(numbers_of().connects, 1);
}

static void who_gave_up_waiting_is_not_served(void **state)
{
    (void)state;
    struct taker hasty = {'h', 0.1, TK_BUG, NULL}, patient = {'p', 10, TK_BUG, NULL};
    struct tk_connection *c = take();
    GThread *threads[] = {start_waiting(&hasty), start_waiting(&patient)};
    g_thread_join(threads[0]);
    assert_int_equal(hasty.status, TK_LATER);
    assert_int_equal(numbers_of().timeouts, 1);
    tk_pool_give(store, &c);
    g_thread_join(threads[1]);
    assert_int_equal(patient.status, TK_OK);
    assert_string_equal(order->str, "p");
    c = take();
    assert_int_equal(numbers_of().busy, 1);
    tk_pool_give(store, &c);
    assert_int_equal(numbers_of().busy, 0);
}

static void who_waits_for_a_connection_that_breaks_makes_one_in_its_place(void **state)
{
    (void)state;
    struct taker taker = {'t', 10, TK_BUG, NULL};
    struct tk_connection *c = take();
    GThread *thread = start_waiting(&taker);
    c->broken = true;
    tk_pool_give(store, &c);
    g_thread_join(thread);
    assert_int_equal(taker.status, TK_OK);
    assert_int_equal(numbers_of().connects, 2);
    assert_int_equal(numbers_of().connections, 1);
}

static bool idle_is_dead(void)
{
    g_autofree char *left =
        server_ask("postgres", "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ticket_milter'");
    return g_str_equal(left, "0");
}

static void a_connection_that_died_idle_is_replaced(void **state)
{
    (void)state;
    struct tk_connection *c = take();
    tk_pool_give(store, &c);
    g_free(
        server_ask("postgres",
                   "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ticket_milter'"));
    for (int i = 0; i < 10000 && !idle_is_dead(); i++)
        g_usleep(10000);
    c = take();
    assert_int_equal(numbers_of().connects, 2);
    tk_pool_give(store, &c);
    assert_int_equal(numbers_of().connections, 1);
}

static int setup(void **state)
{
    (void)state;
    server_fill();
    order = g_string_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    g_string_free(order, TRUE);
    server_remove();
    return 0;
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_store, close_store)
    const struct CMUnitTest tests[] = {
        CASE(who_waits_is_served_in_the_order_of_coming_and_overtaken_by_nobody),
        CASE(who_gave_up_waiting_is_not_served),
        CASE(who_waits_for_a_connection_that_breaks_makes_one_in_its_place),
        CASE(a_connection_that_died_idle_is_replaced),
    };
    return server_run(tests, setup, teardown);
}
