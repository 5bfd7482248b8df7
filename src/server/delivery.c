#include "server/delivery.h"

void delivery_deinit(struct delivery *delivery)
{
    buf_deinit(&delivery->held);
}

void delivery_begin(struct delivery *delivery, struct session *session)
{
    delivery->running = session;
}

void delivery_end(struct delivery *delivery)
{
    struct session *session = delivery->running;
    delivery->running = NULL;
    if (session == NULL || delivery->held.len == 0) return;
    chain_append(session->reply.out, delivery->held.ptr, delivery->held.len);
    buf_clear(&delivery->held);
}

void delivery_forget(struct delivery *delivery, const struct session *session)
{
    if (delivery->running != session) return;
    delivery->running = NULL;
    buf_clear(&delivery->held);
}

static char first_byte(const struct session *to)
{
    return to->reply.version > 2 ? '>' : '*';
}

void delivery_send_at_once(struct delivery *delivery, struct session *to, struct str message)
{
    char first = first_byte(to);
    chain_append(to->reply.out, &first, 1);
    chain_append(to->reply.out, message.ptr + 1, message.len - 1);
    if (delivery->deliver) delivery->deliver(delivery->context, to);
}

void delivery_send(struct delivery *delivery, struct session *to, struct str message)
{
    if (to != delivery->running) {
        delivery_send_at_once(delivery, to, message);
        return;
    }
    buf_append_char(&delivery->held, first_byte(to));
    buf_append_str(&delivery->held, str_from(message, 1));
}

static void append_header(struct buf *out, char type, size_t number)
{
    buf_append_char(out, type);
    buf_append_u64(out, number);
    buf_append(out, "\r\n", 2);
}

void message_array(struct buf *out, size_t count)
{
    append_header(out, '*', count);
}

void message_bulk(struct buf *out, struct str bytes)
{
    append_header(out, '$', bytes.len);
    buf_append_str(out, bytes);
    buf_append(out, "\r\n", 2);
}
