/* Random valid requests, drawn from templates:
 *
 *     SET <string> <value> [NX|XX] [PX <soon>]        ZADD <zset> (<score> <member>)+
 *
 * Words are literal; <name> is a value of a small universe, so that commands meet the same keys and
 * members again; [..] may be left out, (a|b) is one of them; + repeats up to three times. */
#ifndef SKEIN_TESTS_COMMAND_REQUESTS_H
#define SKEIN_TESTS_COMMAND_REQUESTS_H

#include "base/buf.h"
#include "base/prng.h"
#include "base/str.h"

enum { REQUEST_WORDS_MAX = 64, REQUEST_IDS = 6, REQUEST_IDS_MS = 5000 };

struct request {
    struct str argv[REQUEST_WORDS_MAX]; /* views into bytes, valid until the next draw */
    int argc;
    struct buf bytes;
    size_t starts[REQUEST_WORDS_MAX + 1];
};

struct request_source {
    struct prng prng;
    int64_t now_ms;
    uint64_t ids; /* of stream entries, so far */
    /* A domain the universe does not have: appends its value. False: nobody knows it. */
    bool (*special)(void *owner, struct str name, struct buf *out);
    void *owner;
};

/* False when the template names a domain that does not exist. */
bool request_draw(struct request_source *source, const char *template, struct request *request);
void request_deinit(struct request *request);
/* The template that makes requests of a command ("zadd", "function|load"); NULL: there is none. */
const char *request_template(const char *full_name);

#endif
