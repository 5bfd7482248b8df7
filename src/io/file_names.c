#include "io/file_names.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

void file_names_deinit(struct file_names *names)
{
    for (size_t i = 0; i < names->count; i++) mem_free(names->names[i]);
    mem_free(names->names);
    *names = (struct file_names){0};
}

void file_names_add(struct file_names *names, const char *name)
{
    names->names = mem_realloc(names->names, (names->count + 1) * sizeof(*names->names));
    names->names[names->count++] = mem_strdup(name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void file_names_sort(struct file_names *names)
{
    if (names->count > 1) qsort(names->names, names->count, sizeof(*names->names), by_name);
}
