#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>

int file_expand(const char *pattern, struct file_names *names)
{
    glob_t found = {0};
    *names = (struct file_names){0};
    /* A pattern that matches nothing is no error, but a plain name stays to be found missing. */
    int result = glob(pattern, GLOB_NOMAGIC, NULL, &found);
    if (result == 0)
        for (size_t i = 0; i < found.gl_pathc; i++) file_names_add(names, found.gl_pathv[i]);
    globfree(&found);
    if (result == 0 || result == GLOB_NOMATCH) return 0;
    return result == GLOB_NOSPACE ? -ENOMEM : -EIO;
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
            file_names_add(names, entry->d_name);
    int error = -errno;
    closedir(open);
    if (error != 0) file_names_deinit(names);
    file_names_sort(names);
    return error;
}
