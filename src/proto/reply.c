#include "proto/reply.h"

#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>

enum { HEADER_MAX = 32, ERROR_MAX = 1024, COPY_NARROW = 8, COPY_WIDE = 16 };

static void append(struct reply *reply, const void *bytes, size_t len)
{
    if (!reply->discards) chain_append(reply->out, bytes, len);
}

static void append_c(struct reply *reply, const char *text)
{
    append(reply, text, strlen(text));
}

/* A type byte, a number and the line end. */
static void append_header(struct reply *reply, char type, int64_t number)
{
    char header[HEADER_MAX];
    header[0] = type;
    size_t len = 1;
    if (number >= 0 && number < 10)
        header[len++] = (char)('0' + number);
    else
        len += num_format_i64(header + 1, number);
    header[len++] = '\r';
    header[len++] = '\n';
    append(reply, header, len);
}

void reply_raw(struct reply *reply, struct str bytes)
{
    append(reply, bytes.ptr, bytes.len);
}

/* Line replies must stay one line, whatever text was put into them. */
static void append_line(struct reply *reply, char type, struct str text)
{
    append(reply, &type, 1);
    for (size_t i = 0; i < text.len;) {
        size_t end = i;
        while (end < text.len && text.ptr[end] != '\r' && text.ptr[end] != '\n') end++;
        append(reply, text.ptr + i, end - i);
        if (end < text.len) append(reply, " ", 1);
        i = end + 1;
    }
    append(reply, "\r\n", 2);
}

void reply_status_str(struct reply *reply, struct str status)
{
    append_line(reply, '+', status);
}

void reply_status(struct reply *reply, const char *status)
{
    reply_status_str(reply, str_from_c(status));
}

void reply_ok(struct reply *reply)
{
    append(reply, "+OK\r\n", 5);
}

void reply_error_str(struct reply *reply, struct str text)
{
    reply->errors++;
    while (text.len && (text.ptr[text.len - 1] == '\r' || text.ptr[text.len - 1] == '\n'))
        text.len--;
    if (reply->on_error) reply->on_error(reply->owner, text);
    append_line(reply, '-', text);
}

void reply_error_again(struct reply *reply, struct str text)
{
    struct reply counted = *reply;
    reply->on_error = NULL;
    reply_error_str(reply, text);
    reply->on_error = counted.on_error;
}

void reply_error(struct reply *reply, const char *text)
{
    reply_error_str(reply, str_from_c(text));
}

void reply_error_fmt(struct reply *reply, const char *format, ...)
{
    char room[ERROR_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(room, sizeof(room), format, args);
    va_end(args);
    if (len < 0) len = 0;
    reply_error_str(reply,
                    str_of(room, (size_t)len < sizeof(room) ? (size_t)len : sizeof(room) - 1));
}

void reply_i64(struct reply *reply, int64_t number)
{
    append_header(reply, ':', number);
}

void reply_u64_text(struct reply *reply, uint64_t number)
{
    char digits[NUM_I64_MAX];
    size_t len = num_format_u64(digits, number);
    reply_bulk(reply, str_of(digits, len));
}

void reply_bool(struct reply *reply, bool value)
{
    if (reply->version > 2)
        append_c(reply, value ? "#t\r\n" : "#f\r\n");
    else
        reply_i64(reply, value);
}

/* Most strings are short, and a call to memcpy takes longer than copying them. The two halves may
 * overlap. */
static void copy(char *to, const char *from, size_t len)
{
    if (len > 2 * COPY_WIDE) {
        memcpy(to, from, len);
    } else if (len >= COPY_WIDE) {
        memcpy(to, from, COPY_WIDE);
        memcpy(to + len - COPY_WIDE, from + len - COPY_WIDE, COPY_WIDE);
    } else if (len >= COPY_NARROW) {
        memcpy(to, from, COPY_NARROW);
        memcpy(to + len - COPY_NARROW, from + len - COPY_NARROW, COPY_NARROW);
    } else {
        for (size_t i = 0; i < len; i++) to[i] = from[i];
    }
}

static char *write_bulk_header(char *to, size_t len)
{
    *to++ = '$';
    if (len < 10) {
        *to++ = (char)('0' + len);
    } else if (len < 100) {
        *to++ = (char)('0' + len / 10);
        *to++ = (char)('0' + len % 10);
    } else {
        to += num_format_u64(to, len);
    }
    *to++ = '\r';
    *to++ = '\n';
    return to;
}

void reply_bulk(struct reply *reply, struct str bytes)
{
    if (reply->discards) return;
    if (bytes.len > CHAIN_ROOM_MAX - HEADER_MAX) {
        append_header(reply, '$', (int64_t)bytes.len);
        append(reply, bytes.ptr, bytes.len);
        append(reply, "\r\n", 2);
        return;
    }
    char *room = chain_room(reply->out, bytes.len + HEADER_MAX);
    char *to = write_bulk_header(room, bytes.len);
    copy(to, bytes.ptr, bytes.len);
    to += bytes.len;
    *to++ = '\r';
    *to++ = '\n';
    chain_commit(reply->out, (size_t)(to - room));
}

void reply_bulk_c(struct reply *reply, const char *text)
{
    reply_bulk(reply, str_from_c(text));
}

void reply_bulk_i64(struct reply *reply, int64_t number)
{
    char digits[NUM_I64_MAX];
    size_t len = num_format_i64(digits, number);
    reply_bulk(reply, str_of(digits, len));
}

void reply_bulk_lent(struct reply *reply, struct str bytes, struct chain_loan loan)
{
    append_header(reply, '$', (int64_t)bytes.len);
    if (reply->discards)
        loan.release(loan.owner);
    else
        chain_lend(reply->out, bytes, loan);
    append(reply, "\r\n", 2);
}

void reply_null(struct reply *reply)
{
    append_c(reply, reply->version > 2 ? "_\r\n" : "$-1\r\n");
}

void reply_null_array(struct reply *reply)
{
    append_c(reply, reply->version > 2 ? "_\r\n" : "*-1\r\n");
}

void reply_double(struct reply *reply, double number)
{
    char digits[64];
    size_t len = num_format_double(digits, number);
    if (reply->version < 3) {
        reply_bulk(reply, str_of(digits, len));
        return;
    }
    append(reply, ",", 1);
    append(reply, digits, len);
    append(reply, "\r\n", 2);
}

void reply_human_bulk(struct reply *reply, long double number)
{
    char digits[NUM_DOUBLE_MAX];
    size_t len = num_format_human(digits, number);
    reply_bulk(reply, str_of(digits, len));
}

void reply_human_double(struct reply *reply, long double number)
{
    char digits[NUM_DOUBLE_MAX];
    struct str text = str_of(digits, num_format_human(digits, number));
    if (reply->version < 3)
        reply_bulk(reply, text);
    else
        append_line(reply, ',', text);
}

void reply_big_number(struct reply *reply, struct str digits)
{
    if (reply->version < 3)
        reply_bulk(reply, digits);
    else
        append_line(reply, '(', digits);
}

void reply_verbatim(struct reply *reply, struct str text, const char *format)
{
    if (reply->version < 3) {
        reply_bulk(reply, text);
        return;
    }
    append_header(reply, '=', (int64_t)text.len + 4);
    append(reply, format, 3);
    append(reply, ":", 1);
    reply_raw(reply, text);
    append(reply, "\r\n", 2);
}

void reply_array(struct reply *reply, size_t count)
{
    append_header(reply, '*', (int64_t)count);
}

void reply_map(struct reply *reply, size_t pairs)
{
    if (reply->version > 2)
        append_header(reply, '%', (int64_t)pairs);
    else
        append_header(reply, '*', (int64_t)pairs * 2);
}

void reply_set(struct reply *reply, size_t count)
{
    append_header(reply, reply->version > 2 ? '~' : '*', (int64_t)count);
}

void reply_push(struct reply *reply, size_t count)
{
    append_header(reply, reply->version > 2 ? '>' : '*', (int64_t)count);
}

void reply_attribute(struct reply *reply, size_t pairs)
{
    append_header(reply, '|', (int64_t)pairs);
}

void reply_later_begin(struct reply *reply, struct reply_later *later)
{
    *later = (struct reply_later){.outer = reply->out};
    reply->out = &later->aside;
}

/* Puts the header in front of what was written aside. */
static void finish_later(struct reply *reply, struct reply_later *later,
                         void (*header)(struct reply *, size_t), size_t count)
{
    reply->out = later->outer;
    header(reply, count);
    chain_join(reply->out, &later->aside);
}

void reply_later_array(struct reply *reply, struct reply_later *later, size_t count)
{
    finish_later(reply, later, reply_array, count);
}

void reply_later_map(struct reply *reply, struct reply_later *later, size_t pairs)
{
    finish_later(reply, later, reply_map, pairs);
}

void reply_later_set(struct reply *reply, struct reply_later *later, size_t count)
{
    finish_later(reply, later, reply_set, count);
}
