/* Configuration files that exist in memory only: a struct config_reader over a list of names and
 * texts. */
#ifndef SKEIN_TESTS_CONFIG_FIXTURE_H
#define SKEIN_TESTS_CONFIG_FIXTURE_H

#include "server/config_file.h"

struct fake_file {
    const char *path, *text;
};

struct fake_files {
    const struct fake_file *list;
    size_t count;
    struct config_reader reader;
};

void fake_files_init(struct fake_files *files, const struct fake_file *list, size_t count);

/* Reads a text into a config at its defaults; on failure `error` says why. */
bool fixture_load(struct config *config, const char *text, const struct config_reader *reader,
                  struct config_error *error);
/* The same for what must be right. */
void fixture_load_good(struct config *config, const char *text, const struct config_reader *reader);
void fixture_assert_value(const struct config *config, const char *name, const char *expected);
/* Fails the test and names the first option that differs. */
void fixture_assert_equal(const struct config *a, const struct config *b);

#endif
