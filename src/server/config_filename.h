/* Names of files that must stay inside `dir`. */
#ifndef SKEIN_SERVER_CONFIG_FILENAME_H
#define SKEIN_SERVER_CONFIG_FILENAME_H

#include "base/buf.h"

/* A check of a text option: refuses an empty name and one with a directory in it. */
bool config_check_filename(const void *field, struct buf *reason);

#endif
