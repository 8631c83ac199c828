/* An ATmega2560 with the bootloader that Debian's core ships, its UART0 on a pseudo-terminal: what `ardugate flash` meets
   on a Mega. The core is libsimavr's; bytes go in when the UART has room, so nothing is lost, and nothing is timed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_hex.h>

#define CLOCK_HZ 16000000u
#define FLASH_BYTES (256u * 1024u)
#define LOOK_CYCLES 400u /* how often the pty is looked at; its UART is never full, so faster than any real line */

static int line;
static int room = 1;

static void on_output(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    (void)param;
    uint8_t byte = (uint8_t)value;
    while (write(line, &byte, 1) < 0 && errno == EAGAIN)
        poll(&(struct pollfd){.fd = line, .events = POLLOUT}, 1, 1000);
}

static void on_xon(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq, (void)value, (void)param;
    room = 1;
}

static void on_xoff(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq, (void)value, (void)param;
    room = 0;
}

int main(int count, char **words)
{
    if (count != 3)
        return fprintf(stderr, "usage: mega BOOTLOADER.hex LINK\n"), 2;
    avr_t *avr = avr_make_mcu_by_name("atmega2560");
    avr_init(avr);
    avr->frequency = CLOCK_HZ;
    memset(avr->flash, 0xFF, FLASH_BYTES);
    ihex_chunk_p chunks;
    int found = read_ihex_chunks(words[1], &chunks);
    if (found <= 0)
        return fprintf(stderr, "cannot read %s\n", words[1]), 1;
    for (int i = 0; i < found; i++)
        memcpy(avr->flash + chunks[i].baseaddr, chunks[i].data, chunks[i].size);
    avr->reset_pc = avr->pc = chunks[0].baseaddr;
    avr->codeend = avr->flashend;

    line = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    grantpt(line), unlockpt(line);
    struct termios raw;
    int computer = open(ptsname(line), O_RDWR | O_NOCTTY);
    tcgetattr(computer, &raw), cfmakeraw(&raw), tcsetattr(computer, TCSANOW, &raw);
    unlink(words[2]);
    if (symlink(ptsname(line), words[2]) != 0)
        return perror(words[2]), 1;

    uint32_t flags = 0; /* no printing of ours, no sleeping when it polls */
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), on_output, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), on_xon, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), on_xoff, NULL);
    avr_irq_t *input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    printf("ready\n"), fflush(stdout);
    for (avr_cycle_count_t next = 0;;) {
        int state = avr_run(avr);
        if (state == cpu_Done || state == cpu_Crashed)
            return fprintf(stderr, "the program ended at 0x%x\n", avr->pc), 1;
        if (avr->cycle < next)
            continue;
        next = avr->cycle + LOOK_CYCLES;
        uint8_t byte;
        if (room && read(line, &byte, 1) == 1)
            avr_raise_irq(input, byte);
    }
}
