/* The tables of docs/CONFIGURATION.md, written from the option tables. */
#ifndef SKEIN_TESTS_CONFIG_REFERENCE_H
#define SKEIN_TESTS_CONFIG_REFERENCE_H

#include "base/buf.h"

/* One table per area: directive, value, default, when it can change. */
void reference_write_directives(struct buf *out);
/* Directives that are accepted and do nothing, with the reason. */
void reference_write_without_effect(struct buf *out);

#endif
