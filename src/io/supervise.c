#include "io/supervise.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool has_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != 0;
}

enum supervise_mode supervise_detect(enum supervise_mode asked)
{
    bool may_upstart = asked == SUPERVISE_AUTO || asked == SUPERVISE_UPSTART;
    bool may_systemd = asked == SUPERVISE_AUTO || asked == SUPERVISE_SYSTEMD;
    if (may_upstart && has_variable("UPSTART_JOB")) return SUPERVISE_UPSTART;
    if (may_systemd && has_variable("NOTIFY_SOCKET")) return SUPERVISE_SYSTEMD;
    return SUPERVISE_NO;
}

/* Returns the length of the address, or -errno. */
static int notify_address(const char *path, struct sockaddr_un *address)
{
    size_t len = strlen(path);
    if (path[0] != '/' && path[0] != '@') return -EAFNOSUPPORT;
    if (len >= sizeof(address->sun_path)) return -ENAMETOOLONG;
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, len);
    /* An abstract name begins with a zero byte and ends where the length says. */
    if (path[0] == '@') address->sun_path[0] = 0;
    return (int)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] == '/'));
}

int supervise_notify(const char *state)
{
    struct sockaddr_un address;
    const char *path = getenv("NOTIFY_SOCKET");
    if (path == NULL || path[0] == 0) return -ENOENT;
    int address_len = notify_address(path, &address);
    if (address_len < 0) return address_len;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address,
                          (socklen_t)address_len);
    int error = sent < 0 ? -errno : 0;
    close(fd);
    return error;
}

int supervise_stop_for_upstart(void)
{
    if (!has_variable("UPSTART_JOB")) return -ENOENT;
    unsetenv("UPSTART_JOB");
    return raise(SIGSTOP) == 0 ? 0 : -errno;
}
