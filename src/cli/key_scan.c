#include "cli/key_scan.h"

#include <stdlib.h>

void key_scan_init(struct key_scan *scan, struct cli_session *session)
{
    *scan = (struct key_scan){.session = session};
    buf_append_char(&scan->cursor, '0');
}

void key_scan_deinit(struct key_scan *scan)
{
    reply_node_clear(&scan->page);
    buf_deinit(&scan->cursor);
}

static void request_page(struct key_scan *scan)
{
    struct str words[4] = {STR("SCAN"), buf_str(&scan->cursor), STR("MATCH"),
                           buf_str(&scan->session->options->pattern)};
    size_t count = words[3].len > 0 ? 4 : 2;
    cli_session_queue(scan->session, (struct command_words){words, count});
    cli_session_must_receive(scan->session, &scan->page);
}

static void check_page(const struct reply_node *page)
{
    if (page->type == REPLY_ERROR) {
        fprintf(stderr, "SCAN was refused: %.*s\n", STR_ARG(buf_str(&page->text)));
        exit(1);
    }
    if (page->type == REPLY_ARRAY && page->count == 2 && page->items[0].type == REPLY_STRING &&
        page->items[1].type == REPLY_ARRAY)
        return;
    fputs("SCAN was answered with something else than a page of keys.\n", stderr);
    exit(1);
}

bool key_scan_next(struct key_scan *scan)
{
    if (scan->has_begun && str_eq(buf_str(&scan->cursor), STR("0"))) return false;
    reply_node_clear(&scan->page);
    request_page(scan);
    check_page(&scan->page);
    buf_clear(&scan->cursor);
    buf_append_str(&scan->cursor, reply_text(&scan->page.items[0]));
    scan->keys = &scan->page.items[1];
    scan->has_begun = true;
    scan->pages++;
    return true;
}
