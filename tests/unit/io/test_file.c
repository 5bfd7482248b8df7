/* Files: whole reads, atomic replacement, names, buffered streams. */
#include "unit/io/io_fixture.h"

#include "base/mem.h"
#include "io/file.h"
#include "io/file_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void put_file(const char *path, const char *text)
{
    int fd = file_open(path, FILE_CREATE);
    assert_true(fd >= 0);
    assert_int_equal(file_write(fd, text, strlen(text), NULL), 0);
    assert_int_equal(file_close(fd), 0);
}

static void assert_contents(const char *path, const char *expected)
{
    struct buf contents = {0};
    assert_int_equal(file_read_all(path, 1000, &contents), 0);
    assert_string_equal(buf_c(&contents), expected);
    buf_deinit(&contents);
}

static void a_replaced_file_has_the_new_contents_and_leaves_nothing_behind(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "config");
    struct file_info info;
    struct file_names names;
    assert_int_equal(file_replace(path, STR("one")), 0);
    assert_contents(path, "one");
    assert_int_equal(file_info(path, &info), 0);
    assert_int_equal(info.mode, 0600);
    assert_int_equal(chmod(path, 0640), 0);
    int reader = file_open(path, FILE_READ);
    assert_int_equal(file_replace(path, STR("two and more")), 0);
    assert_contents(path, "two and more");
    assert_int_equal(file_info(path, &info), 0);
    assert_int_equal(info.mode, 0640);
    /* Who had it open still sees the old one whole: it was not written in place. */
    char old[16] = {0};
    assert_int_equal(file_read(reader, old, sizeof(old)), 3);
    assert_string_equal(old, "one");
    file_close(reader);
    assert_int_equal(file_list(fixture->directory, &names), 0);
    assert_int_equal(names.count, 1);
    file_names_deinit(&names);
}

static void a_replacement_that_fails_leaves_the_old_file_alone(void **state)
{
    struct io_fixture *fixture = *state;
    const char *directory = io_path(fixture, "full");
    struct file_names names;
    assert_int_equal(file_make_directory(directory, 0700), 0);
    /* A directory cannot be replaced by a file: the last step fails. */
    assert_int_equal(file_replace(directory, STR("text")), -EISDIR);
    assert_int_equal(file_list(fixture->directory, &names), 0);
    assert_int_equal(names.count, 1);
    file_names_deinit(&names);
    assert_int_equal(file_replace(io_path(fixture, "no/such/directory"), STR("text")), -ENOENT);
}

static void reading_a_whole_file_is_bounded(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "big");
    struct buf out = {0};
    put_file(path, "0123456789");
    buf_append_c(&out, "kept");
    assert_int_equal(file_read_all(path, 9, &out), -EFBIG);
    assert_string_equal(buf_c(&out), "kept");
    assert_int_equal(file_read_all(path, 10, &out), 0);
    assert_string_equal(buf_c(&out), "kept0123456789");
    assert_int_equal(file_read_all(io_path(fixture, "none"), 10, &out), -ENOENT);
    buf_deinit(&out);
}

static void access_decides_what_happens_to_an_existing_file(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "file");
    assert_int_equal(file_open(path, FILE_READ), -ENOENT);
    assert_int_equal(file_open(path, FILE_UPDATE), -ENOENT);
    put_file(path, "abc");
    assert_int_equal(file_open(path, FILE_CREATE_NEW), -EEXIST);
    int fd = file_open(path, FILE_APPEND);
    assert_int_equal(file_write(fd, "def", 3, NULL), 0);
    file_close(fd);
    fd = file_open(path, FILE_UPDATE);
    assert_int_equal(file_write_at(fd, "X", 1, 4), 0);
    char byte;
    assert_int_equal(file_read_at(fd, &byte, 1, 3), 1);
    assert_int_equal(byte, 'd');
    assert_int_equal(file_truncate(fd, 5), 0);
    assert_int_equal(file_sync(fd), 0);
    assert_int_equal(file_sync_data(fd), 0);
    file_close(fd);
    assert_contents(path, "abcdX");
    assert_int_equal(file_remove(path), 0);
    assert_int_equal(file_remove(path), 0);
    assert_false(file_exists(path));
}

static void a_write_to_a_full_disk_says_how_far_it_came(void **state)
{
    (void)state;
    size_t done = 1;
    int fd = open("/dev/full", O_WRONLY);
    assert_int_equal(file_write(fd, "abc", 3, &done), -ENOSPC);
    assert_int_equal(done, 0);
    struct file_writer writer;
    file_writer_init(&writer, fd, 0);
    file_writer_write(&writer, "abc", 3);
    assert_int_equal(file_writer_flush(&writer), -ENOSPC);
    file_writer_write(&writer, "def", 3);
    assert_int_equal(file_writer_sync(&writer), -ENOSPC);
    file_writer_deinit(&writer);
    close(fd);
}

static void patterns_expand_in_order_and_plain_names_stay(void **state)
{
    struct io_fixture *fixture = *state;
    struct file_names names;
    put_file(io_path(fixture, "b.conf"), "");
    put_file(io_path(fixture, "a.conf"), "");
    put_file(io_path(fixture, "c.other"), "");
    assert_int_equal(file_expand(io_path(fixture, "*.conf"), &names), 0);
    assert_int_equal(names.count, 2);
    assert_string_equal(names.names[0], io_path(fixture, "a.conf"));
    assert_string_equal(names.names[1], io_path(fixture, "b.conf"));
    file_names_deinit(&names);
    assert_int_equal(file_expand(io_path(fixture, "none*"), &names), 0);
    assert_int_equal(names.count, 0);
    assert_int_equal(file_expand(io_path(fixture, "missing"), &names), 0);
    assert_int_equal(names.count, 1);
    file_names_deinit(&names);
}

enum { STREAM_BYTES = 700 * 1000 };

static unsigned char stream_byte(size_t position)
{
    return (unsigned char)(position * 7 + position / 251);
}

static void what_a_writer_wrote_a_reader_reads(void **state)
{
    struct io_fixture *fixture = *state;
    static const size_t pieces[] = {1, 7, 4096, 100, 131072, 3, 200000};
    const char *path = io_path(fixture, "stream");
    unsigned char *bytes = mem_alloc(STREAM_BYTES);
    for (size_t i = 0; i < STREAM_BYTES; i++) bytes[i] = stream_byte(i);
    struct file_writer writer;
    int fd = file_open(path, FILE_CREATE);
    file_writer_init(&writer, fd, 64 * 1024);
    for (size_t at = 0, i = 0; at < STREAM_BYTES; i++) {
        size_t len = pieces[i % 7] < STREAM_BYTES - at ? pieces[i % 7] : STREAM_BYTES - at;
        file_writer_write(&writer, bytes + at, len);
        at += len;
    }
    assert_int_equal(writer.offset, STREAM_BYTES);
    assert_int_equal(file_writer_sync(&writer), 0);
    file_writer_deinit(&writer);
    file_close(fd);

    struct file_reader reader;
    unsigned char *back = mem_alloc(STREAM_BYTES);
    fd = file_open(path, FILE_READ);
    file_reader_init(&reader, fd);
    for (size_t at = 0, i = 3; at < STREAM_BYTES; i++) {
        size_t len = pieces[i % 7] < STREAM_BYTES - at ? pieces[i % 7] : STREAM_BYTES - at;
        assert_true(file_reader_read(&reader, back + at, len));
        at += len;
        assert_int_equal(reader.offset, at);
    }
    assert_memory_equal(bytes, back, STREAM_BYTES);
    assert_false(reader.at_end);
    assert_false(file_reader_read(&reader, back, 1));
    assert_true(reader.at_end);
    assert_int_equal(reader.error, 0);
    file_reader_deinit(&reader);
    file_close(fd);
    mem_free(bytes);
    mem_free(back);
}

static void lines_mix_with_counted_bytes(void **state)
{
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "aof");
    struct file_reader reader;
    struct str line;
    char bytes[16];
    put_file(path, "*1\r\n$5\r\nab\ncd\r\n\nlast");
    int fd = file_open(path, FILE_READ);
    file_reader_init(&reader, fd);
    assert_true(file_reader_line(&reader, 100, &line));
    assert_true(str_eq(line, STR("*1\r")));
    assert_true(file_reader_line(&reader, 100, &line));
    assert_true(str_eq(line, STR("$5\r")));
    assert_true(file_reader_read(&reader, bytes, 7));
    assert_memory_equal(bytes, "ab\ncd\r\n", 7);
    assert_true(file_reader_line(&reader, 100, &line));
    assert_int_equal(line.len, 0);
    assert_true(file_reader_line(&reader, 100, &line));
    assert_true(str_eq(line, STR("last")));
    assert_false(file_reader_line(&reader, 100, &line));
    assert_true(reader.at_end);
    file_reader_deinit(&reader);
    file_close(fd);
}

static void a_line_may_be_long_but_not_too_long(void **state)
{
    enum { LONG_LINE = 300 * 1000 };
    struct io_fixture *fixture = *state;
    const char *path = io_path(fixture, "long");
    struct file_reader reader;
    struct str line;
    char *text = mem_alloc(LONG_LINE + 2);
    memset(text, 'x', LONG_LINE);
    memcpy(text + LONG_LINE, "\n", 2);
    put_file(path, text);
    int fd = file_open(path, FILE_READ);
    file_reader_init(&reader, fd);
    assert_true(file_reader_line(&reader, LONG_LINE, &line));
    assert_int_equal(line.len, LONG_LINE);
    file_reader_deinit(&reader);
    lseek(fd, 0, SEEK_SET);
    file_reader_init(&reader, fd);
    assert_false(file_reader_line(&reader, LONG_LINE - 1, &line));
    assert_int_equal(reader.error, -EFBIG);
    file_reader_deinit(&reader);
    file_close(fd);
    mem_free(text);
}

#define IO_TEST(name) cmocka_unit_test_setup_teardown(name, io_setup, io_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IO_TEST(a_replaced_file_has_the_new_contents_and_leaves_nothing_behind),
        IO_TEST(a_replacement_that_fails_leaves_the_old_file_alone),
        IO_TEST(reading_a_whole_file_is_bounded),
        IO_TEST(access_decides_what_happens_to_an_existing_file),
        IO_TEST(a_write_to_a_full_disk_says_how_far_it_came),
        IO_TEST(patterns_expand_in_order_and_plain_names_stay),
        IO_TEST(what_a_writer_wrote_a_reader_reads),
        IO_TEST(lines_mix_with_counted_bytes),
        IO_TEST(a_line_may_be_long_but_not_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
