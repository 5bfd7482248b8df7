/* Names of files, owned: what a pattern or a directory holds (io/file.h finds them). All zero:
 * none. */
#ifndef SKEIN_IO_FILE_NAMES_H
#define SKEIN_IO_FILE_NAMES_H

#include <stddef.h>

struct file_names {
    char **names;
    size_t count;
};

void file_names_add(struct file_names *names, const char *name);
void file_names_sort(struct file_names *names);
void file_names_deinit(struct file_names *names);

#endif
