/* Configuration files as they lie on disk: the struct config_reader for real files, and CONFIG
 * REWRITE's replacing of one. The grammar itself is in config_file.h and knows no disk. */
#ifndef SKEIN_SERVER_CONFIG_READER_H
#define SKEIN_SERVER_CONFIG_READER_H

#include "server/config_arguments.h"
#include "server/config_file.h"

/* Has no state. */
extern const struct config_reader config_reader_files;

/* Reads descriptor 0 to its end. */
bool config_read_stdin(struct buf *text, struct buf *reason);
/* Makes a path absolute and follows symbolic links; the path itself when that fails. For
 * config->file, before the working directory changes. */
void config_file_resolve(const char *path, struct buf *out);
/* All that happens before a server runs: standard input, file and options into a config that
 * config_init made; config->file is then absolute. */
bool config_read_arguments(struct config *config, const struct config_arguments *arguments,
                           struct config_error *error);
/* Brings the file config->file up to date: it has its old or its new contents, whatever happens.
 * Only its owner may read the new one. The reason is CONFIG REWRITE's error text. */
bool config_rewrite_file(const struct config *config, struct buf *reason);

#endif
