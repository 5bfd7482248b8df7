/* What SCAN and its kin for hashes, sets and sorted sets are asked, and the walk over a table
 * that answers it. */
#ifndef SKEIN_COMMAND_SCAN_REQUEST_H
#define SKEIN_COMMAND_SCAN_REQUEST_H

#include "command/call.h"

struct scan_request {
    uint64_t cursor;
    int64_t count;
    bool has_pattern, has_type;
    bool takes_type; /* only SCAN itself has the option TYPE */
    struct str pattern, type;
};

/* Both answer their errors. */
bool scan_parse_cursor(struct call *call, int at, struct scan_request *request);
/* The options from argument `from` on. */
bool scan_parse_options(struct call *call, int from, struct scan_request *request);
/* Whether a name matches the pattern. */
bool scan_wants(const struct scan_request *request, struct str name);

/* The entries one call has come across; zeroed is empty. */
struct scan_found {
    struct entry **list;
    size_t count, capacity;
};
/* Collects about as many entries as were asked for and returns the next cursor. */
uint64_t scan_collect(const struct table *table, const struct scan_request *request,
                      struct scan_found *all);
void scan_found_deinit(struct scan_found *all);

#endif
