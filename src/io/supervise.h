/* The service manager that started us: systemd is told through datagrams, upstart by stopping
 * ourselves once.
 *
 * Nothing is linked: the protocol is a line per fact to the socket named in $NOTIFY_SOCKET
 * (abstract ones begin with '@'). */
#ifndef SKEIN_IO_SUPERVISE_H
#define SKEIN_IO_SUPERVISE_H

#include <stdbool.h>

enum supervise_mode { SUPERVISE_NO, SUPERVISE_AUTO, SUPERVISE_SYSTEMD, SUPERVISE_UPSTART };

/* What really supervises us: for AUTO by the environment, else what was asked if its variables are
 * there, else NO. */
enum supervise_mode supervise_detect(enum supervise_mode asked);
/* "READY=1\n", "STATUS=Loading...\n", "STOPPING=1\n"; 0, -ENOENT without a socket, or -errno. */
int supervise_notify(const char *state);
/* upstart's `expect stop`: raises SIGSTOP and forgets the variable. */
int supervise_stop_for_upstart(void);

#endif
