/* The log: the form of a line, levels, a file that is moved away. */
#include "unit/io/io_fixture.h"

#include "base/buf.h"
#include "io/file.h"
#include "io/log.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void assert_matches(const char *text, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&regex, text, 0, NULL, 0) != 0) fail_msg("'%s' is not %s", text, pattern);
    regfree(&regex);
}

static const char *contents(const char *path, struct buf *out)
{
    buf_clear(out);
    assert_int_equal(file_read_all(path, 100000, out), 0);
    return buf_c(out);
}

static void a_line_has_the_form_tools_expect(void **state)
{
    struct io_fixture *fixture = *state;
    static const struct {
        enum log_level level;
        char role;
        const char *mark;
    } rows[] = {
        {LEVEL_DEBUG, 'M', "\\."},
        {LEVEL_VERBOSE, 'S', "-"},
        {LEVEL_NOTICE, 'C', "\\*"},
        {LEVEL_WARNING, 'X', "#"},
    };
    struct log *log = log_new();
    struct buf text = {0};
    for (size_t i = 0; i < 4; i++) {
        char pattern[200];
        const char *path = io_path(fixture, rows[i].mark);
        assert_int_equal(log_set_file(log, path), 0);
        log_set_level(log, LEVEL_DEBUG);
        log_set_role(log, rows[i].role);
        log_write(log, rows[i].level, "replica %s is %d", "a", 7);
        snprintf(pattern, sizeof(pattern),
                 "^%d:%c [0-3][0-9] (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 20[0-9]{2} "
                 "[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\\.[0-9]{3} %s replica a is 7\n$",
                 getpid(), rows[i].role, rows[i].mark);
        assert_matches(contents(path, &text), pattern);
    }
    buf_deinit(&text);
    log_free(log);
}

static void lower_levels_are_left_out(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "log");
    struct log *log = log_new();
    struct buf text = {0};
    assert_int_equal(log_set_file(log, path), 0);
    log_write(log, LEVEL_VERBOSE, "quiet");
    assert_string_equal(contents(path, &text), "");
    log_set_level(log, LEVEL_VERBOSE);
    assert_true(log_wants(log, LEVEL_VERBOSE));
    log_write(log, LEVEL_VERBOSE, "loud");
    assert_non_null(strstr(contents(path, &text), "loud"));
    log_set_level(log, LEVEL_NOTHING);
    log_write(log, LEVEL_WARNING, "never");
    assert_null(strstr(contents(path, &text), "never"));
    buf_deinit(&text);
    log_free(log);
}

static void a_file_moved_away_is_opened_again_by_name(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "log"), *old = io_path(fixture, "log.1");
    struct log *log = log_new();
    struct buf text = {0};
    assert_int_equal(log_set_file(log, path), 0);
    log_write(log, LEVEL_NOTICE, "before");
    assert_int_equal(rename(path, old), 0);
    log_write(log, LEVEL_NOTICE, "after");
    assert_non_null(strstr(contents(old, &text), "before"));
    assert_null(strstr(buf_c(&text), "after"));
    assert_non_null(strstr(contents(path, &text), "after"));
    /* Another file under the same name counts too. */
    assert_int_equal(file_replace(path, STR("other\n")), 0);
    log_write(log, LEVEL_NOTICE, "third");
    assert_int_equal(strncmp(contents(path, &text), "other\n", 6), 0);
    assert_non_null(strstr(buf_c(&text), "third"));
    buf_deinit(&text);
    log_free(log);
}

static void a_file_that_cannot_be_opened_is_refused_and_changes_nothing(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "log");
    struct log *log = log_new();
    struct buf text = {0};
    assert_int_equal(log_set_file(log, path), 0);
    assert_int_equal(log_set_file(log, io_path(fixture, "no/such/log")), -ENOENT);
    log_write(log, LEVEL_NOTICE, "still here");
    assert_non_null(strstr(contents(path, &text), "still here"));
    buf_deinit(&text);
    log_free(log);
}

static void a_message_cannot_forge_another_line(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "log");
    struct log *log = log_new();
    struct buf text = {0};
    char huge[3000];
    memset(huge, 'x', sizeof(huge));
    huge[sizeof(huge) - 1] = 0;
    assert_int_equal(log_set_file(log, path), 0);
    log_write(log, LEVEL_NOTICE, "user '%s'", "a\r\n1:M forged\x1b[2J");
    assert_non_null(strstr(contents(path, &text), "user 'a??1:M forged?[2J'\n"));
    log_write(log, LEVEL_NOTICE, "%s", huge);
    contents(path, &text);
    assert_true(text.len < 1400);
    assert_int_equal(text.ptr[text.len - 1], '\n');
    log_raw(log, LEVEL_NOTICE, STR("as it is\n  really\n"));
    assert_non_null(strstr(contents(path, &text), "\nas it is\n  really\n"));
    buf_deinit(&text);
    log_free(log);
}

static void syslog_takes_only_known_facilities(void **state)
{
    (void)state;
    struct log *log = log_new();
    assert_int_equal(log_set_syslog(log, true, "skein-test", "local8"), -EINVAL);
    assert_int_equal(log_set_syslog(log, true, "skein-test", "kern"), -EINVAL);
    assert_int_equal(log_set_syslog(log, true, "skein-test", "LOCAL3"), 0);
    assert_int_equal(log_set_syslog(log, true, "other", "user"), 0);
    assert_int_equal(log_set_syslog(log, false, NULL, NULL), 0);
    log_free(log);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(a_line_has_the_form_tools_expect),
        IO_TEST(lower_levels_are_left_out),
        IO_TEST(a_file_moved_away_is_opened_again_by_name),
        IO_TEST(a_file_that_cannot_be_opened_is_refused_and_changes_nothing),
        IO_TEST(a_message_cannot_forge_another_line),
        IO_TEST(syslog_takes_only_known_facilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
