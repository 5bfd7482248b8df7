/* Streams over TCP, unix sockets and TLS behave alike. */
#include "unit/io/echo.h"

#include "base/mem.h"
#include "io/address.h"
#include "io/channel.h"
#include "io/tls.h"
#include "io/worker.h"
#include "unit/io/certificates.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const loopback[] = {"127.0.0.1"};

enum { HUGE_BYTES = 10 * 1024 * 1024 };

/* A pair of listener and connect options for each kind of stream. */
enum kind { TCP, UNIX, TLS, KIND_COUNT };

struct ways {
    struct listener_options listen;
    struct connect_options connect;
    struct tls_context *server_tls, *client_tls;
    struct certificates certificates;
};

static struct tls_context *must_have(struct tls_context *context, struct buf *why)
{
    if (context == NULL) fail_msg("%s", buf_c(why));
    return context;
}

static void ways_init(struct ways *ways, struct io_fixture *fixture, enum kind kind)
{
    *ways = (struct ways){0};
    if (kind == UNIX) {
        ways->listen.path = ways->connect.path = io_path(fixture, "socket");
        return;
    }
    ways->listen.hosts = loopback;
    ways->listen.host_count = 1;
    ways->connect.host = "127.0.0.1";
    if (kind == TCP) return;
    struct certificates *made = &ways->certificates;
    struct buf why = {0};
    certificates_make(made, fixture->directory);
    struct tls_options server = {
        .cert_file = made->server_cert, .key_file = made->server_key, .ca_cert_file = made->ca};
    struct tls_options client = {
        .cert_file = made->client_cert, .key_file = made->client_key, .ca_cert_file = made->ca};
    ways->listen.tls = ways->server_tls = must_have(tls_server_new(&server, &why), &why);
    ways->connect.tls = ways->client_tls = must_have(tls_client_new(&client, &why), &why);
    ways->connect.name_check = CONNECT_NAME_CHECKED;
    buf_deinit(&why);
}

static void ways_deinit(struct ways *ways)
{
    tls_unref(ways->server_tls);
    tls_unref(ways->client_tls);
}

static void begin(struct echo_server *server, struct ways *ways, struct io_fixture *fixture)
{
    echo_listen(server, fixture, ways->listen);
    if (ways->listen.path == NULL) ways->connect.port = listener_port(server->listener);
}

static void everything_returns(struct io_fixture *fixture, enum kind kind, size_t read_size,
                               size_t total)
{
    struct ways ways;
    ways_init(&ways, fixture, kind);
    struct echo_server server = {.read_size = read_size};
    struct echo_client client = {0};
    begin(&server, &ways, fixture);
    echo_connect(&client, fixture, ways.connect, total);
    io_wait_until(fixture, echo_is_done(&client));
    assert_string_equal(client.why, "");
    assert_int_equal(client.error, 0);
    assert_true(client.is_connected);
    assert_int_equal(client.received, total);
    assert_int_equal(client.wrong_bytes, 0);
    if (total == HUGE_BYTES) assert_true(client.partial_writes + server.partial_writes > 0);
    echo_hang_up(&client);
    io_wait_until(fixture, server.ended == 1);
    assert_int_equal(server.last_result, 0);
    echo_stop(&server);
    ways_deinit(&ways);
}

static void huge_payloads_pass_unchanged_although_writes_are_partial(void **state)
{
    for (enum kind kind = TCP; kind < KIND_COUNT; kind++)
        everything_returns(*state, kind, 16 * 1024, HUGE_BYTES);
}

/* With TLS a record of 16 KB arrives at once and 100 bytes are taken of it per event. */
static void what_a_read_left_behind_is_announced_again(void **state)
{
    for (enum kind kind = TCP; kind < KIND_COUNT; kind++)
        everything_returns(*state, kind, 100, 200 * 1000);
}

static void addresses_are_spelled_like_redis_does(void **state)
{
    struct io_fixture *fixture = *state;
    char expected[CONN_ADDRESS_MAX], text[CONN_ADDRESS_MAX];
    for (enum kind kind = TCP; kind <= UNIX; kind++) {
        struct ways ways;
        ways_init(&ways, fixture, kind);
        struct echo_server server = {0};
        struct echo_client client = {0};
        begin(&server, &ways, fixture);
        echo_connect(&client, fixture, ways.connect, 1);
        io_wait_until(fixture, echo_is_done(&client));
        if (kind == UNIX)
            snprintf(expected, sizeof(expected), "%s:0", ways.connect.path);
        else
            snprintf(expected, sizeof(expected), "127.0.0.1:%d", ways.connect.port);
        assert_string_equal(server.local, expected);
        assert_string_equal(conn_peer(client.conn, text), expected);
        assert_string_equal(server.peer, conn_local(client.conn, text));
        assert_int_equal(conn_is_unix(client.conn), kind == UNIX);
        assert_true(conn_is_loopback(client.conn));
        assert_false(conn_is_tls(client.conn));
        if (kind == TCP) assert_string_equal(conn_peer_host(client.conn, text), "127.0.0.1");
        echo_hang_up(&client);
        echo_stop(&server);
    }
}

static void assert_address(const char *host, int port, const char *expected, bool is_loopback)
{
    char text[ADDRESS_TEXT_MAX];
    union address address = {.family = AF_UNSPEC};
    if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
        address.family = AF_INET;
        address.v4.sin_port = htons((uint16_t)port);
    } else if (inet_pton(AF_INET6, host, &address.v6.sin6_addr) == 1) {
        address.family = AF_INET6;
        address.v6.sin6_port = htons((uint16_t)port);
    }
    address_format(&address, text);
    assert_string_equal(text, expected);
    assert_int_equal(address_is_loopback(&address), is_loopback);
}

static void addresses_of_all_families_have_a_text(void **state)
{
    (void)state;
    assert_address("127.9.9.9", 80, "127.9.9.9:80", true);
    assert_address("10.0.0.1", 65535, "10.0.0.1:65535", false);
    assert_address("::1", 80, "[::1]:80", true);
    assert_address("2001:db8::7", 1, "[2001:db8::7]:1", false);
    assert_address("::ffff:127.0.0.1", 1, "[::ffff:127.0.0.1]:1", true);
    assert_address("::ffff:10.0.0.1", 1, "[::ffff:10.0.0.1]:1", false);
    assert_address("neither", 1, "?:0", false);
}

static void a_tls_peer_is_known_by_the_name_in_its_certificate(void **state)
{
    struct io_fixture *fixture = *state;
    struct ways ways;
    ways_init(&ways, fixture, TLS);
    struct echo_server server = {0};
    struct echo_client client = {0};
    begin(&server, &ways, fixture);
    echo_connect(&client, fixture, ways.connect, 1);
    io_wait_until(fixture, echo_is_done(&client));
    char name[64];
    assert_string_equal(server.peer_name, "alice");
    assert_true(conn_tls_peer_name(client.conn, name, sizeof(name)));
    assert_string_equal(name, "server");
    assert_true(conn_is_tls(client.conn) && conn_is_established(client.conn));
    echo_hang_up(&client);
    echo_stop(&server);
    ways_deinit(&ways);
}

struct pauser {
    struct conn *conn;
    int readable, writable, got;
    bool closes;
};

static void on_pauser_readable(void *ctx)
{
    struct pauser *pauser = ctx;
    char bytes[64];
    pauser->readable++;
    if (pauser->closes) {
        conn_close(pauser->conn);
        pauser->conn = NULL;
        return;
    }
    ssize_t got = conn_read(pauser->conn, bytes, sizeof(bytes));
    if (got > 0) pauser->got += (int)got;
    conn_pause_reading(pauser->conn);
}

static void on_pauser_writable(void *ctx)
{
    struct pauser *pauser = ctx;
    pauser->writable++;
    conn_want_write(pauser->conn, false);
}

static const struct conn_events pauser_events = {on_pauser_readable, on_pauser_writable};

static void on_accept_pauser(void *ctx, struct conn *conn)
{
    struct pauser *pauser = ctx;
    pauser->conn = conn;
    conn_start(conn, &pauser_events, pauser);
}

static void a_paused_conn_hears_nothing_until_it_resumes(void **state)
{
    struct io_fixture *fixture = *state;
    struct pauser pauser = {0};
    struct echo_client client = {0};
    struct listener *listener;
    struct buf why = {0};
    for (enum kind kind = TCP; kind < KIND_COUNT; kind++) {
        struct ways ways;
        ways_init(&ways, fixture, kind);
        pauser = (struct pauser){0};
        client = (struct echo_client){0};
        ways.listen.on_accept = on_accept_pauser;
        ways.listen.ctx = &pauser;
        assert_int_equal(listener_open(&listener, fixture->loop, &ways.listen, &why), 0);
        ways.connect.port = listener_port(listener);
        echo_connect(&client, fixture, ways.connect, 100);
        io_wait_until(fixture, pauser.got == 64);
        for (int i = 0; i < 5; i++) loop_turn(fixture->loop, false);
        assert_int_equal(pauser.readable, 1);
        conn_resume_reading(pauser.conn);
        io_wait_until(fixture, pauser.got == 100);
        conn_want_write(pauser.conn, true);
        io_wait_until(fixture, pauser.writable == 1);
        for (int i = 0; i < 5; i++) loop_turn(fixture->loop, false);
        assert_int_equal(pauser.writable, 1);
        conn_close(pauser.conn);
        echo_hang_up(&client);
        listener_close(listener);
        ways_deinit(&ways);
    }
}

static void a_conn_may_be_closed_in_its_own_callback(void **state)
{
    struct io_fixture *fixture = *state;
    for (enum kind kind = TCP; kind < KIND_COUNT; kind++) {
        struct ways ways;
        ways_init(&ways, fixture, kind);
        struct pauser pauser = {.closes = true};
        struct listener *listener;
        struct buf why = {0};
        struct echo_client client = {0};
        ways.listen.on_accept = on_accept_pauser;
        ways.listen.ctx = &pauser;
        assert_int_equal(listener_open(&listener, fixture->loop, &ways.listen, &why), 0);
        ways.connect.port = listener_port(listener);
        echo_connect(&client, fixture, ways.connect, 10);
        io_wait_until(fixture, client.is_ended);
        assert_true(client.error == 0 || client.error == -ECONNRESET);
        assert_null(pauser.conn);
        listener_close(listener);
        ways_deinit(&ways);
    }
}

/* While one client's callback runs for long, an inner turn serves another one and even frees it. */
struct nested {
    struct io_fixture *fixture;
    struct conn *conn;
    struct echo_client other;
    struct connect_options connect;
    bool was_closed_inside, is_done;
};

static void on_nested_readable(void *ctx)
{
    struct nested *nested = ctx;
    conn_pause_reading(nested->conn);
    int64_t deadline_us = clock_mono_us() + 10000000;
    while (nested->other.received < 5 && clock_mono_us() < deadline_us)
        loop_turn(nested->fixture->loop, false);
    conn_close(nested->conn);
    for (int i = 0; i < 3; i++) loop_turn(nested->fixture->loop, false);
    nested->is_done = true;
}

static const struct conn_events nested_events = {on_nested_readable, NULL};

static void on_nested_connect(void *ctx, const struct connect_result *result)
{
    struct nested *nested = ctx;
    nested->conn = result->conn;
    conn_start(nested->conn, &nested_events, nested);
    struct iovec piece = {(void *)(uintptr_t) "x", 1};
    assert_int_equal(conn_writev(nested->conn, &piece, 1), 1);
}

static void an_inner_turn_serves_others_and_spares_its_caller(void **state)
{
    struct io_fixture *fixture = *state;
    struct ways ways;
    ways_init(&ways, fixture, TCP);
    struct echo_server server = {0};
    struct nested nested = {.fixture = fixture};
    begin(&server, &ways, fixture);
    echo_connect(&nested.other, fixture, ways.connect, 5);
    io_wait_until(fixture, nested.other.is_connected);
    connect_start(fixture->loop, &ways.connect, on_nested_connect, &nested);
    io_wait_until(fixture, nested.is_done);
    assert_int_equal(nested.other.received, 5);
    echo_hang_up(&nested.other);
    echo_stop(&server);
}

static void a_reset_shows_up_as_the_result_of_reading(void **state)
{
    struct io_fixture *fixture = *state;
    struct ways ways;
    ways_init(&ways, fixture, TCP);
    struct echo_server server = {0};
    struct echo_client client = {0};
    begin(&server, &ways, fixture);
    echo_connect(&client, fixture, ways.connect, 1);
    io_wait_until(fixture, echo_is_done(&client));
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(conn_fd(client.conn), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    echo_hang_up(&client);
    io_wait_until(fixture, server.ended == 1);
    assert_int_equal(server.last_result, -ECONNRESET);
    echo_stop(&server);
}

/* A worker writes a lot through a lent conn; then the conn goes on as before. */
struct loan {
    struct channel *channel;
    int error;
    bool is_back;
};

static void write_much(void *ctx)
{
    struct loan *loan = ctx;
    static const char zeros[100000];
    for (int i = 0; i < 50 && loan->error == 0; i++)
        loan->error = channel_write(loan->channel, zeros, sizeof(zeros), 10000);
}

static void on_back(void *ctx)
{
    ((struct loan *)ctx)->is_back = true;
}

static void a_lent_conn_is_used_by_a_worker_and_comes_back(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const lanes[] = {"lender"};
    for (enum kind kind = TCP; kind < KIND_COUNT; kind++) {
        struct ways ways;
        ways_init(&ways, fixture, kind);
        struct pauser pauser = {0};
        struct echo_client client = {0};
        struct listener *listener;
        struct buf why = {0};
        ways.listen.on_accept = on_accept_pauser;
        ways.listen.ctx = &pauser;
        assert_int_equal(listener_open(&listener, fixture->loop, &ways.listen, &why), 0);
        ways.connect.port = listener_port(listener);
        echo_connect(&client, fixture, ways.connect, 10);
        io_wait_until(fixture, pauser.got == 10);
        struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, 1);
        struct loan loan = {.channel = conn_lend(pauser.conn)};
        struct job job = {.run = write_much, .done = on_back, .ctx = &loan};
        worker_submit(pool, 0, &job);
        io_wait_until(fixture, loan.is_back && client.received == 5000000);
        assert_int_equal(loan.error, 0);
        conn_reclaim(pauser.conn);
        conn_resume_reading(pauser.conn);
        client.total = 20;
        conn_want_write(client.conn, true);
        io_wait_until(fixture, pauser.got == 20);
        conn_close(pauser.conn);
        echo_hang_up(&client);
        listener_close(listener);
        worker_pool_free(pool);
        ways_deinit(&ways);
    }
}

static void an_aborted_loan_ends_soon(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const lanes[] = {"lender"};
    struct ways ways;
    ways_init(&ways, fixture, TCP);
    struct echo_server server = {.keeps_silent = true};
    struct nested nested = {.fixture = fixture};
    begin(&server, &ways, fixture);
    connect_start(fixture->loop, &ways.connect, on_nested_connect, &nested);
    io_wait_until(fixture, nested.conn != NULL);
    struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, 1);
    struct loan loan = {.channel = conn_lend(nested.conn)};
    struct job job = {.run = write_much, .done = on_back, .ctx = &loan};
    worker_submit(pool, 0, &job);
    loop_turn(fixture->loop, true);
    channel_abort(loan.channel);
    io_wait_until(fixture, loan.is_back);
    assert_int_equal(loan.error, -EPIPE);
    conn_reclaim(nested.conn);
    conn_close(nested.conn);
    echo_stop(&server);
    worker_pool_free(pool);
}

/* What the command line client does, in a thread of its own. */
struct visit {
    struct connect_options connect;
    int error;
    size_t returned;
    bool is_tls, is_over;
    char why[200];
};

enum { VISIT_BYTES = 100000 };

static void make_visit(void *ctx)
{
    static const char bytes[VISIT_BYTES] = "hello";
    char back[4096];
    struct visit *visit = ctx;
    struct channel *channel;
    struct buf why = {0};
    visit->error = channel_open(&channel, &visit->connect, 10000, &why);
    snprintf(visit->why, sizeof(visit->why), "%s", buf_c(&why));
    buf_deinit(&why);
    if (visit->error != 0) return;
    visit->is_tls = channel_is_tls(channel);
    visit->error = channel_write(channel, bytes, sizeof(bytes), 10000);
    while (visit->error == 0 && visit->returned < sizeof(bytes)) {
        ssize_t got = channel_read(channel, back, sizeof(back), 10000);
        if (got <= 0)
            visit->error = (int)got - 1;
        else
            visit->returned += (size_t)got;
    }
    channel_close(channel);
}

static void visit_is_over(void *ctx)
{
    ((struct visit *)ctx)->is_over = true;
}

static void a_blocking_client_talks_to_the_server(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const lanes[] = {"visitor"};
    struct worker_pool *pool = worker_pool_new(fixture->loop, lanes, 1);
    for (enum kind kind = TCP; kind < KIND_COUNT; kind++) {
        struct ways ways;
        ways_init(&ways, fixture, kind);
        struct echo_server server = {0};
        begin(&server, &ways, fixture);
        struct visit visit = {.connect = ways.connect};
        struct job job = {.run = make_visit, .done = visit_is_over, .ctx = &visit};
        worker_submit(pool, 0, &job);
        io_wait_until(fixture, visit.is_over && server.ended == 1);
        assert_string_equal(visit.why, "");
        assert_int_equal(visit.error, 0);
        assert_int_equal(visit.returned, VISIT_BYTES);
        assert_int_equal(visit.is_tls, kind == TLS);
        assert_int_equal(server.last_result, 0);
        echo_stop(&server);
        ways_deinit(&ways);
    }
    worker_pool_free(pool);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(huge_payloads_pass_unchanged_although_writes_are_partial),
        IO_TEST(what_a_read_left_behind_is_announced_again),
        IO_TEST(addresses_are_spelled_like_redis_does),
        IO_TEST(a_tls_peer_is_known_by_the_name_in_its_certificate),
        IO_TEST(a_paused_conn_hears_nothing_until_it_resumes),
        IO_TEST(a_conn_may_be_closed_in_its_own_callback),
        IO_TEST(an_inner_turn_serves_others_and_spares_its_caller),
        IO_TEST(a_reset_shows_up_as_the_result_of_reading),
        IO_TEST(a_lent_conn_is_used_by_a_worker_and_comes_back),
        IO_TEST(an_aborted_loan_ends_soon),
        IO_TEST(addresses_of_all_families_have_a_text),
        IO_TEST(a_blocking_client_talks_to_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
