/* Reads what clients send: RESP arrays of bulk strings, and inline commands.
 *
 * The parser is incremental and keeps its place, so a request that arrives in a thousand pieces is
 * scanned once. It never copies argument bytes and never allocates by an announced size: arguments
 * are noted as positions relative to the first byte of the request, which the caller keeps until
 * the request has been executed. */
#ifndef SKEIN_PROTO_REQUEST_H
#define SKEIN_PROTO_REQUEST_H

#include "base/buf.h"
#include "base/str.h"
#include "base/words.h"

struct request_limits {
    int64_t args_max;
    int64_t bulk_max;
    bool authenticated; /* false: the limits for strangers hold as well */
};

/* The limits before authentication: enough for AUTH and HELLO, too little to cost us memory. */
enum { REQUEST_STRANGER_ARGS = 10, REQUEST_STRANGER_BULK = 16384, REQUEST_INLINE_MAX = 64 * 1024 };

enum request_verdict {
    REQUEST_READY,      /* argc/arg() describe a request (argc may be 0: an empty line) */
    REQUEST_INCOMPLETE, /* more bytes are needed */
    REQUEST_INVALID,    /* `error` tells why; the connection must be closed after saying so */
};

struct request_arg {
    size_t at, len;
};

struct request_parser {
    struct request_arg *args;
    size_t args_capacity;
    int64_t argc;
    int64_t expected; /* arguments announced; -1 before the header was read */
    int64_t bulk_len; /* length of the argument being read; -1 before its header was read */
    size_t at;        /* position behind what was understood so far */
    bool is_inline;
    struct words words; /* the arguments of an inline request */
    struct buf error;   /* "ERR Protocol error: ..." */
};

void request_parser_init(struct request_parser *parser);
void request_parser_deinit(struct request_parser *parser);
/* `bytes` starts with the first byte of the request, in every call until it is READY. */
enum request_verdict request_parse(struct request_parser *parser, struct str bytes,
                                   const struct request_limits *limits);
/* Copies the arguments of a READY request to `out` (room for parser->argc). Inline words live until
 * the next request. */
void request_args(const struct request_parser *parser, struct str bytes, struct str *out);
/* Bytes the READY request took; the parser is then ready for the next one. */
size_t request_finish(struct request_parser *parser);

#endif
