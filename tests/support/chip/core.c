/* Registers and interrupt flags, where libsimavr's own differ from the datasheet:
 * a flag that rises while its interrupt is off must fire when it is switched on; writing a flag register clears the
 * bits written and no others; SBI on such a register (or on PINx) touches one bit; a level-triggered interrupt comes
 * again for as long as its cause lasts. */
#include "chip.h"

#include <simavr/avr_timer.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

avr_t *avr;

static avr_int_vector_t *vectors[V_COUNT];
static uint32_t levels; /* vectors whose flag is a level, and on */
static void (*reset_hooks[8])(void);
static int reset_hook_count;

void fatal(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("chip: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

void on_write(uint16_t address, avr_io_write_t handler, void *param)
{
    avr->io[AVR_DATA_TO_IO(address)].w.c = handler;
    avr->io[AVR_DATA_TO_IO(address)].w.param = param;
}

void on_read(uint16_t address, avr_io_read_t handler, void *param)
{
    avr->io[AVR_DATA_TO_IO(address)].r.c = handler;
    avr->io[AVR_DATA_TO_IO(address)].r.param = param;
}

uint8_t written_bits(uint8_t value)
{
    uint16_t opcode = (uint16_t)(avr->flash[avr->pc] | avr->flash[avr->pc + 1] << 8);
    return (opcode & 0xFF00) == 0x9A00 ? (uint8_t)(1u << (opcode & 7)) : value;
}

/* libsimavr leaves a cleared interrupt in its queue until it is next looked at; a second entry for the same one would,
 * with interrupts off for long, overflow that queue. */
static bool is_queued(const avr_int_vector_t *vector)
{
    const avr_int_pending_t *queue = &avr->interrupts.pending;
    for (uint16_t i = queue->read; i != queue->write; i = (uint16_t)((i + 1) % avr_int_pending_fifo_size))
        if (queue->buffer[i] == vector)
            return true;
    return false;
}

static void request(avr_int_vector_t *vector)
{
    if (vector->pending || !avr_regbit_get(avr, vector->enable))
        return;
    if (!is_queued(vector)) {
        avr_raise_interrupt(avr, vector);
        return;
    }
    vector->pending = 1;
    if (avr->sreg[S_I] && avr->interrupt_state == 0)
        avr->interrupt_state = 1;
    if (avr->state == cpu_Sleeping)
        avr->state = cpu_Running;
}

static void set_flag(int number, bool on)
{
    if (vectors[number]->raised.reg) /* the EEPROM's readiness has none */
        avr_regbit_setto(avr, vectors[number]->raised, on);
}

void flag_raise(int number)
{
    set_flag(number, true);
    request(vectors[number]);
}

void flag_clear(int number)
{
    levels &= ~(1u << number);
    set_flag(number, false);
    vectors[number]->pending = 0;
}

bool flag_is_set(int number)
{
    return avr_regbit_get(avr, vectors[number]->raised);
}

void flag_level(int number, bool on)
{
    if (!on) {
        flag_clear(number);
        return;
    }
    levels |= 1u << number;
    flag_raise(number);
}

/* The core has entered a level-triggered interrupt and taken it off its list: its cause has not gone. */
static void on_entered(struct avr_irq_t *irq, uint32_t value, void *param)
{
    (void)irq;
    int number = (int)(intptr_t)param;
    if (value == 0 && (levels & (1u << number)))
        request(vectors[number]);
}

void on_entry(int number, avr_irq_notify_t entered)
{
    avr_irq_t *pending = vectors[number]->irq + AVR_INT_IRQ_PENDING;
    pending->hook = NULL; /* what a replaced module of libsimavr's does there */
    avr_irq_register_notify(pending, entered, (void *)(intptr_t)number);
}

typedef struct {
    uint16_t flags, enables;
    int8_t vector[8]; /* by bit; 0: none */
} flag_register_t;

static flag_register_t flag_registers[] = {
    {TIFR0, TIMSK0, {V_T0_OVF, V_T0_COMPA, V_T0_COMPB}},
    {TIFR1, TIMSK1, {V_T1_OVF, V_T1_COMPA, V_T1_COMPB, 0, 0, V_T1_CAPT}},
    {TIFR2, TIMSK2, {V_T2_OVF, V_T2_COMPA, V_T2_COMPB}},
    {PCIFR, PCICR, {V_PCINT0, V_PCINT1, V_PCINT2}},
    {EIFR, EIMSK, {V_INT0, V_INT1}},
};

static void write_flags(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)core, (void)address;
    const flag_register_t *entry = param;
    uint8_t cleared = written_bits(value);
    for (int bit = 0; bit < 8; bit++)
        if ((cleared & (1 << bit)) && entry->vector[bit])
            flag_clear(entry->vector[bit]);
}

static void write_enables(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    const flag_register_t *entry = param;
    core->data[address] = value;
    for (int bit = 0; bit < 8; bit++)
        if ((value & (1 << bit)) && entry->vector[bit] && flag_is_set(entry->vector[bit]))
            request(vectors[entry->vector[bit]]);
}

static void reset_peripherals(struct avr_io_t *io)
{
    (void)io;
    levels = 0;
    trace(0, 'r', 0, 0);
    avr->run_cycle_limit = meter_runs ? 1 : 256; /* instructions in a row between two timer events: speed, without loss of exactness */
    for (int i = 0; i < reset_hook_count; i++)
        reset_hooks[i]();
    meter_reset();
}

void core_reset_hook(void (*reset)(void))
{
    reset_hooks[reset_hook_count++] = reset;
}

static void no_sleep(avr_t *core, avr_cycle_count_t cycles)
{
    (void)core, (void)cycles; /* main.c keeps the pace */
}

static void discard_log(avr_t *core, const int level, const char *format, va_list arguments)
{
    (void)core;
    if (level <= LOG_ERROR)
        vfprintf(stderr, format, arguments);
}

void core_start(void)
{
    avr_global_logger_set(discard_log);
    avr = avr_make_mcu_by_name("atmega328p");
    if (!avr)
        fatal("libsimavr does not know the ATmega328P");
    avr_init(avr);
    avr->frequency = CLOCK_HZ;
    avr->vcc = avr->avcc = avr->aref = 5000;
    avr->sleep = no_sleep;
    avr->codeend = avr->flashend;

    for (int i = 0; i < avr->interrupts.vector_count; i++)
        vectors[avr->interrupts.vector[i]->vector] = avr->interrupts.vector[i];
    static const int level_triggered[] = {V_RX, V_UDRE, V_EE_READY};
    for (size_t i = 0; i < sizeof level_triggered / sizeof *level_triggered; i++)
        on_entry(level_triggered[i], on_entered);
    for (size_t i = 0; i < sizeof flag_registers / sizeof *flag_registers; i++) {
        on_write(flag_registers[i].flags, write_flags, &flag_registers[i]);
        on_write(flag_registers[i].enables, write_enables, &flag_registers[i]);
    }

    /* libsimavr's modules that we replace must not act at a reset. */
    static const char *const replaced[] = {"uart", "adc", "acomp", "timer", "eeprom", "watchdog"};
    for (avr_io_t **link = &avr->io_port; *link;) {
        bool drop = false;
        for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++)
            drop = drop || strcmp((*link)->kind, replaced[i]) == 0;
        if (drop && strcmp((*link)->kind, "timer") == 0)
            ((avr_timer_t *)*link)->mode.top = avr_timer_wgm_reg_icr; /* an edge at D8 would still be captured into ICR1 */
        if (drop)
            *link = (*link)->next;
        else
            link = &(*link)->next;
    }
    static avr_io_t ours = {.kind = "ardugate", .reset = reset_peripherals};
    avr_register_io(avr, &ours);
}
