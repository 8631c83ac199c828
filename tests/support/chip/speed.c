/* The rate that a tty is set to, in baud. A file of its own: the kernel's termios2, which alone knows rates like 250,000,
 * cannot stand beside the C library's termios. */
#include <asm/termbits.h>
#include <stdint.h>
#include <sys/ioctl.h>

uint32_t tty_speed(int fd);

uint32_t tty_speed(int fd)
{
    struct termios2 settings;
    return ioctl(fd, TCGETS2, &settings) == 0 ? settings.c_ospeed : 0;
}
