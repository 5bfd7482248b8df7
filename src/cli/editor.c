#include "cli/editor.h"

#include "base/mem.h"
#include "cli/history.h"
#include "cli/terminal.h"

#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct editor {
    EditLine *line;
    struct history_list *history;
    struct editor_hooks hooks;
    struct buf prompt, hint, text;
    bool has_colours; /* the terminal understands the usual escape sequences */
};

static struct editor *editor_of(EditLine *line)
{
    void *data = NULL;
    el_get(line, EL_CLIENTDATA, &data);
    return data;
}

static char *on_prompt(EditLine *line)
{
    struct editor *editor = editor_of(line);
    buf_clear(&editor->prompt);
    editor->hooks.write_prompt(editor->hooks.ctx, &editor->prompt);
    (void)buf_c(&editor->prompt);
    return editor->prompt.ptr;
}

/* ---- hints */

/* The columns behind the cursor; 0 when the cursor is inside the line or the line does not fit. */
static size_t columns_left(struct editor *editor)
{
    const LineInfoW *info = el_wline(editor->line);
    if (info->cursor != info->lastchar || info->lastchar == info->buffer) return 0;
    int width = wcswidth(info->buffer, (size_t)(info->lastchar - info->buffer));
    size_t used = editor->prompt.len + (width > 0 ? (size_t)width : 0) + 1;
    size_t columns = terminal_columns();
    return width > 0 && used < columns ? columns - used : 0;
}

static struct str line_so_far(struct editor *editor)
{
    const LineInfo *info = el_line(editor->line);
    return str_of(info->buffer, (size_t)(info->lastchar - info->buffer));
}

static bool input_waits(void)
{
    struct pollfd pollfd = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&pollfd, 1, 0) == 1;
}

static bool draw_hint(struct editor *editor)
{
    size_t room = editor->has_colours && !input_waits() ? columns_left(editor) : 0;
    if (room == 0) return false;
    buf_clear(&editor->hint);
    editor->hooks.write_hint(editor->hooks.ctx, line_so_far(editor), &editor->hint);
    struct str hint = str_first(buf_str(&editor->hint), room);
    if (hint.len == 0) return false;
    printf("\x1b"
           "7\x1b[90m%.*s\x1b[0m\x1b"
           "8",
           STR_ARG(hint));
    fflush(stdout);
    return true;
}

static void wipe_hint(void)
{
    fputs("\x1b[K", stdout);
    fflush(stdout);
}

/* ---- reading */

static int read_byte(char *byte)
{
    ssize_t got;
    do got = read(STDIN_FILENO, byte, 1);
    while (got < 0 && errno == EINTR);
    return (int)got;
}

static int read_char(wchar_t *c)
{
    mbstate_t state = {0};
    for (;;) {
        char byte;
        int got = read_byte(&byte);
        if (got <= 0) return got;
        size_t used = mbrtowc(c, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) *c = (wchar_t)(unsigned char)byte;
        return 1;
    }
}

static int on_getc(EditLine *line, wchar_t *c)
{
    struct editor *editor = editor_of(line);
    bool is_drawn = draw_hint(editor);
    int got = read_char(c);
    if (is_drawn) wipe_hint();
    return got;
}

bool editor_read(struct editor *editor, struct str *line)
{
    int len = 0;
    /* Else libedit shows the prompt first, and what is typed just then would be echoed twice. */
    el_set(editor->line, EL_PREP_TERM, 1);
    const char *text = el_gets(editor->line, &len);
    if (!text || len <= 0) return false;
    buf_clear(&editor->text);
    buf_append(&editor->text, text, (size_t)len);
    while (editor->text.len > 0 && editor->text.ptr[editor->text.len - 1] == '\n')
        editor->text.len--;
    *line = buf_str(&editor->text);
    return true;
}

/* ---- completion */

void editor_choices_add(struct editor_choices *choices, struct str line)
{
    choices->lines = mem_realloc(choices->lines, (choices->count + 1) * sizeof(*choices->lines));
    choices->lines[choices->count] = (struct buf){0};
    buf_append_str(&choices->lines[choices->count++], line);
}

static size_t common_length(const struct editor_choices *choices)
{
    size_t len = choices->lines[0].len;
    for (size_t i = 1; i < choices->count; i++) {
        size_t same = 0;
        while (same < len && same < choices->lines[i].len &&
               char_lower(choices->lines[i].ptr[same]) == char_lower(choices->lines[0].ptr[same]))
            same++;
        len = same;
    }
    return len;
}

static void list_choices(const struct editor_choices *choices)
{
    size_t width = 1, columns = terminal_columns();
    for (size_t i = 0; i < choices->count; i++) {
        if (choices->lines[i].len + 2 > width) width = choices->lines[i].len + 2;
    }
    size_t per_row = columns / width ? columns / width : 1;
    for (size_t i = 0; i < choices->count; i++) {
        if (i % per_row == 0) fputs("\r\n", stdout);
        printf("%-*.*s", (int)width, STR_ARG(buf_str(&choices->lines[i])));
    }
    fputs("\r\n", stdout);
    fflush(stdout);
}

static unsigned char apply_choices(struct editor *editor, const struct editor_choices *choices)
{
    if (choices->count == 0) return CC_REFRESH_BEEP;
    size_t typed = line_so_far(editor).len, len = common_length(choices);
    if (len > typed || choices->count == 1) {
        struct buf addition = {0};
        buf_append_str(&addition, str_from(str_first(buf_str(&choices->lines[0]), len), typed));
        if (choices->count == 1) buf_append_char(&addition, ' ');
        el_insertstr(editor->line, buf_c(&addition));
        buf_deinit(&addition);
        return CC_REFRESH;
    }
    list_choices(choices);
    return CC_REDISPLAY;
}

static unsigned char on_tab(EditLine *line, int key)
{
    (void)key;
    struct editor *editor = editor_of(line);
    const LineInfo *info = el_line(line);
    if (info->cursor != info->lastchar) return CC_NORM;
    struct editor_choices choices = {0};
    editor->hooks.complete(editor->hooks.ctx, line_so_far(editor), &choices);
    unsigned char result = apply_choices(editor, &choices);
    for (size_t i = 0; i < choices.count; i++) buf_deinit(&choices.lines[i]);
    mem_free(choices.lines);
    return result;
}

/* ---- life */

static bool terminal_has_colours(void)
{
    const char *term = getenv("TERM");
    return term && *term && strcmp(term, "dumb") != 0 && strcmp(term, "cons25") != 0 &&
           isatty(STDOUT_FILENO);
}

struct editor *editor_new(const struct editor_hooks *hooks, const char *history_path)
{
    struct editor *editor = mem_new(struct editor);
    editor->hooks = *hooks;
    editor->has_colours = terminal_has_colours();
    editor->line = el_init("skein-cli", stdin, stdout, stderr);
    el_set(editor->line, EL_CLIENTDATA, editor);
    el_set(editor->line, EL_SIGNAL, 1);
    el_set(editor->line, EL_EDITOR, "emacs");
    el_set(editor->line, EL_PROMPT, on_prompt);
    el_set(editor->line, EL_GETCFN, on_getc);
    /* The wide form keeps these pointers; the narrow one makes copies that nobody frees. */
    el_wset(editor->line, EL_ADDFN, L"skein-complete", L"completes the line", on_tab);
    el_set(editor->line, EL_BIND, "^I", "skein-complete", NULL);
    el_set(editor->line, EL_BIND, "^R", "em-inc-search-prev", NULL);
    editor->history = history_list_new(history_path);
    history_list_attach(editor->history, editor->line);
    return editor;
}

void editor_free(struct editor *editor)
{
    if (!editor) return;
    el_end(editor->line);
    history_list_free(editor->history);
    buf_deinit(&editor->prompt);
    buf_deinit(&editor->hint);
    buf_deinit(&editor->text);
    mem_free(editor);
}

void editor_remember(struct editor *editor, struct str line)
{
    history_list_add(editor->history, line);
}
