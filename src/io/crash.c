#include "io/crash.h"

#include "io/log.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include <unistd.h>

/* A signal handler gets no context, so this one struct is the process's. The options are written
 * before the handlers are set and only read afterwards. */
static struct {
    struct crash_options options;
    atomic_int reporting_thread; /* 0: none */
} installed;

enum { STACK_SIZE = 128 * 1024, FRAME_MAX = 100 };

static const struct crash_signal {
    int number;
    const char *name;
} signals[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
    {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"},
};
enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

static void put(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t taken = write(fd, bytes, len);
        if (taken < 0 && errno == EINTR) continue;
        if (taken <= 0) return;
        bytes += taken;
        len -= (size_t)taken;
    }
}

void crash_text(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

static void put_number(int fd, uint64_t number, unsigned base, size_t width)
{
    char digits[24];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    while (sizeof(digits) - at < width) digits[--at] = '0';
    put(fd, digits + at, sizeof(digits) - at);
}

static void put_address(int fd, uint64_t address)
{
    crash_text(fd, "0x");
    put_number(fd, address, 16, 16);
}

static const char *signal_name(int number)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i].number == number) return signals[i].name;
    return "?";
}

static void put_signal(int fd, const siginfo_t *info)
{
    char thread[17] = "";
    crash_text(fd, "crashed by signal: ");
    put_number(fd, (uint64_t)info->si_signo, 10, 0);
    crash_text(fd, " (");
    crash_text(fd, signal_name(info->si_signo));
    if (info->si_code > 0) {
        crash_text(fd, "), code ");
        put_number(fd, (uint64_t)info->si_code, 10, 0);
        crash_text(fd, ", address ");
        put_address(fd, (uintptr_t)info->si_addr);
    } else {
        crash_text(fd, "), sent by process ");
        put_number(fd, (uint64_t)info->si_pid, 10, 0);
    }
    prctl(PR_GET_NAME, thread, 0, 0, 0);
    crash_text(fd, "\nthread: ");
    crash_text(fd, thread);
    crash_text(fd, ", process ");
    put_number(fd, (uint64_t)getpid(), 10, 0);
    crash_text(fd, "\n");
}

#if defined(__x86_64__)
static const struct crash_register {
    int index;
    const char *name;
} registers[] = {
    {REG_RIP, "rip"}, {REG_RSP, "rsp"}, {REG_RBP, "rbp"}, {REG_RAX, "rax"}, {REG_RBX, "rbx"},
    {REG_RCX, "rcx"}, {REG_RDX, "rdx"}, {REG_RSI, "rsi"}, {REG_RDI, "rdi"}, {REG_R8, "r8"},
    {REG_R9, "r9"},   {REG_R10, "r10"}, {REG_R11, "r11"}, {REG_R12, "r12"}, {REG_R13, "r13"},
    {REG_R14, "r14"}, {REG_R15, "r15"}, {REG_EFL, "efl"},
};

static uint64_t program_counter(const ucontext_t *context)
{
    return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
}

static void put_registers(int fd, const ucontext_t *context)
{
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        crash_text(fd, i % 4 == 0 ? "\n  " : "  ");
        crash_text(fd, registers[i].name);
        crash_text(fd, registers[i].name[2] == 0 ? "  " : " ");
        put_address(fd, (uint64_t)context->uc_mcontext.gregs[registers[i].index]);
    }
}
#elif defined(__aarch64__)
static uint64_t program_counter(const ucontext_t *context)
{
    return context->uc_mcontext.pc;
}

static void put_registers(int fd, const ucontext_t *context)
{
    crash_text(fd, "\n  pc ");
    put_address(fd, context->uc_mcontext.pc);
    crash_text(fd, "  sp ");
    put_address(fd, context->uc_mcontext.sp);
    for (unsigned i = 0; i < 31; i++) {
        crash_text(fd, i % 4 == 0 ? "\n  x" : "  x");
        put_number(fd, i, 10, 2);
        crash_text(fd, " ");
        put_address(fd, context->uc_mcontext.regs[i]);
    }
}
#else
static uint64_t program_counter(const ucontext_t *context)
{
    (void)context;
    return 0;
}

static void put_registers(int fd, const ucontext_t *context)
{
    (void)context;
    crash_text(fd, "\n  unknown on this machine");
}
#endif

static void put_stack(int fd, const ucontext_t *context)
{
    void *frames[FRAME_MAX];
    crash_text(fd, "\n------ STACK TRACE ------\nstack, from ");
    put_address(fd, program_counter(context));
    crash_text(fd, ":\n");
    int count = backtrace(frames, FRAME_MAX);
    backtrace_symbols_fd(frames, count, fd);
}

/* A line "start-end r-xp offset device inode path" of the memory map, gathered piece by piece. */
struct map_line {
    char text[512];
    size_t len;
};

static void put_if_code(int fd, const struct map_line *line)
{
    const char *space = memchr(line->text, ' ', line->len);
    size_t left = space ? line->len - (size_t)(space - line->text) : 0;
    if (left > 3 && space[3] == 'x') put(fd, line->text, line->len);
}

/* With where the code lies the addresses above can be resolved on another machine. */
static void put_memory_map(int fd)
{
    char bytes[1024];
    struct map_line line = {.len = 0};
    ssize_t got;
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return;
    crash_text(fd, "memory map (code):\n");
    while ((got = read(maps, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (line.len < sizeof(line.text)) line.text[line.len++] = bytes[i];
            if (bytes[i] != '\n') continue;
            put_if_code(fd, &line);
            line.len = 0;
        }
    }
    close(maps);
}

static void report(int fd, const siginfo_t *info, const ucontext_t *context)
{
    crash_text(fd, "\n===== crash report of ");
    crash_text(fd, installed.options.program ? installed.options.program : "?");
    crash_text(fd, " =====\n");
    put_signal(fd, info);
    crash_text(fd, "registers:");
    put_registers(fd, context);
    put_stack(fd, context);
    put_memory_map(fd);
    if (installed.options.extra) installed.options.extra(installed.options.ctx, fd);
    crash_text(fd, "===== end of the crash report: please send it with what led to it =====\n");
}

static void on_crash(int number, siginfo_t *info, void *context)
{
    int nobody = 0, self = gettid();
    if (atomic_compare_exchange_strong(&installed.reporting_thread, &nobody, self)) {
        int fd = installed.options.log ? log_fd_of_crash(installed.options.log) : STDERR_FILENO;
        report(fd >= 0 ? fd : STDERR_FILENO, info, context);
    } else if (nobody != self) {
        /* Another thread reports already and will end us all. */
        for (;;) pause();
    }
    /* Also the way out when the report itself faults. */
    signal(number, SIG_DFL);
    raise(number);
}

static int prepare_stack(void)
{
    /* A crash by a full stack needs another one to be reported on. */
    void *memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return -errno;
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_SIZE};
    return sigaltstack(&stack, NULL) == 0 ? 0 : -errno;
}

int crash_install(const struct crash_options *options)
{
    void *frame[1];
    installed.options = *options;
    int error = prepare_stack();
    if (error != 0) return error;
    /* The first call loads a library, which a handler may not. */
    backtrace(frame, 1);
    struct sigaction action = {
        .sa_sigaction = on_crash,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
    };
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        if (sigaction(signals[i].number, &action, NULL) != 0) return -errno;
    return 0;
}

void crash_uninstall(void)
{
    for (size_t i = 0; i < SIGNAL_COUNT; i++) signal(signals[i].number, SIG_DFL);
}
