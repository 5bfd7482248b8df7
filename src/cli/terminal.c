#include "cli/terminal.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

static bool read_line(FILE *in, struct buf *answer)
{
    int c;
    while ((c = fgetc(in)) != EOF && c != '\n' && c != '\r') buf_append_char(answer, (char)c);
    return c != EOF || answer->len > 0;
}

bool terminal_read_secret(const char *question, struct buf *answer)
{
    FILE *terminal = fopen("/dev/tty", "r+");
    FILE *in = terminal ? terminal : stdin;
    struct termios before;
    bool is_terminal = tcgetattr(fileno(in), &before) == 0;
    if (is_terminal) {
        struct termios quiet = before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
        tcsetattr(fileno(in), TCSAFLUSH, &quiet);
    }
    fputs(question, stderr);
    bool ok = read_line(in, answer);
    if (is_terminal) tcsetattr(fileno(in), TCSAFLUSH, &before);
    fputc('\n', stderr);
    if (terminal) fclose(terminal);
    return ok;
}

size_t terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

void terminal_read_input(struct buf *out)
{
    for (;;) {
        char *room = buf_reserve(out, 64 * 1024);
        ssize_t got = read(STDIN_FILENO, room, 64 * 1024);
        if (got <= 0) return;
        out->len += (size_t)got;
    }
}

int interrupt_watch(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool interrupt_arrived(int watch)
{
    struct pollfd pollfd = {.fd = watch, .events = POLLIN};
    return watch >= 0 && poll(&pollfd, 1, 0) == 1;
}

/* A Ctrl-C that was answered must not end the program once signals are let through again. */
void interrupt_unwatch(int watch)
{
    sigset_t signals;
    struct signalfd_siginfo taken;
    while (watch >= 0 && read(watch, &taken, sizeof(taken)) > 0) continue;
    if (watch >= 0) close(watch);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
}
