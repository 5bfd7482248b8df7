/* Replies as text, in the forms that redis-cli 7.0 prints and scripts rely on.
 *
 * Pure: everything goes into a buffer, with the newline or delimiter that ends it. */
#ifndef SKEIN_CLI_FORMAT_H
#define SKEIN_CLI_FORMAT_H

#include "cli/options.h"
#include "proto/reply_parse.h"

struct format {
    enum cli_output output;
    struct str item_delimiter, reply_delimiter; /* of raw output */
};

struct format format_of(const struct cli_options *options);
void format_reply(struct buf *out, const struct reply_node *reply, const struct format *format);
/* For replies that are texts to read (INFO, CLIENT LIST): unquoted in every form. */
void format_as_text(struct buf *out, const struct reply_node *reply, const struct format *format);
/* A push message; invalidations get one short line on a terminal. */
void format_push(struct buf *out, const struct reply_node *push, const struct format *format);

void format_tty(struct buf *out, const struct reply_node *reply);
void format_raw(struct buf *out, const struct reply_node *reply, struct str item_delimiter);
void format_csv(struct buf *out, const struct reply_node *reply);
void format_json(struct buf *out, const struct reply_node *reply, bool is_quoted);

#endif
