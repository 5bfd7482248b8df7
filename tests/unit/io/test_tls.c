/* TLS settings: who is let in, which protocols, what a wrong file is called. */
#include "unit/io/echo.h"

#include "base/mem.h"
#include "io/channel.h"
#include "io/tls.h"
#include "unit/io/certificates.h"

#include <errno.h>
#include <string.h>

static const char *const loopback[] = {"127.0.0.1"};

/* One try of a client with `client` settings at a server with `server` settings. */
struct trial {
    struct tls_options server, client;
    struct connect_options connect;
    struct echo_client result;
    struct echo_server at;
};

static void trial_defaults(struct trial *trial, const struct certificates *made)
{
    *trial = (struct trial){
        .server = {.cert_file = made->server_cert,
                   .key_file = made->server_key,
                   .ca_cert_file = made->ca},
        .client = {.cert_file = made->client_cert,
                   .key_file = made->client_key,
                   .ca_cert_file = made->ca},
        .connect = {.host = "127.0.0.1"},
    };
}

static void trial_run(struct trial *trial, struct io_fixture *fixture)
{
    struct buf why = {0};
    struct tls_context *server = tls_server_new(&trial->server, &why);
    struct tls_context *client = tls_client_new(&trial->client, &why);
    if (!server || !client) fail_msg("%s", buf_c(&why));
    echo_listen(&trial->at, fixture,
                (struct listener_options){.hosts = loopback, .host_count = 1, .tls = server});
    trial->connect.port = listener_port(trial->at.listener);
    trial->connect.tls = client;
    echo_connect(&trial->result, fixture, trial->connect, 1000);
    io_wait_until(fixture, echo_is_done(&trial->result));
    echo_hang_up(&trial->result);
    io_wait_until(fixture, trial->at.ended == trial->at.accepted);
    echo_stop(&trial->at);
    tls_unref(server);
    tls_unref(client);
    buf_deinit(&why);
}

static bool was_let_in(const struct trial *trial)
{
    return trial->result.received == 1000;
}

enum setting { AS_IS, NO_CERTIFICATE, STRANGER };

static void clients_are_let_in_by_their_certificates(void **state)
{
    static const struct {
        enum tls_auth_clients auth;
        enum setting client;
        bool let_in;
    } rows[] = {
        {TLS_AUTH_CLIENTS_YES, AS_IS, true},
        {TLS_AUTH_CLIENTS_YES, NO_CERTIFICATE, false},
        {TLS_AUTH_CLIENTS_YES, STRANGER, false},
        {TLS_AUTH_CLIENTS_OPTIONAL, AS_IS, true},
        {TLS_AUTH_CLIENTS_OPTIONAL, NO_CERTIFICATE, true},
        {TLS_AUTH_CLIENTS_OPTIONAL, STRANGER, false},
        {TLS_AUTH_CLIENTS_NO, NO_CERTIFICATE, true},
        {TLS_AUTH_CLIENTS_NO, STRANGER, true},
    };
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trial trial;
        trial_defaults(&trial, &made);
        trial.server.auth_clients = rows[i].auth;
        if (rows[i].client == NO_CERTIFICATE) trial.client.cert_file = NULL;
        if (rows[i].client == STRANGER) {
            trial.client.client_cert_file = made.stranger_cert;
            trial.client.client_key_file = made.stranger_key;
        }
        trial_run(&trial, fixture);
        if (was_let_in(&trial) != rows[i].let_in) fail_msg("row %zu", i);
        if (!rows[i].let_in) assert_int_equal(trial.at.last_result, -EPROTO);
    }
}

static void a_client_checks_authority_and_name_of_the_server(void **state)
{
    static const struct {
        const char *sni;
        enum connect_name_check check;
        bool without_ca, insecure, let_in;
    } rows[] = {
        {NULL, CONNECT_NAME_CHECKED, false, false, true}, /* 127.0.0.1 is in the certificate */
        {"skein.test", CONNECT_NAME_CHECKED, false, false, true},
        {"other.test", CONNECT_NAME_CHECKED, false, false, false},
        {"127.0.0.2", CONNECT_NAME_CHECKED, false, false, false},
        {NULL, CONNECT_NAME_IF_ANY, false, false, true},
        {"skein.test", CONNECT_NAME_IF_ANY, false, false, true},
        {"other.test", CONNECT_NAME_IF_ANY, false, false, false},
        {"127.0.0.2", CONNECT_NAME_IF_ANY, false, false, false},
        {NULL, CONNECT_NAME_IF_ANY, true, false, false},
        {"other.test", CONNECT_NAME_UNCHECKED, false, false, true},
        {NULL, CONNECT_NAME_UNCHECKED, true, false, false},
        {NULL, CONNECT_NAME_UNCHECKED, true, true, true},
    };
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trial trial;
        trial_defaults(&trial, &made);
        trial.connect.sni = rows[i].sni;
        trial.connect.name_check = rows[i].check;
        trial.client.insecure = rows[i].insecure;
        if (rows[i].without_ca) trial.client.ca_cert_file = NULL;
        trial_run(&trial, fixture);
        if (was_let_in(&trial) != rows[i].let_in) fail_msg("row %zu: %s", i, trial.result.why);
        if (!rows[i].let_in) {
            assert_int_equal(trial.result.error, -EPROTO);
            assert_non_null(strstr(trial.result.why, "certificate verify failed"));
        }
    }
}

static void protocols_must_have_one_in_common(void **state)
{
    static const struct {
        const char *server, *client;
        bool let_in;
    } rows[] = {
        {NULL, "TLSv1.2", true},
        {NULL, "TLSv1.3", true},
        {NULL, "TLSv1.1", false},
        {"TLSv1.1", "TLSv1.1", true}, /* old ones work when they are named */
        {"TLSv1.3", "TLSv1.2", false},
        {"TLSv1.2 TLSv1.3", "tlsv1.2", true},
    };
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trial trial;
        trial_defaults(&trial, &made);
        trial.server.ciphers = trial.client.ciphers = "ALL:@SECLEVEL=0";
        trial.server.protocols = rows[i].server;
        trial.client.protocols = rows[i].client;
        trial_run(&trial, fixture);
        if (was_let_in(&trial) != rows[i].let_in) fail_msg("row %zu: %s", i, trial.result.why);
    }
}

static void wrong_settings_are_refused_with_a_reason(void **state)
{
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    const struct tls_options good = {
        .cert_file = made.server_cert, .key_file = made.server_key, .ca_cert_file = made.ca};
    struct tls_options options[8];
    const char *reasons[8] = {"tls-cert-file",    "/nowhere", "private key", "private key",
                              "tls-auth-clients", "'SSLv3'",  "ciphers",     "DH parameters"};
    for (int i = 0; i < 8; i++) options[i] = good;
    options[0].cert_file = "";
    options[1].cert_file = "/nowhere";
    options[2].key_file = made.client_key;
    options[3].key_file = made.locked_key;
    options[3].key_file_pass = "wrong";
    options[4].ca_cert_file = NULL;
    options[5].protocols = "TLSv1.2 SSLv3";
    options[6].ciphers = "no-such-cipher";
    options[7].dh_params_file = made.ca;
    for (int i = 0; i < 8; i++) {
        struct buf why = {0};
        assert_null(tls_server_new(&options[i], &why));
        if (!strstr(buf_c(&why), reasons[i])) fail_msg("%d: %s", i, buf_c(&why));
        buf_deinit(&why);
    }
}

static void a_locked_key_opens_with_its_password(void **state)
{
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    struct trial trial;
    trial_defaults(&trial, &made);
    trial.server.key_file = made.locked_key;
    trial.server.key_file_pass = "secret";
    trial_run(&trial, fixture);
    assert_true(was_let_in(&trial));
}

static void a_new_context_is_for_new_connections_only(void **state)
{
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    struct tls_options with_check = {
        .cert_file = made.server_cert, .key_file = made.server_key, .ca_cert_file = made.ca};
    struct tls_options without = with_check, nameless = {.ca_cert_file = made.ca};
    without.auth_clients = TLS_AUTH_CLIENTS_NO;
    struct buf why = {0};
    struct tls_context *open = tls_server_new(&without, &why);
    struct tls_context *strict = tls_server_new(&with_check, &why);
    struct tls_context *client = tls_client_new(&nameless, &why);
    struct echo_server server = {0};
    struct echo_client early = {0}, late = {0};
    echo_listen(&server, fixture,
                (struct listener_options){.hosts = loopback, .host_count = 1, .tls = open});
    tls_unref(open);
    struct connect_options options = {
        .host = "127.0.0.1", .port = listener_port(server.listener), .tls = client};
    echo_connect(&early, fixture, options, 100);
    io_wait_until(fixture, echo_is_done(&early));
    listener_set_tls(server.listener, strict);
    tls_unref(strict);
    echo_connect(&late, fixture, options, 100);
    io_wait_until(fixture, late.is_ended);
    early.total = 200;
    conn_want_write(early.conn, true);
    io_wait_until(fixture, early.received == 200);
    echo_hang_up(&early);
    echo_stop(&server);
    tls_unref(client);
    buf_deinit(&why);
}

static void plain_bytes_on_a_tls_port_end_in_a_protocol_error(void **state)
{
    struct io_fixture *fixture = *state;
    struct certificates made;
    certificates_make(&made, fixture->directory);
    struct tls_options options = {
        .cert_file = made.server_cert, .key_file = made.server_key, .ca_cert_file = made.ca};
    struct buf why = {0};
    struct tls_context *context = tls_server_new(&options, &why);
    struct echo_server server = {0};
    struct echo_client client = {0};
    echo_listen(&server, fixture,
                (struct listener_options){.hosts = loopback, .host_count = 1, .tls = context});
    tls_unref(context);
    struct connect_options plain = {.host = "127.0.0.1", .port = listener_port(server.listener)};
    echo_connect(&client, fixture, plain, 100);
    io_wait_until(fixture, server.ended == 1);
    assert_int_equal(server.last_result, -EPROTO);
    echo_hang_up(&client);
    echo_stop(&server);
    buf_deinit(&why);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(clients_are_let_in_by_their_certificates),
        IO_TEST(a_client_checks_authority_and_name_of_the_server),
        IO_TEST(protocols_must_have_one_in_common),
        IO_TEST(wrong_settings_are_refused_with_a_reason),
        IO_TEST(a_locked_key_opens_with_its_password),
        IO_TEST(a_new_context_is_for_new_connections_only),
        IO_TEST(plain_bytes_on_a_tls_port_end_in_a_protocol_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
