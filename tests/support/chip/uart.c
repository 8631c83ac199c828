/* USART0 as the datasheet has it: a frame is as long as its bits (10 at 8N1), the transmitter has a shift register and
 * one buffer, the receiver a buffer of two and its shift register, and a byte that finds all three taken sets DOR0. */
#include "chip.h"

enum { RXC0 = 0x80, TXC0 = 0x40, UDRE0 = 0x20, FE0 = 0x10, DOR0 = 0x08, UPE0 = 0x04, U2X0 = 0x02, MPCM0 = 0x01 };
enum { RXCIE0 = 0x80, TXCIE0 = 0x40, UDRIE0 = 0x20, RXEN0 = 0x10, TXEN0 = 0x08, UCSZ02 = 0x04 };

#define FROM_HOST 512   /* what a USB converter holds of its own */
#define FROM_CHIP 65536 /* more than the chip can say between two exchanges */

uart_counts_t uart_counts;

static uint8_t from_host[FROM_HOST], from_chip[FROM_CHIP];
static size_t host_first, host_count, chip_first, chip_count;

static uint32_t host_baud;

static struct {
    uint8_t shift, buffer, received[2], waiting;
    bool sending, buffered, receiving, is_waiting, overrun;
    uint8_t received_count;
} u;

uint32_t uart_byte_cycles(void)
{
    uint32_t divisor = 1u + avr->data[UBRR0L] + ((avr->data[UBRR0H] & 0x0Fu) << 8);
    uint32_t cycles_per_bit = divisor * (avr->data[UCSR0A] & U2X0 ? 8 : 16);
    uint32_t size = ((avr->data[UCSR0C] >> 1) & 3u) + (avr->data[UCSR0B] & UCSZ02 ? 6u : 5u);
    uint32_t parity = avr->data[UCSR0C] & 0x20 ? 1 : 0, stops = avr->data[UCSR0C] & 0x08 ? 2 : 1;
    return cycles_per_bit * (1 + size + parity + stops);
}

void uart_host_speed(uint32_t baud)
{
    host_baud = baud;
}

/* A bit is sampled in its middle, ten bits after the edge that both ends agree on: beyond 4 % what arrives is not what was
 * sent. Which bits come out depends on what follows on the line; here they are arbitrary, the same in each run. */
static uint8_t carried(uint8_t byte)
{
    static uint32_t noise = 2463534242u;
    uint32_t byte_cycles = uart_byte_cycles(), host_cycles = host_baud ? (uint32_t)(10 * 16000000ull / host_baud) : 0;
    uint32_t apart = byte_cycles > host_cycles ? byte_cycles - host_cycles : host_cycles - byte_cycles;
    if (!host_cycles || apart * 25 <= host_cycles)
        return byte;
    uart_counts.garbled++;
    noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
    return (uint8_t)noise;
}

static void show_status(void)
{
    uint8_t status = avr->data[UCSR0A] & (uint8_t)~DOR0;
    avr->data[UCSR0A] = status | (u.overrun ? DOR0 : 0);
    flag_level(V_RX, u.received_count > 0);
    flag_level(V_UDRE, !u.buffered);
}

static avr_cycle_count_t on_sent(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)core, (void)param;
    if (chip_count < FROM_CHIP) {
        from_chip[(chip_first + chip_count++) % FROM_CHIP] = carried(u.shift);
        uart_counts.from_chip++;
    }
    u.sending = u.buffered;
    if (!u.buffered) {
        flag_raise(V_TX);
        return 0;
    }
    u.shift = u.buffer;
    u.buffered = false;
    show_status();
    return when + uart_byte_cycles();
}

static void write_data(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)address, (void)param;
    if (!(core->data[UCSR0B] & TXEN0) || u.buffered)
        return;
    if (u.sending) {
        u.buffer = value;
        u.buffered = true;
    } else {
        u.shift = value;
        u.sending = true;
        avr_cycle_timer_register(core, uart_byte_cycles(), on_sent, NULL);
    }
    show_status();
}

/* A start bit: what still waits in the shift register is lost. */
static void begin_byte(void)
{
    u.receiving = host_count > 0;
    if (u.receiving && u.is_waiting) {
        u.is_waiting = false;
        u.overrun = true;
        uart_counts.overruns++;
        show_status();
    }
}

static avr_cycle_count_t on_received(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)param;
    uint8_t byte = carried(from_host[host_first]);
    host_first = (host_first + 1) % FROM_HOST;
    host_count--;
    uart_counts.to_chip++;
    if (!(core->data[UCSR0B] & RXEN0)) {
        uart_counts.ignored++;
    } else if (u.received_count < 2) {
        u.received[u.received_count++] = byte;
        show_status();
    } else {
        u.waiting = byte;
        u.is_waiting = true;
    }
    begin_byte();
    return u.receiving ? when + uart_byte_cycles() : 0;
}

static uint8_t read_data(avr_t *core, avr_io_addr_t address, void *param)
{
    (void)core, (void)address, (void)param;
    uint8_t byte = u.received[0];
    u.overrun = false;
    if (u.received_count > 0) {
        u.received[0] = u.received[1];
        u.received_count--;
    }
    if (u.is_waiting) {
        u.received[u.received_count++] = u.waiting;
        u.is_waiting = false;
    }
    show_status();
    return byte;
}

static void write_status(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    core->data[address] = (core->data[address] & (uint8_t)~(U2X0 | MPCM0)) | (value & (U2X0 | MPCM0));
    if (value & TXC0)
        flag_clear(V_TX);
}

static void write_control(avr_t *core, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    core->data[address] = value;
    if (!(value & RXEN0)) {
        u.received_count = 0;
        u.is_waiting = u.overrun = false;
    }
    if ((value & TXCIE0) && flag_is_set(V_TX))
        flag_raise(V_TX);
    show_status();
}

static void reset(void)
{
    bool receiving = u.receiving; /* the host does not stop in mid-byte because the chip was reset */
    u = (typeof(u)){0};
    avr->data[UCSR0C] = 0x06;
    show_status();
    u.receiving = receiving;
    if (receiving)
        avr_cycle_timer_register(avr, uart_byte_cycles(), on_received, NULL);
}

size_t uart_room(void)
{
    return FROM_HOST - host_count;
}

void uart_send(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count && host_count < FROM_HOST; i++)
        from_host[(host_first + host_count++) % FROM_HOST] = bytes[i];
    if (!u.receiving && host_count > 0) {
        begin_byte();
        avr_cycle_timer_register(avr, uart_byte_cycles(), on_received, NULL);
    }
}

size_t uart_take(uint8_t *into, size_t room)
{
    size_t count = 0;
    for (; count < room && chip_count > 0; count++, chip_count--) {
        into[count] = from_chip[chip_first];
        chip_first = (chip_first + 1) % FROM_CHIP;
    }
    return count;
}

void uart_start(void)
{
    on_write(UDR0, write_data, NULL);
    on_read(UDR0, read_data, NULL);
    on_write(UCSR0A, write_status, NULL);
    on_read(UCSR0A, NULL, NULL);
    on_write(UCSR0B, write_control, NULL);
    on_write(UCSR0C, NULL, NULL);
    on_write(UBRR0L, NULL, NULL);
    on_write(UBRR0H, NULL, NULL);
    core_reset_hook(reset);
}
