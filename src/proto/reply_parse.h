/* Reads replies (RESP2 and RESP3) out of a byte stream, as a client of another server sees them.
 *
 * The parser is fed pieces of any size and keeps what it needs between them; it takes no byte
 * beyond the end of a reply, so whatever follows (a snapshot, a command stream) is still the
 * caller's. Memory grows with the bytes that arrived, never with a length that was announced.
 * Nesting is bounded by REPLY_DEPTH_MAX. After REPLY_BAD the stream is lost and the parser only
 * good for reply_parser_deinit.
 *
 * Not here: writing replies, parsing requests, deciding what a push message means. */
#ifndef SKEIN_PROTO_REPLY_PARSE_H
#define SKEIN_PROTO_REPLY_PARSE_H

#include "base/buf.h"
#include "base/str.h"

enum { REPLY_DEPTH_MAX = 32, REPLY_LINE_MAX = 1024 * 1024 };

enum reply_type {
    REPLY_NIL,
    REPLY_STATUS,
    REPLY_ERROR,
    REPLY_INTEGER,
    REPLY_STRING,
    REPLY_VERBATIM,
    REPLY_DOUBLE,
    REPLY_BOOL,
    REPLY_BIG_NUMBER,
    REPLY_ARRAY,
    REPLY_MAP,
    REPLY_SET,
    REPLY_PUSH,
};

/* One value. A map holds its keys and values in turn, so `count` is even there. Zeroed, it is a
 * nil. */
struct reply_node {
    enum reply_type type;
    char format[4];  /* of a verbatim string: "txt", "mkd" */
    int64_t integer; /* integers, and booleans as 0 or 1 */
    double number;   /* doubles */
    struct buf text; /* strings, errors; numbers other than integers as they were sent */
    struct reply_node *items;
    size_t count;
    struct reply_node *attributes; /* a map the server sent before this value, or NULL */
};

/* An aggregate whose children are arriving. Frame 0 stands for the stream itself and has no
 * node. */
struct reply_frame {
    struct reply_node *node;
    uint64_t missing;              /* children that have not begun yet */
    struct reply_node *attributes; /* complete, waiting for the next child */
    bool is_attribute; /* the node is this frame's own and will describe the parent's next child */
};

/* What the bytes are being read into. */
enum reply_phase { REPLY_PHASE_LINE, REPLY_PHASE_BODY };

struct reply_parser {
    struct reply_node root;
    struct reply_frame frames[REPLY_DEPTH_MAX + 1];
    unsigned depth; /* the innermost open frame */
    enum reply_phase phase;
    struct buf line;         /* a header line that has not ended yet */
    struct reply_node *body; /* the string whose bytes are arriving */
    uint64_t body_missing;
    unsigned ending_seen; /* how much of the line end behind it has been read */
    bool is_complete;     /* root waits for reply_parser_take */
    const char *error;
};

enum reply_verdict { REPLY_MORE, REPLY_READY, REPLY_BAD };

/* A zeroed parser is ready for use. */
void reply_parser_deinit(struct reply_parser *parser);
/* Reads on and moves *bytes behind what was used. READY: take the reply before the next step. */
enum reply_verdict reply_parser_step(struct reply_parser *parser, struct str *bytes);
/* Moves the complete reply out; *node need not be initialised and becomes the caller's. */
void reply_parser_take(struct reply_parser *parser, struct reply_node *node);
/* Why the last step said REPLY_BAD. */
const char *reply_parser_error(const struct reply_parser *parser);
/* True when no reply has begun. */
bool reply_parser_is_idle(const struct reply_parser *parser);

/* Frees what the node owns and leaves it a nil. */
void reply_node_clear(struct reply_node *node);
bool reply_is_aggregate(const struct reply_node *node);
/* Finds the value of a text key in a map, or in an array of alternating keys and values; NULL
 * when absent. */
const struct reply_node *reply_map_get(const struct reply_node *map, const char *key);
/* The text of a string, status, error or verbatim node; empty for all others and for NULL. */
struct str reply_text(const struct reply_node *node);

#endif
