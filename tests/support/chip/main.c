/* chip ELF --control SOCKET [--pty LINK] [--bootloader ELF] [--eeprom FILE] [--reset-on-open] [--pace real|fast|stepped]
 *      [--patient]
 *
 * Runs until told to quit, until SIGTERM, or until whoever started it is gone. Prints one line, the pty's path, when the
 * pty and the socket are there. */
#include "chip.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#define SLICE (CLOCK_HZ / 4000)         /* cycles between two looks at pty and socket: 250 us */
#define CATCH_UP_NS 200000000           /* a host that was late by more than this has lost that time for good */

static volatile sig_atomic_t stopped_by_signal;

static void on_signal(int number)
{
    (void)number;
    stopped_by_signal = 1;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool chip_halted(void)
{
    return avr->state == cpu_Crashed || avr->state == cpu_Done || avr->state == cpu_Stopped;
}

void chip_reset(uint8_t cause, bool power)
{
    uint8_t causes = power ? 0 : avr->data[MCUSR];
    if (power)
        memset(avr->data + 0x100, 0xC5, avr->ramend + 1u - 0x100);
    avr_reset(avr);
    avr->data[MCUSR] = causes | cause;
    watchdog_reset();
}

static void run_to(uint64_t cycle)
{
    while (avr->cycle < cycle && !chip_halted()) {
        avr->run(avr);
        if (meter_runs)
            meter_look();
        if (watchdog_bites)
            chip_reset(8, false);
    }
}

/* Lets the wall clock come to where the chip's clock is, serving the socket meanwhile. */
static void keep_pace(void)
{
    static uint64_t base_ns, base_cycle;
    static bool is_paced;
    if (order.pace != PACE_REAL || order.paused) {
        is_paced = false;
        control_serve(0);
        return;
    }
    uint64_t now = now_ns(), due = base_ns + (avr->cycle - base_cycle) * 1000 / (CLOCK_HZ / 1000000);
    if (!is_paced || now > due + CATCH_UP_NS) {
        is_paced = true;
        base_ns = due = now;
        base_cycle = avr->cycle;
    }
    control_serve(due > now ? (int)((due - now) / 1000) : 0);
}

static void live(bool reset_on_open, bool patient)
{
    while (!order.quit && !stopped_by_signal) {
        if (order.pace == PACE_STEPPED) {
            uint64_t slice = avr->cycle + SLICE * 16;
            run_to(order.run_until < slice ? order.run_until : slice);
            control_step_done();
            control_serve(avr->cycle < order.run_until && !chip_halted() ? 0 : 1000000);
            continue;
        }
        bool running = !order.paused && !chip_halted() && !(patient && line_waits());
        if (running)
            run_to(avr->cycle + SLICE);
        if (line_exchange() == LINE_OPENED && reset_on_open)
            chip_reset(2, false); /* DTR falls, and a capacitor pulls the reset line */
        control_step_done();
        if (running)
            keep_pace();
        else
            control_serve(1000);
    }
}

int main(int count, char **words)
{
    static const struct option options[] = {
        {"control", required_argument, NULL, 'c'}, {"pty", required_argument, NULL, 'p'},
        {"bootloader", required_argument, NULL, 'b'}, {"eeprom", required_argument, NULL, 'e'},
        {"reset-on-open", no_argument, NULL, 'r'}, {"patient", no_argument, NULL, 'w'},
        {"pace", required_argument, NULL, 's'}, {0}};
    const char *control = NULL, *pty = NULL, *bootloader = NULL, *eeprom_file = NULL;
    bool reset_on_open = false, patient = false;
    for (int option; (option = getopt_long(count, words, "", options, NULL)) != -1;) {
        switch (option) {
        case 'c': control = optarg; break;
        case 'p': pty = optarg; break;
        case 'b': bootloader = optarg; break;
        case 'e': eeprom_file = optarg; break;
        case 'r': reset_on_open = true; break;
        case 'w': patient = true; break;
        case 's': order.pace = optarg[0] == 'r' ? PACE_REAL : optarg[0] == 'f' ? PACE_FAST : PACE_STEPPED; break;
        default: fatal("see main.c for the options");
        }
    }
    if (optind != count - 1 || !control)
        fatal("one ELF and --control, please");

    prctl(PR_SET_PDEATHSIG, SIGTERM); /* no chip outlives its test */
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    signal(SIGPIPE, SIG_IGN);
    core_start();
    pins_start();
    timers_start();
    uart_start();
    adc_start();
    bus_start();
    eeprom_start(eeprom_file);
    watchdog_start();
    stack_floor = load_elf(words[optind]).ram_end;
    if (bootloader)
        avr->reset_pc = load_elf(bootloader).entry; /* what the fuse BOOTRST does */
    control_start(control);
    line_start(pty);
    chip_reset(1, true);
    printf("%s\n", line_path());
    fflush(stdout);
    live(reset_on_open, patient);
    eeprom_save();
    line_stop();
    control_stop();
    return 0;
}
