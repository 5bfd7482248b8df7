#include "base/mem.h"
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>

void file_names_deinit(struct file_names *names)
{
    for (size_t i = 0; i < names->count; i++) mem_free(names->names[i]);
    mem_free(names->names);
    *names = (struct file_names){0};
}

static void add_name(struct file_names *names, const char *name)
{
    names->names = mem_realloc(names->names, (names->count + 1) * sizeof(*names->names));
    names->names[names->count++] = mem_strdup(name);
}

int file_expand(const char *pattern, struct file_names *names)
{
    glob_t found = {0};
    *names = (struct file_names){0};
    /* A pattern that matches nothing is no error, but a plain name stays to be found missing. */
    int result = glob(pattern, GLOB_NOMAGIC, NULL, &found);
    if (result == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) add_name(names, found.gl_pathv[i]);
    globfree(&found);
    if (result == 0 || result == GLOB_NOMATCH) return 0;
    return result == GLOB_NOSPACE ? -ENOMEM : -EIO;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int file_list(const char *directory, struct file_names *names)
{
    *names = (struct file_names){0};
    DIR *open = opendir(directory);
    if (open == NULL) return -errno;
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(open)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            add_name(names, entry->d_name);
    int error = -errno;
    closedir(open);
    if (error != 0) file_names_deinit(names);
    if (names->count > 1) qsort(names->names, names->count, sizeof(*names->names), by_name);
    return error;
}
