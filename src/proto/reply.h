/* Writes replies in RESP2 or RESP3 to a chain of output blocks.
 *
 * The writer knows which version its client speaks and turns each shape into the right bytes: a
 * map is a flat array for RESP2, null is "$-1" or "_", a boolean 0/1 or #t/#f. Error text never
 * carries CR or LF to the wire. */
#ifndef SKEIN_PROTO_REPLY_H
#define SKEIN_PROTO_REPLY_H

#include "base/chain.h"
#include "base/str.h"

struct reply {
    struct chain *out;
    int version;     /* 2 or 3 */
    uint64_t errors; /* error replies written so far: how `execute` sees that a command failed */
    bool discards;   /* CLIENT REPLY OFF/SKIP: everything is dropped */
    /* Hears of each error reply, also of dropped ones; NULL: nobody does. */
    void (*on_error)(void *owner, struct str text);
    void *owner;
};

void reply_status(struct reply *reply, const char *status);
void reply_status_str(struct reply *reply, struct str status);
void reply_ok(struct reply *reply);
/* `text` begins with its prefix ("ERR ...", "WRONGTYPE ..."), without the dash. */
void reply_error(struct reply *reply, const char *text);
void reply_error_str(struct reply *reply, struct str text);
/* The same for one that was counted in the statistics where it came from. */
void reply_error_again(struct reply *reply, struct str text);
void reply_error_fmt(struct reply *reply, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void reply_i64(struct reply *reply, int64_t number);
void reply_u64_text(struct reply *reply,
                    uint64_t number); /* a bulk string of digits: SCAN cursors */
void reply_bool(struct reply *reply, bool value);
void reply_bulk(struct reply *reply, struct str bytes);
void reply_bulk_c(struct reply *reply, const char *text);
void reply_bulk_i64(struct reply *reply, int64_t number);
/* A bulk whose bytes are sent from where they lie; see chain_lend. */
void reply_bulk_lent(struct reply *reply, struct str bytes, struct chain_loan loan);
void reply_null(struct reply *reply);       /* "no value": $-1 or _ */
void reply_null_array(struct reply *reply); /* "no list": *-1 or _ */
void reply_double(struct reply *reply, double number);
/* A long double as bulk text (RESP2 and RESP3 alike), as INCRBYFLOAT answers. */
void reply_human_bulk(struct reply *reply, long double number);
/* The same digits as a double, as GEOPOS answers: a bulk in RESP2. */
void reply_human_double(struct reply *reply, long double number);
void reply_big_number(struct reply *reply, struct str digits);
/* `format` is three letters: "txt", "mkd". A plain bulk for RESP2. */
void reply_verbatim(struct reply *reply, struct str text, const char *format);
void reply_array(struct reply *reply, size_t count);
void reply_map(struct reply *reply, size_t pairs);
void reply_set(struct reply *reply, size_t count);
void reply_push(struct reply *reply, size_t count);
void reply_attribute(struct reply *reply, size_t pairs); /* only for RESP3 clients */
/* Bytes that are already protocol. */
void reply_raw(struct reply *reply, struct str bytes);

/* A reply whose length is known only at its end is written aside and spliced in. */
struct reply_later {
    struct chain *outer;
    struct chain aside;
};
void reply_later_begin(struct reply *reply, struct reply_later *later);
void reply_later_array(struct reply *reply, struct reply_later *later, size_t count);
void reply_later_map(struct reply *reply, struct reply_later *later, size_t pairs);
void reply_later_set(struct reply *reply, struct reply_later *later, size_t count);

#endif
