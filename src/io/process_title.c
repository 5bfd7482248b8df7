#include "base/mem.h"
#include "io/process.h"

#include <unistd.h>

struct process_title {
    char *area;
    size_t size;
    char **arguments; /* the copies that argv points to now */
    int count;
};

/* The kernel laid the strings out one behind the other: as far as that holds they are one area. */
static void extend_area(struct process_title *title, char *text)
{
    if (text == title->area + title->size) title->size += strlen(text) + 1;
}

/* The copies replace the environment for good. */
static void move_environment(void)
{
    size_t count = 0;
    while (environ[count]) count++;
    char **copies = mem_calloc((count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++) copies[i] = mem_strdup(environ[i]);
    environ = copies;
}

struct process_title *process_title_new(int argc, char **argv)
{
    struct process_title *title = mem_new(struct process_title);
    if (argc == 0) return title;
    title->area = argv[0];
    for (int i = 0; i < argc; i++) extend_area(title, argv[i]);
    for (size_t i = 0; environ[i]; i++) extend_area(title, environ[i]);
    move_environment();
    title->count = argc;
    title->arguments = mem_calloc((size_t)argc * sizeof(*title->arguments));
    for (int i = 0; i < argc; i++) argv[i] = title->arguments[i] = mem_strdup(argv[i]);
    return title;
}

void process_title_set(struct process_title *title, struct str text)
{
    if (title->size == 0) return;
    text = str_first(text, title->size - 1);
    memset(title->area, 0, title->size);
    memcpy(title->area, text.ptr, text.len);
}

void process_title_free(struct process_title *title)
{
    if (title == NULL) return;
    for (int i = 0; i < title->count; i++) mem_free(title->arguments[i]);
    mem_free(title->arguments);
    mem_free(title);
}
