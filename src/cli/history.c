#include "cli/history.h"

#include "base/buf.h"
#include "base/mem.h"

#include <fcntl.h>
#include <histedit.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct history_list {
    History *history;
    char *path; /* NULL: nothing on disk */
};

static void enter(struct history_list *list, const char *line)
{
    HistEvent event;
    history(list->history, &event, H_ENTER, line);
}

static FILE *open_file(const char *path, int flags, const char *mode)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, mode) : NULL;
    if (!file && fd >= 0) close(fd);
    return file;
}

static bool is_regular(FILE *file)
{
    struct stat status;
    return fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);
}

static size_t load(struct history_list *list)
{
    FILE *file = open_file(list->path, O_RDONLY, "r");
    if (!file) return 0;
    char *line = NULL;
    size_t capacity = 0, count = 0;
    ssize_t len;
    while (is_regular(file) && (len = getline(&line, &capacity, file)) >= 0) {
        if (len > 0 && line[len - 1] == '\n') line[--len] = '\0';
        if (len == 0) continue;
        enter(list, line);
        count++;
    }
    free(line);
    fclose(file);
    return count;
}

/* Writes what is in memory over the file, oldest first. */
static void rewrite(struct history_list *list)
{
    FILE *file = open_file(list->path, O_WRONLY | O_TRUNC, "w");
    if (!file) return;
    HistEvent event;
    for (int more = history(list->history, &event, H_LAST); more >= 0;
         more = history(list->history, &event, H_PREV))
        fprintf(file, "%s\n", event.str);
    fclose(file);
}

struct history_list *history_list_new(const char *path)
{
    struct history_list *list = mem_new(struct history_list);
    HistEvent event;
    list->history = history_init();
    history(list->history, &event, H_SETSIZE, HISTORY_KEPT);
    history(list->history, &event, H_SETUNIQUE, 1);
    if (!path) return list;
    list->path = mem_strdup(path);
    if (load(list) > 2 * HISTORY_KEPT) rewrite(list);
    return list;
}

void history_list_free(struct history_list *list)
{
    if (!list) return;
    history_end(list->history);
    mem_free(list->path);
    mem_free(list);
}

void history_list_attach(struct history_list *list, struct editline *line)
{
    el_set(line, EL_HIST, history, list->history);
}

void history_list_add(struct history_list *list, struct str line)
{
    char *text = mem_strndup(line.ptr, line.len);
    enter(list, text);
    FILE *file = list->path ? open_file(list->path, O_WRONLY | O_APPEND | O_CREAT, "a") : NULL;
    if (file) {
        fprintf(file, "%s\n", text);
        fclose(file);
    }
    mem_free(text);
}
