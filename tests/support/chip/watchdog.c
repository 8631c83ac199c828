/* The watchdog as the datasheet has it (11.8, 11.9): an oscillator of its own (128 kHz, here exact), the four cycles of
 * WDCE, the interrupt mode, the reset mode, and both: then the first time-out asks for the interrupt, whose entry clears
 * WDIE, and the next one resets, whether that interrupt was served or not. A reset by it leaves it running at its
 * shortest time until WDRF is cleared. */
#include "chip.h"

#include <simavr/avr_watchdog.h>

enum { WDIF = 0x80, WDIE = 0x40, WDP3 = 0x20, WDCE = 0x10, WDE = 0x08, WDP = 0x07, WDRF = 0x08 };
#define SHORTEST (CLOCK_HZ / 1000 * 16)

bool watchdog_bites;

static uint64_t counts_from, change_until;

static uint64_t time_out(void)
{
    uint8_t control = avr->data[WDTCSR];
    return (uint64_t)SHORTEST << ((control & WDP) | (control & WDP3 ? 8 : 0));
}

static avr_cycle_count_t on_time_out(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)param;
    uint8_t control = core->data[WDTCSR];
    counts_from = when;
    if ((control & WDE) && (!(control & WDIE) || (control & WDIF))) {
        watchdog_bites = true; /* not from within the core's own loop */
        return 0;
    }
    flag_raise(V_WDT);
    return when + time_out();
}

static void arm(void)
{
    avr_cycle_timer_cancel(avr, on_time_out, NULL);
    if (!(avr->data[WDTCSR] & (WDIE | WDE)))
        return;
    uint64_t due = counts_from + time_out();
    avr_cycle_timer_register(avr, due > avr->cycle ? due - avr->cycle : 1, on_time_out, NULL);
}

static void write_control(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    uint8_t old = core->data[address];
    bool was_on = old & (WDIE | WDE);
    uint8_t control = (old & (WDIF | WDE | WDP3 | WDP)) | (value & WDIE);
    if (change_until > core->cycle && !(value & WDCE)) {
        control = (control & (uint8_t)~(WDE | WDP3 | WDP)) | (value & (WDE | WDP3 | WDP));
        change_until = 0;
    } else if ((value & WDCE) && (value & WDE)) {
        change_until = core->cycle + 5; /* this write's own and four more */
    }
    control |= value & WDE;
    if (core->data[MCUSR] & WDRF)
        control |= WDE;
    core->data[address] = control;
    if (value & WDIF)
        flag_clear(V_WDT);
    if (!was_on)
        counts_from = core->cycle;
    arm();
}

/* The core has entered the interrupt. */
static void on_entered(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq, (void)param;
    if (value == 0 && (avr->data[WDTCSR] & WDE))
        avr->data[WDTCSR] &= (uint8_t)~WDIE;
}

static int on_request(struct avr_io_t *io, uint32_t request, void *param)
{
    (void)io, (void)param;
    if (request != AVR_IOCTL_WATCHDOG_RESET) /* the instruction WDR */
        return -1;
    counts_from = avr->cycle;
    arm();
    return 0;
}

void watchdog_reset(void)
{
    watchdog_bites = false;
    change_until = 0;
    counts_from = avr->cycle;
    avr->data[WDTCSR] = avr->data[MCUSR] & WDRF ? WDE : 0;
    arm();
}

void watchdog_start(void)
{
    static avr_io_t io = {.kind = "ardugate's watchdog", .ioctl = on_request};
    avr_register_io(avr, &io);
    on_entry(V_WDT, on_entered);
    on_write(WDTCSR, write_control, NULL);
}
