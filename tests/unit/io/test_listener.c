/* Listening: bind lists, unix permissions, shortage of descriptors; and attempts to connect. */
#include "unit/io/echo.h"

#include "base/mem.h"
#include "io/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const loopback[] = {"127.0.0.1"};
static const struct listener_options on_loopback = {.hosts = loopback, .host_count = 1};

static int try_listen(struct io_fixture *fixture, const char *const *hosts, size_t count,
                      struct listener **listener, struct buf *why)
{
    struct listener_options options = {.hosts = hosts, .host_count = count};
    return listener_open(listener, fixture->loop, &options, why);
}

static void an_address_that_may_be_missing_is_left_out(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const hosts[] = {"127.0.0.1", "-192.0.2.77"};
    struct listener *listener;
    struct buf why = {0};
    assert_int_equal(try_listen(fixture, hosts, 2, &listener, &why), 0);
    assert_int_equal(listener_socket_count(listener), 1);
    listener_close(listener);
    buf_deinit(&why);
}

static void an_address_that_must_be_there_is_named_in_the_error(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const hosts[] = {"127.0.0.1", "192.0.2.77"};
    struct listener *listener;
    struct buf why = {0};
    assert_int_equal(try_listen(fixture, hosts, 2, &listener, &why), -EADDRNOTAVAIL);
    assert_null(listener);
    assert_non_null(strstr(buf_c(&why), "192.0.2.77:"));
    assert_non_null(strstr(buf_c(&why), ": bind: "));
    buf_deinit(&why);
}

static void a_port_in_use_is_an_error_even_for_an_optional_address(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const optional[] = {"-127.0.0.1"};
    struct listener *first, *second;
    struct buf why = {0};
    struct listener_options options = on_loopback;
    assert_int_equal(listener_open(&first, fixture->loop, &options, &why), 0);
    options.hosts = optional;
    options.port = listener_port(first);
    assert_int_equal(listener_open(&second, fixture->loop, &options, &why), -EADDRINUSE);
    listener_close(first);
    buf_deinit(&why);
}

static void the_star_binds_all_of_a_family(void **state)
{
    struct io_fixture *fixture = *state;
    static const char *const hosts[] = {"*", "-::*"};
    struct echo_client client = {0};
    struct echo_server server = {0};
    echo_listen(&server, fixture, (struct listener_options){.hosts = hosts, .host_count = 2});
    struct connect_options options = {.host = "127.0.0.1", .port = listener_port(server.listener)};
    echo_connect(&client, fixture, options, 10);
    io_wait_until(fixture, echo_is_done(&client));
    assert_int_equal(client.received, 10);
    echo_hang_up(&client);
    echo_stop(&server);
}

static void a_unix_socket_is_private_unless_a_mode_is_given(void **state)
{
    struct io_fixture *fixture = *state;
    static const unsigned modes[] = {0, 0770};
    static const unsigned expected[] = {0700, 0770};
    const char *path = io_path(fixture, "private");
    for (int i = 0; i < 2; i++) {
        struct echo_server server = {0};
        struct stat info;
        echo_listen(&server, fixture, (struct listener_options){.path = path, .mode = modes[i]});
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_mode & 0777, expected[i]);
        echo_stop(&server);
        assert_int_equal(stat(path, &info), -1);
    }
}

static void a_stale_socket_is_replaced_but_a_file_is_not(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "stale"), *file = io_path(fixture, "file");
    struct echo_server first = {0}, second = {0};
    echo_listen(&first, fixture, (struct listener_options){.path = path});
    echo_listen(&second, fixture, (struct listener_options){.path = path});
    echo_stop(&first);
    assert_int_equal(access(path, F_OK), 0); /* it is the second one's */
    echo_stop(&second);
    int fd = open(file, O_CREAT | O_WRONLY, 0600);
    close(fd);
    struct listener *listener;
    struct buf why = {0};
    struct listener_options options = {.path = file};
    assert_int_equal(listener_open(&listener, fixture->loop, &options, &why), -EADDRINUSE);
    assert_int_equal(access(file, F_OK), 0);
    buf_deinit(&why);
}

/* Opens descriptors until none is left; returns how many are in `fds`. */
static int use_up_descriptors(int *fds, int max)
{
    int count = 0;
    while (count < max && (fds[count] = dup(STDIN_FILENO)) >= 0) count++;
    return count;
}

/* A blocking connection made without the code under test. */
static int raw_connect(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static void accepting_survives_a_shortage_of_descriptors(void **state)
{
    enum { LIMIT = 256 };
    struct io_fixture *fixture = *state;
    struct rlimit old, low;
    struct echo_server server = {0};
    struct echo_client client = {0};
    int fds[LIMIT];
    echo_listen(&server, fixture, on_loopback);
    int port = listener_port(server.listener);
    getrlimit(RLIMIT_NOFILE, &old);
    low = old;
    low.rlim_cur = LIMIT;
    setrlimit(RLIMIT_NOFILE, &low);
    echo_connect(&client, fixture, (struct connect_options){.host = "127.0.0.1", .port = port}, 10);
    io_wait_until(fixture, server.accepted == 1 && echo_is_done(&client));
    /* One descriptor is left for the client's end, none for the server's. */
    int count = use_up_descriptors(fds, LIMIT);
    if (count > 0) close(fds[--count]);
    int fd = raw_connect(port);
    io_wait_until(fixture, listener_rest_count(server.listener) > 0);
    assert_int_equal(server.accepted, 1);
    /* It rests instead of trying at every turn. */
    for (int i = 0; i < 100; i++) loop_turn(fixture->loop, false);
    assert_true(listener_rest_count(server.listener) <= 2);
    while (count > 0) close(fds[--count]);
    io_wait_until(fixture, server.accepted == 2);
    close(fd);
    setrlimit(RLIMIT_NOFILE, &old);
    echo_hang_up(&client);
    echo_stop(&server);
}

static void a_flood_is_accepted_a_few_at_a_time(void **state)
{
    enum { FLOOD = 20 };
    struct io_fixture *fixture = *state;
    struct echo_server server = {.closes_at_once = true};
    struct listener_options options = on_loopback;
    options.accept_max = 4;
    echo_listen(&server, fixture, options);
    int fds[FLOOD];
    for (int i = 0; i < FLOOD; i++) fds[i] = raw_connect(listener_port(server.listener));
    while (server.accepted < FLOOD) {
        int before = server.accepted;
        loop_turn(fixture->loop, true);
        assert_true(server.accepted - before <= 4);
    }
    for (int i = 0; i < FLOOD; i++) close(fds[i]);
    echo_stop(&server);
}

static void accepted_connections_send_small_packets_at_once(void **state)
{
    struct io_fixture *fixture = *state;
    struct echo_server server = {0};
    struct echo_client client = {0};
    echo_listen(&server, fixture, on_loopback);
    int port = listener_port(server.listener);
    echo_connect(&client, fixture, (struct connect_options){.host = "localhost", .port = port}, 1);
    io_wait_until(fixture, echo_is_done(&client));
    struct echo_session *session = LIST_ENTRY(server.sessions.next, struct echo_session, link);
    int on = 0;
    socklen_t len = sizeof(on);
    getsockopt(conn_fd(session->conn), IPPROTO_TCP, TCP_NODELAY, &on, &len);
    assert_true(on);
    on = 0;
    getsockopt(conn_fd(client.conn), IPPROTO_TCP, TCP_NODELAY, &on, &len);
    assert_true(on);
    assert_int_equal(conn_set_keepalive(session->conn, 300), 0);
    getsockopt(conn_fd(session->conn), IPPROTO_TCP, TCP_KEEPIDLE, &on, &len);
    assert_int_equal(on, 300);
    echo_hang_up(&client);
    echo_stop(&server);
}

static int free_port(struct io_fixture *fixture)
{
    struct listener *listener;
    struct buf why = {0};
    assert_int_equal(listener_open(&listener, fixture->loop, &on_loopback, &why), 0);
    int port = listener_port(listener);
    listener_close(listener);
    return port;
}

static void a_refused_connection_says_so(void **state)
{
    struct io_fixture *fixture = *state;
    struct echo_client client = {0};
    struct connect_options options = {.host = "127.0.0.1", .port = free_port(fixture)};
    echo_connect(&client, fixture, options, 1);
    io_wait_until(fixture, client.is_ended);
    assert_int_equal(client.error, -ECONNREFUSED);
    assert_string_equal(client.why, "connect: Connection refused");
    struct channel *channel;
    struct buf why = {0};
    assert_int_equal(channel_open(&channel, &options, 1000, &why), -ECONNREFUSED);
    assert_string_equal(buf_c(&why), "connect: Connection refused");
    buf_deinit(&why);
}

static void a_name_that_does_not_exist_says_so(void **state)
{
    struct io_fixture *fixture = *state;
    struct echo_client client = {0};
    struct connect_options options = {.host = "no-such-name.invalid", .port = 1};
    echo_connect(&client, fixture, options, 1);
    io_wait_until(fixture, client.is_ended);
    assert_true(client.error < 0);
    assert_int_equal(strncmp(client.why, "resolve: ", 9), 0);
}

static void the_source_address_is_used(void **state)
{
    struct io_fixture *fixture = *state;
    struct echo_server server = {0};
    struct echo_client client = {0};
    echo_listen(&server, fixture, on_loopback);
    struct connect_options options = {
        .host = "127.0.0.1", .port = listener_port(server.listener), .source = "127.0.0.9"};
    echo_connect(&client, fixture, options, 1);
    io_wait_until(fixture, echo_is_done(&client));
    assert_int_equal(strncmp(server.peer, "127.0.0.9:", 10), 0);
    echo_hang_up(&client);
    echo_stop(&server);
}

static void must_not_be_called(void *ctx, const struct connect_result *result)
{
    (void)ctx;
    (void)result;
    fail();
}

static void a_cancelled_attempt_never_calls_back(void **state)
{
    struct io_fixture *fixture = *state;
    struct echo_server server = {0};
    echo_listen(&server, fixture, on_loopback);
    struct connect_options options = {.host = "127.0.0.1", .port = listener_port(server.listener)};
    struct connect_options named = {.host = "localhost", .port = options.port};
    connect_cancel(connect_start(fixture->loop, &options, must_not_be_called, NULL));
    for (int turns = 0; turns < 4; turns++) {
        struct connecting *connecting =
            connect_start(fixture->loop, &named, must_not_be_called, NULL);
        if (turns > 0) loop_turn(fixture->loop, false); /* the lookup has begun */
        connect_cancel(connecting);
    }
    struct echo_client client = {0};
    echo_connect(&client, fixture, options, 1);
    io_wait_until(fixture, echo_is_done(&client));
    echo_hang_up(&client);
    echo_stop(&server);
}

static void a_blocking_read_ends_at_its_deadline(void **state)
{
    struct io_fixture *fixture = *state;
    struct echo_server server = {0};
    echo_listen(&server, fixture, on_loopback);
    struct connect_options options = {.host = "127.0.0.1", .port = listener_port(server.listener)};
    struct channel *channel;
    struct buf why = {0};
    char byte;
    assert_int_equal(channel_open(&channel, &options, 1000, &why), 0);
    int64_t start_us = clock_mono_us();
    assert_int_equal(channel_read(channel, &byte, 1, 30), -ETIMEDOUT);
    assert_true(clock_mono_us() - start_us >= 29000);
    assert_false(channel_has_input(channel));
    assert_int_equal(channel_write(channel, "a", 1, 1000), 0);
    io_wait_until(fixture, channel_has_input(channel));
    assert_int_equal(channel_read(channel, &byte, 1, 1000), 1);
    assert_int_equal(byte, 'a');
    channel_close(channel);
    io_wait_until(fixture, server.ended == 1);
    echo_stop(&server);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(an_address_that_may_be_missing_is_left_out),
        IO_TEST(an_address_that_must_be_there_is_named_in_the_error),
        IO_TEST(a_port_in_use_is_an_error_even_for_an_optional_address),
        IO_TEST(the_star_binds_all_of_a_family),
        IO_TEST(a_unix_socket_is_private_unless_a_mode_is_given),
        IO_TEST(a_stale_socket_is_replaced_but_a_file_is_not),
        IO_TEST(accepting_survives_a_shortage_of_descriptors),
        IO_TEST(a_flood_is_accepted_a_few_at_a_time),
        IO_TEST(accepted_connections_send_small_packets_at_once),
        IO_TEST(a_refused_connection_says_so),
        IO_TEST(a_name_that_does_not_exist_says_so),
        IO_TEST(the_source_address_is_used),
        IO_TEST(a_cancelled_attempt_never_calls_back),
        IO_TEST(a_blocking_read_ends_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
