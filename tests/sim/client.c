#include "sim/client.h"

#include "base/mem.h"
#include "sim/net.h"
#include "sim/node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { REQUEST_MAX = 512, READ_SIZE = 4096 };

void sim_client_init(struct sim_client *client, struct node *node)
{
    *client = (struct sim_client){.node = node};
}

static void hang_up(struct sim_client *client)
{
    struct conn *conn = client->conn;
    client->conn = NULL;
    client->sent = client->answered = 0;
    reply_parser_deinit(&client->parser);
    client->parser = (struct reply_parser){0};
    if (conn) conn_close(conn);
}

void sim_client_deinit(struct sim_client *client)
{
    hang_up(client);
}

static void take_reply(struct sim_client *client)
{
    struct reply_node reply;
    reply_parser_take(&client->parser, &reply);
    struct client_reply told = {&reply, client->answered++};
    if (client->on_reply) client->on_reply(client, &told);
    if (reply.type == REPLY_ERROR) {
        client->errors++;
        sim_note("client of %s: -%.*s", client->node->name, STR_ARG(buf_str(&reply.text)));
    }
    reply_node_clear(&reply);
}

static void on_readable(void *ctx)
{
    struct sim_client *client = ctx;
    char bytes[READ_SIZE];
    for (;;) {
        ssize_t len = conn_read(client->conn, bytes, sizeof(bytes));
        if (len == -EAGAIN) return;
        if (len <= 0) {
            hang_up(client);
            return;
        }
        struct str in = str_of(bytes, (size_t)len);
        while (in.len) {
            enum reply_verdict verdict = reply_parser_step(&client->parser, &in);
            if (verdict == REPLY_BAD) sim_fail("%s answers nonsense", client->node->name);
            if (verdict == REPLY_READY) take_reply(client);
            if (verdict != REPLY_READY) break;
        }
    }
}

static void on_writable(void *ctx)
{
    (void)ctx;
}

static bool is_connected(struct sim_client *client)
{
    static const struct conn_events events = {on_readable, on_writable};
    if (client->conn) return true;
    client->conn = net_dial(client->node);
    if (client->conn) conn_start(client->conn, &events, client);
    return client->conn != NULL;
}

/* A request that does not fit the window is given up with its connection, as impatient clients do.
 */
static bool give(struct sim_client *client, struct str bytes)
{
    while (bytes.len) {
        struct iovec piece = {(void *)(uintptr_t)bytes.ptr, bytes.len};
        ssize_t len = conn_writev(client->conn, &piece, 1);
        if (len < 0) {
            hang_up(client);
            return false;
        }
        bytes = str_from(bytes, (size_t)len);
    }
    client->sent++;
    return true;
}

static int count_words(const char *words)
{
    int count = 1;
    for (const char *at = words; *at; at++) count += *at == ' ';
    return count;
}

static void add_words(struct buf *out, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, " ");
        buf_printf(out, "$%zu\r\n%.*s\r\n", len, (int)len, words);
        words += len;
        if (*words == ' ') words++;
    }
}

bool sim_client_send(struct sim_client *client, const char *format, ...)
{
    char words[REQUEST_MAX];
    va_list args;
    struct buf request = {0};
    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    if (!is_connected(client)) return false;
    buf_printf(&request, "*%d\r\n", count_words(words));
    add_words(&request, words);
    bool sent = give(client, buf_str(&request));
    buf_deinit(&request);
    return sent;
}

bool sim_client_send_value(struct sim_client *client, const char *words, size_t len)
{
    struct buf request = {0};
    if (!is_connected(client)) return false;
    buf_printf(&request, "*%d\r\n", count_words(words) + 1);
    add_words(&request, words);
    buf_printf(&request, "$%zu\r\n", len);
    memset(buf_reserve(&request, len), 'a' + (int)sim_below(26), len);
    request.len += len;
    buf_append_c(&request, "\r\n");
    bool sent = give(client, buf_str(&request));
    buf_deinit(&request);
    return sent;
}
