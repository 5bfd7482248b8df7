/* Walks over all keys with SCAN, page by page. */
#ifndef SKEIN_CLI_KEY_SCAN_H
#define SKEIN_CLI_KEY_SCAN_H

#include "cli/session.h"

struct key_scan {
    struct cli_session *session;
    struct buf cursor;
    bool has_begun;
    struct reply_node page;
    const struct reply_node *keys; /* of this page; valid until the next */
    uint64_t pages;
};

void key_scan_init(struct key_scan *scan, struct cli_session *session);
void key_scan_deinit(struct key_scan *scan);
/* Fetches the next page (which may be empty); false at the end. Exits when the server refuses. */
bool key_scan_next(struct key_scan *scan);

#endif
