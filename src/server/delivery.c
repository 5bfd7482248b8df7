#include "server/delivery.h"

#include "base/mem.h"

void delivery_deinit(struct delivery *delivery)
{
    buf_deinit(&delivery->held);
    mem_free(delivery->delivered);
    delivery->delivered = NULL;
    delivery->delivered_count = delivery->delivered_capacity = 0;
}

void delivery_begin(struct delivery *delivery, struct session *session)
{
    delivery->running = session;
}

void delivery_end(struct delivery *delivery)
{
    struct session *session = delivery->running;
    delivery->running = NULL;
    if (session && delivery->held.len) {
        chain_append(session->reply.out, delivery->held.ptr, delivery->held.len);
        buf_clear(&delivery->held);
    }
    delivery_settle(delivery);
}

/* From the end, since the hook may make sessions leave the list. */
void delivery_settle(struct delivery *delivery)
{
    while (delivery->delivered_count) {
        struct session *to = delivery->delivered[--delivery->delivered_count];
        to->flags &= ~(uint64_t)SESSION_DELIVERED;
        if (delivery->deliver) delivery->deliver(delivery->context, to);
    }
}

void delivery_forget(struct delivery *delivery, struct session *session)
{
    if (delivery->running == session) {
        delivery->running = NULL;
        buf_clear(&delivery->held);
    }
    if (!session_is(session, SESSION_DELIVERED)) return;
    session->flags &= ~(uint64_t)SESSION_DELIVERED;
    size_t at = 0;
    while (delivery->delivered[at] != session) at++;
    delivery->delivered[at] = delivery->delivered[--delivery->delivered_count];
}

static void note(struct delivery *delivery, struct session *to)
{
    if (session_is(to, SESSION_DELIVERED)) return;
    to->flags |= SESSION_DELIVERED;
    if (delivery->delivered_count == delivery->delivered_capacity) {
        delivery->delivered_capacity = delivery->delivered_capacity * 2 + 8;
        delivery->delivered = mem_realloc(delivery->delivered, delivery->delivered_capacity *
                                                                   sizeof(*delivery->delivered));
    }
    delivery->delivered[delivery->delivered_count++] = to;
}

static char first_byte(const struct session *to)
{
    return to->reply.version > 2 ? '>' : '*';
}

void delivery_send_at_once(struct delivery *delivery, struct session *to, struct str message)
{
    if (session_is(to, SESSION_CLOSE_ASAP)) return;
    char first = first_byte(to);
    chain_append(to->reply.out, &first, 1);
    chain_append(to->reply.out, message.ptr + 1, message.len - 1);
    note(delivery, to);
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
