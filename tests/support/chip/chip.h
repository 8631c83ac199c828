/* A simulated ATmega328P at 16 MHz: libsimavr's core with datasheet-true peripherals of our own around it.
 *
 * One process is one chip. libsimavr (GPL-3) runs the instructions, interrupts' entry and flash writes; UART, ADC, timers,
 * pins, EEPROM and watchdog are modelled here, because tests measure them to the cycle.
 */
#ifndef CHIP_H
#define CHIP_H

#define _GNU_SOURCE

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <simavr/sim_avr.h>

#define CLOCK_HZ 16000000u

/* Data addresses (not I/O addresses) of the ATmega328P's registers, by the datasheet's names. */
enum {
    PINB = 0x23, DDRB, PORTB, PINC, DDRC, PORTC, PIND, DDRD, PORTD,
    TIFR0 = 0x35, TIFR1, TIFR2, PCIFR = 0x3B, EIFR, EIMSK, EECR = 0x3F, EEDR, EEARL, EEARH, GTCCR,
    TCCR0A = 0x44, TCCR0B, TCNT0, OCR0A, OCR0B, MCUSR = 0x54, WDTCSR = 0x60, PCICR = 0x68, EICRA, PCMSK2 = 0x6D, TIMSK0 = 0x6E, TIMSK1, TIMSK2,
    ADCL = 0x78, ADCH, ADCSRA, ADCSRB, ADMUX,
    TCCR1A = 0x80, TCCR1B, TCCR1C, TCNT1L = 0x84, TCNT1H, ICR1L, ICR1H, OCR1AL, OCR1AH, OCR1BL, OCR1BH,
    TCCR2A = 0xB0, TCCR2B, TCNT2, OCR2A, OCR2B, TWCR = 0xBC, UCSR0A = 0xC0, UCSR0B, UCSR0C, UBRR0L = 0xC4, UBRR0H, UDR0
};

/* Interrupt vectors by number. */
enum {
    V_INT0 = 1, V_INT1, V_PCINT0, V_PCINT1, V_PCINT2, V_WDT, V_T2_COMPA, V_T2_COMPB, V_T2_OVF, V_T1_CAPT, V_T1_COMPA,
    V_T1_COMPB, V_T1_OVF, V_T0_COMPA, V_T0_COMPB, V_T0_OVF, V_SPI, V_RX, V_UDRE, V_TX, V_ADC, V_EE_READY, V_TWI = 24, V_COUNT = 26
};

#define PINS 20 /* Arduino's numbers: D0 to D13, then A0 to A5 as 14 to 19 */

extern avr_t *avr;

/* core.c: registers and interrupt flags */
void core_start(void);
void core_reset_hook(void (*reset)(void));
void on_write(uint16_t address, avr_io_write_t handler, void *param);
void on_read(uint16_t address, avr_io_read_t handler, void *param);
uint8_t written_bits(uint8_t value);  /* what SBI really touches: one bit, not the whole register read before */
void flag_raise(int vector);          /* an edge-triggered interrupt flag rises */
void flag_clear(int vector);
bool flag_is_set(int vector);
void on_entry(int vector, avr_irq_notify_t entered); /* `value` 0: the core has entered this interrupt */
void flag_level(int vector, bool on); /* a level-triggered flag: interrupts again for as long as it is on */
void fatal(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* image.c */
typedef struct {
    uint32_t entry;
    uint16_t ram_end;                 /* the end of .bss, where the stack's room begins */
} program_t;
program_t load_elf(const char *path); /* into flash */

/* uart.c */
typedef struct {
    uint64_t to_chip, from_chip;      /* bytes on the line */
    uint64_t overruns, ignored;       /* bytes lost by a late reader; bytes that came while the receiver was off */
    uint64_t garbled;                 /* bytes, either way, while the two ends were at different rates */
} uart_counts_t;
extern uart_counts_t uart_counts;
void uart_start(void);
size_t uart_room(void);               /* how many bytes from the host can be taken now */
void uart_send(const uint8_t *bytes, size_t count);
size_t uart_take(uint8_t *into, size_t room);
uint32_t uart_byte_cycles(void);
void uart_host_speed(uint32_t baud);  /* the rate at the line's other end; 0: whatever the chip's is */

/* speed.c */
uint32_t tty_speed(int fd);

/* adc.c */
void adc_start(void);
void adc_trigger(int source);         /* ADTS: the flag of this source has risen */
bool adc_signal(int channel, const char *words); /* "1250", "ramp LOW HIGH PERIOD_US", "sine MID AMPLITUDE PERIOD_US" */

/* pins.c */
void pins_start(void);
void pins_drive(int pin, int level);  /* 0, 1 or -1: nothing is connected */
void pins_pwm(int pin, bool on, uint32_t high, uint32_t period); /* a timer drives the pin: ticks high of a period */
void pins_toggle(int pin);            /* a timer in a toggle mode moves its pin */
int pins_number(const char *name);    /* "D13", "13" or "A0"; -1 when there is none such */

/* bus.c: partners on I2C and SPI */
void bus_start(void);
void bus_hold(bool hold);             /* the clock of I2C is kept low */

/* timers.c */
void timers_start(void);

/* eeprom.c */
#define EEPROM_BYTES 1024
extern uint8_t eeprom[EEPROM_BYTES];
void eeprom_start(const char *path);  /* path may be NULL: then it lives as long as the process */
void eeprom_save(void);

/* watchdog.c */
extern bool watchdog_bites;           /* it resets the chip: main.c carries that out */
void watchdog_start(void);
void watchdog_reset(void);            /* after a reset, when MCUSR holds its causes */

/* trace.c: what happened, with cycle stamps */
typedef struct {
    uint64_t cycle;
    uint32_t high, period;            /* of kind 'p' */
    uint8_t pin;
    char kind;                        /* '0' '1' driven level, 'z' input, 'p' PWM, 'r' reset */
} event_t;
void trace(uint8_t pin, char kind, uint32_t high, uint32_t period);
uint64_t trace_first(void);           /* the number of the oldest event still kept */
uint64_t trace_next(void);
const event_t *trace_at(uint64_t number);

/* meter.c: how long interrupts are off */
extern bool meter_runs;
void meter_start(void);
void meter_look(void);                /* after each instruction */
void meter_reset(void);
void meter_say(FILE *to);             /* " PC:CYCLES:ENDED" for each place where such a run began, the longest of it */

/* line.c: the pty */
typedef enum { LINE_SAME, LINE_OPENED, LINE_CLOSED } line_change_t;
void line_start(const char *link);
line_change_t line_exchange(void);    /* moves bytes both ways, never blocks */
int line_fd(void);
const char *line_path(void);
uint64_t line_dropped(void);          /* bytes from the chip that a host did not fetch in time */
bool line_waits(void);                /* the host has not fetched all that the chip has said */
void line_stop(void);

/* control.c: the socket; main.c carries these out */
typedef enum { PACE_REAL, PACE_FAST, PACE_STEPPED } pace_t;
typedef struct {
    pace_t pace;
    bool paused;
    bool quit;
    uint64_t run_until;               /* stepped: run to this cycle */
} order_t;
extern order_t order;
extern uint16_t stack_floor;
void control_start(const char *path);
void control_serve(int timeout_us);
void control_step_done(void);         /* answers who waits for a cycle that has come */
void control_stop(void);
void chip_reset(uint8_t cause, bool power); /* MCUSR's bit; power: SRAM is lost too */
bool chip_halted(void);
#endif
