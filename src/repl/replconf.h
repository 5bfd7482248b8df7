/* REPLCONF, the word replicas and masters have about the connection itself: its options and what
 * they say, checked. What follows from them is the caller's business. */
#ifndef SKEIN_REPL_REPLCONF_H
#define SKEIN_REPL_REPLCONF_H

#include "base/buf.h"
#include "repl/lineage.h"

/* Capabilities a replica announces; unknown ones are passed over. */
enum { REPLCONF_CAPA_EOF = 1 << 0, REPLCONF_CAPA_PSYNC2 = 1 << 1 };
/* What a snapshot is to contain. */
enum { REPLCONF_WITHOUT_DATA = 1 << 0, REPLCONF_WITHOUT_FUNCTIONS = 1 << 1 };

/* Options that end the request: no reply follows ACK; GETACK is answered with an ACK. */
enum replconf_kind { REPLCONF_SETTINGS, REPLCONF_ACK, REPLCONF_GETACK, REPLCONF_BAD };

struct replconf {
    enum replconf_kind kind;
    bool has_port, has_ip, has_rdb_only, has_filter, has_node, has_quiet;
    int port;
    struct str ip; /* a view of the argument; may be a name */
    unsigned capabilities;
    bool rdb_only;
    unsigned filter;
    struct repl_id node;
    int64_t quiet;
    int64_t ack, fack; /* ACK; fack -1: not told */
};

enum { REPLCONF_IP_MAX = 255 };

/* From all arguments, REPLCONF itself included. BAD: the error to answer is in *error. */
void replconf_parse(const struct str *argv, size_t argc, struct replconf *replconf,
                    struct buf *error);

#endif
