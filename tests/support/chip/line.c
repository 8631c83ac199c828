/* The serial line's other end: a pty, raw, behind a symbolic link with a name of the test's choice. */
#include "chip.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int master = -1;
static char slave[64];
static const char *link_path;
static bool is_open;
static uint8_t unsent[4096]; /* bytes that the kernel would not take yet */
static size_t unsent_count;
static uint64_t dropped;

/* Nobody may have set the tty up when the chip speaks first: without this it would echo. */
static void make_raw(void)
{
    int fd = open(slave, O_RDWR | O_NOCTTY);
    struct termios settings;
    if (fd < 0 || tcgetattr(fd, &settings) != 0)
        fatal("cannot open %s", slave);
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    tcsetattr(fd, TCSANOW, &settings);
    tcflush(fd, TCIFLUSH);
    close(fd); /* from now on the master says whether somebody has it open */
}

void line_start(const char *link)
{
    master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, slave, sizeof slave) != 0)
        fatal("no pseudo terminal: %s", strerror(errno));
    make_raw();
    link_path = link;
    if (link) {
        unlink(link);
        if (symlink(slave, link) != 0)
            fatal("cannot make %s: %s", link, strerror(errno));
    }
}

int line_fd(void)
{
    return master;
}

const char *line_path(void)
{
    return link_path ? link_path : slave;
}

uint64_t line_dropped(void)
{
    return dropped;
}

bool line_waits(void)
{
    return unsent_count > 0;
}

line_change_t line_exchange(void)
{
    line_change_t change = LINE_SAME;
    struct pollfd watch = {.fd = master, .events = POLLIN};
    poll(&watch, 1, 0);
    bool open_now = !(watch.revents & POLLHUP);
    if (open_now != is_open) {
        is_open = open_now;
        change = open_now ? LINE_OPENED : LINE_CLOSED;
        unsent_count = 0;
    }
    uart_host_speed(open_now ? tty_speed(master) : 0);
    if (watch.revents & POLLIN) {
        uint8_t bytes[512];
        size_t room = uart_room();
        ssize_t count = room > 0 ? read(master, bytes, room < sizeof bytes ? room : sizeof bytes) : 0;
        if (count > 0)
            uart_send(bytes, (size_t)count);
    }
    for (;;) {
        unsent_count += uart_take(unsent + unsent_count, sizeof unsent - unsent_count);
        if (unsent_count == 0)
            return change;
        if (!is_open) {
            unsent_count = 0; /* a line that nobody listens to */
            continue;
        }
        ssize_t count = write(master, unsent, unsent_count);
        if (count <= 0)
            break;
        unsent_count -= (size_t)count;
        memmove(unsent, unsent + count, unsent_count);
    }
    if (unsent_count == sizeof unsent) { /* the host does not read: a UART waits for nobody */
        uint8_t lost[1024];
        dropped += uart_take(lost, sizeof lost);
    }
    return change;
}

void line_stop(void)
{
    if (link_path)
        unlink(link_path);
    close(master);
}
