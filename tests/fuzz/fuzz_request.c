/* A stream of requests, cut anywhere, gives the same requests and the same refusal; what the
 * parser holds grows with the bytes that came and not with a number they announce.
 *
 * The first byte says whether the client is a stranger, the second seeds the cuts. */
#include "base/mem.h"
#include "base/prng.h"
#include "proto/request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    struct request_parser parser;
    struct buf seen;
    size_t at; /* the first byte of the request being read */
    enum request_verdict verdict;
};

static void check(bool holds)
{
    if (!holds) abort();
}

static void note(struct reading *reading, struct str bytes)
{
    size_t argc = (size_t)reading->parser.argc;
    struct str *args = mem_alloc(argc * sizeof(*args));
    request_args(&reading->parser, bytes, args);
    for (size_t i = 0; i < argc; i++) {
        buf_printf(&reading->seen, "<%zu>", args[i].len);
        buf_append_str(&reading->seen, args[i]);
    }
    buf_append_char(&reading->seen, ';');
    mem_free(args);
}

/* Reads on over the first `known` bytes, which lie in an allocation of their own: a step too far
 * is seen. */
static void read_on(struct reading *reading, struct str stream, size_t known,
                    const struct request_limits *limits)
{
    struct str all = str_from(str_first(stream, known), reading->at);
    char *copy = mem_strndup(all.ptr, all.len);
    struct str bytes = str_of(copy, all.len);
    while (reading->verdict != REQUEST_INVALID) {
        reading->verdict = request_parse(&reading->parser, bytes, limits);
        check(reading->parser.args_capacity <= 8 + bytes.len);
        check(reading->parser.error.capacity <= 1024);
        if (reading->verdict != REQUEST_READY) break;
        note(reading, bytes);
        size_t used = request_finish(&reading->parser);
        check(used > 0 && used <= bytes.len);
        bytes = str_from(bytes, used);
        reading->at += used;
    }
    if (reading->verdict == REQUEST_INVALID && known == stream.len) {
        buf_append_str(&reading->seen, buf_str(&reading->parser.error));
    }
    mem_free(copy);
}

static void finish(struct reading *reading)
{
    request_parser_deinit(&reading->parser);
    buf_deinit(&reading->seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    const struct request_limits limits = {INT32_MAX, 1 << 20, data[0] % 2 == 0};
    struct str stream = str_of((const char *)data + 2, size - 2);
    struct reading whole = {.verdict = REQUEST_INCOMPLETE}, cut = whole;
    struct prng prng;
    prng_init(&prng, data[1]);
    request_parser_init(&whole.parser);
    request_parser_init(&cut.parser);
    read_on(&whole, stream, stream.len, &limits);
    for (size_t known = 0; known < stream.len;) {
        known += 1 + prng_below(&prng, prng_next(&prng) % 4 ? 8 : 400);
        read_on(&cut, stream, known < stream.len ? known : stream.len, &limits);
    }
    if (stream.len) {
        check(whole.verdict == cut.verdict && whole.at == cut.at);
        check(str_eq(buf_str(&whole.seen), buf_str(&cut.seen)));
    }
    finish(&whole);
    finish(&cut);
    return 0;
}
