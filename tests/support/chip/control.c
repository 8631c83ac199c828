/* The control socket: one command a line, one answer a line ("ok …" or "error …"), from any number of clients in turn.
 *
 *   adc A0 1250 | adc A0 ramp LOW HIGH PERIOD_US | adc A0 sine MID AMPLITUDE PERIOD_US     millivolts
 *   pin D2 0|1|z          at CYCLE pin D2 0|1|z (to the cycle)
 *   trace FROM            -> ok NEXT FIRST COUNT, then COUNT lines: cycle pin kind high period
 *   bus hold|free         I2C's clock
 *   cycles                -> ok CYCLE
 *   wait CYCLE            -> ok CYCLE, when it has come
 *   pace real|fast|stepped      pause      resume
 *   send HEX              bytes from the host, at the line's rate
 *   run CYCLES            (stepped) -> ok CYCLE HEX: what the chip has said meanwhile
 *   reset [external|power]      data ADDRESS COUNT -> ok HEX      eeprom ADDRESS COUNT -> ok HEX
 *   poke eeprom ADDRESS HEX     stack -> ok UNTOUCHED ROOM
 *   meter start           meter -> ok, then PC:CYCLES:ENDED for each place where interrupts went off
 *   line -> ok TO_CHIP FROM_CHIP OVERRUNS IGNORED DROPPED BYTE_CYCLES      quit
 */
#include "chip.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 8
#define LINE_BYTES 65536
#define PLANNED 4096

typedef struct {
    FILE *stream;
    int fd;
    char *text;
    size_t length;
    uint64_t waits_for; /* 0: nothing */
    bool runs;          /* it waits in stepped mode and gets the chip's bytes */
} client_t;

typedef struct {
    uint64_t cycle;
    int8_t pin, level;
} plan_t;

order_t order = {.pace = PACE_REAL};
uint16_t stack_floor;

static client_t clients[CLIENTS];
static int listener = -1;
static const char *socket_path;
static plan_t plans[PLANNED];
static size_t plan_first, plan_count;

static avr_cycle_count_t on_plan(avr_t *core, avr_cycle_count_t when, void *param)
{
    (void)when, (void)param;
    while (plan_count > 0 && plans[plan_first].cycle <= core->cycle) {
        pins_drive(plans[plan_first].pin, plans[plan_first].level);
        plan_first = (plan_first + 1) % PLANNED;
        plan_count--;
    }
    return plan_count > 0 ? plans[plan_first].cycle : 0;
}

static void arm_plan(void)
{
    if (plan_count > 0) {
        uint64_t cycle = plans[plan_first].cycle;
        avr_cycle_timer_register(avr, cycle > avr->cycle ? cycle - avr->cycle : 1, on_plan, NULL);
    }
}

static bool parse_level(const char *word, int *level)
{
    *level = word[0] == 'z' ? -1 : word[0] - '0';
    return word[1] == 0 && *level >= -1 && *level <= 1;
}

static void put_hex(FILE *to, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(to, "%02x", bytes[i]);
}

static size_t get_hex(const char *text, uint8_t *into, size_t room)
{
    size_t count = 0;
    unsigned byte;
    while (count < room && sscanf(text + 2 * count, "%2x", &byte) == 1)
        into[count++] = (uint8_t)byte;
    return count;
}

static void say(client_t *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(client_t *c, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(c->stream, format, arguments);
    va_end(arguments);
    fputc('\n', c->stream);
    fflush(c->stream);
}

static void say_trace(client_t *c, uint64_t from)
{
    uint64_t first = trace_first(), next = trace_next();
    if (from < first)
        from = first;
    fprintf(c->stream, "ok %lu %lu %lu\n", next, first, next > from ? next - from : 0);
    for (; from < next; from++) {
        const event_t *e = trace_at(from);
        fprintf(c->stream, "%lu %u %c %u %u\n", e->cycle, e->pin, e->kind, e->high, e->period);
    }
    fflush(c->stream);
}

static uint16_t untouched_stack(void)
{
    uint16_t count = 0;
    while (stack_floor + count < avr->ramend && avr->data[stack_floor + count] == 0xC5)
        count++;
    return count;
}

static void say_bytes(client_t *c, const uint8_t *memory, size_t size, const char *line, const char *format)
{
    unsigned address, count;
    if (sscanf(line, format, &address, &count) != 2 || address + count > size) {
        say(c, "error no such memory");
        return;
    }
    fputs("ok ", c->stream);
    put_hex(c->stream, memory + address, count);
    say(c, "%s", "");
}

static void carry_out(client_t *c, const char *line)
{
    char name[16], word[16];
    unsigned address;
    unsigned long cycle;
    int level, used = 0;
    if (sscanf(line, "adc %15s %n", name, &used) == 1 && used > 0) {
        int pin = pins_number(name);
        say(c, pin >= 14 && adc_signal(pin - 14, line + used) ? "ok" : "error no such signal");
    } else if (sscanf(line, "pin %15s %15s", name, word) == 2) {
        int pin = pins_number(name);
        bool good = pin >= 0 && parse_level(word, &level);
        if (good)
            pins_drive(pin, level);
        say(c, good ? "ok" : "error no such pin or level");
    } else if (sscanf(line, "at %lu pin %15s %15s", &cycle, name, word) == 3) {
        int pin = pins_number(name);
        bool good = pin >= 0 && parse_level(word, &level) && plan_count < PLANNED;
        if (good) {
            plans[(plan_first + plan_count++) % PLANNED] = (plan_t){cycle, (int8_t)pin, (int8_t)level};
            arm_plan();
        }
        say(c, good ? "ok" : "error no such pin or level, or too much planned");
    } else if (sscanf(line, "trace %lu", &cycle) == 1) {
        say_trace(c, cycle);
    } else if (strncmp(line, "bus ", 4) == 0) {
        bus_hold(line[4] == 'h');
        say(c, "ok");
    } else if (strcmp(line, "cycles") == 0) {
        say(c, "ok %lu", avr->cycle);
    } else if (sscanf(line, "wait %lu", &cycle) == 1) {
        c->waits_for = cycle;
        c->runs = false;
    } else if (sscanf(line, "run %lu", &cycle) == 1) {
        c->waits_for = order.run_until = avr->cycle + cycle;
        c->runs = true;
    } else if (sscanf(line, "pace %15s", word) == 1) {
        order.pace = word[0] == 'r' ? PACE_REAL : word[0] == 'f' ? PACE_FAST : PACE_STEPPED;
        order.run_until = avr->cycle;
        say(c, "ok");
    } else if (strcmp(line, "pause") == 0 || strcmp(line, "resume") == 0) {
        order.paused = line[0] == 'p';
        say(c, "ok %lu", avr->cycle);
    } else if (sscanf(line, "send %n", &used) == 0 && used > 0) {
        uint8_t bytes[4096];
        size_t count = get_hex(line + used, bytes, sizeof bytes);
        bool fits = count <= uart_room();
        if (fits)
            uart_send(bytes, count);
        say(c, fits ? "ok" : "error the line is full");
    } else if (strncmp(line, "reset", 5) == 0) {
        bool power = strstr(line, "power");
        chip_reset(power ? 1 : 2, power);
        say(c, "ok %lu", avr->cycle);
    } else if (strncmp(line, "data", 4) == 0) {
        say_bytes(c, avr->data, avr->ramend + 1u, line, "data %u %u");
    } else if (strncmp(line, "eeprom", 6) == 0) {
        say_bytes(c, eeprom, EEPROM_BYTES, line, "eeprom %u %u");
    } else if (sscanf(line, "poke eeprom %u %n", &address, &used) == 1 && used > 0 && address < EEPROM_BYTES) {
        get_hex(line + used, eeprom + address, EEPROM_BYTES - address);
        say(c, "ok");
    } else if (strcmp(line, "stack") == 0) {
        say(c, "ok %u %u", untouched_stack(), avr->ramend + 1u - stack_floor);
    } else if (strcmp(line, "meter start") == 0) {
        meter_start();
        say(c, "ok");
    } else if (strcmp(line, "meter") == 0) {
        fputs("ok", c->stream);
        meter_say(c->stream);
        say(c, "%s", "");
    } else if (strcmp(line, "line") == 0) {
        say(c, "ok %lu %lu %lu %lu %lu %u %lu", uart_counts.to_chip, uart_counts.from_chip, uart_counts.overruns,
            uart_counts.ignored, line_dropped(), uart_byte_cycles(), uart_counts.garbled);
    } else if (sscanf(line, "baud %u", &address) == 1) {
        uart_host_speed(address);
        say(c, "ok");
    } else if (strcmp(line, "quit") == 0) {
        order.quit = true;
        say(c, "ok");
    } else {
        say(c, "error what is '%.60s'?", line);
    }
}

static void forget(client_t *c)
{
    fclose(c->stream);
    free(c->text);
    *c = (client_t){0};
}

static void receive(client_t *c)
{
    ssize_t count = recv(c->fd, c->text + c->length, LINE_BYTES - 1 - c->length, MSG_DONTWAIT);
    if (count <= 0) {
        if (count == 0 || (errno != EAGAIN && errno != EINTR))
            forget(c);
        return;
    }
    c->length += (size_t)count;
    char *end;
    while (c->stream && (end = memchr(c->text, '\n', c->length))) {
        *end = 0;
        carry_out(c, c->text);
        size_t used = (size_t)(end - c->text) + 1;
        c->length -= used;
        memmove(c->text, end + 1, c->length);
    }
}

static void admit(void)
{
    int fd = accept(listener, NULL, NULL);
    for (int i = 0; i < CLIENTS && fd >= 0; i++) {
        if (clients[i].stream)
            continue;
        clients[i] = (client_t){.stream = fdopen(fd, "w"), .fd = fd, .text = malloc(LINE_BYTES)};
        return;
    }
    if (fd >= 0)
        close(fd);
}

void control_serve(int timeout_us)
{
    struct pollfd watched[CLIENTS + 1] = {{.fd = listener, .events = POLLIN}};
    for (int i = 0; i < CLIENTS; i++)
        watched[i + 1] = (struct pollfd){.fd = clients[i].stream ? clients[i].fd : -1, .events = POLLIN};
    struct timespec wait = {timeout_us / 1000000, timeout_us % 1000000 * 1000L};
    if (ppoll(watched, CLIENTS + 1, timeout_us < 0 ? NULL : &wait, NULL) <= 0)
        return;
    for (int i = 0; i < CLIENTS; i++)
        if (watched[i + 1].revents && clients[i].stream)
            receive(&clients[i]);
    if (watched[0].revents)
        admit();
}

void control_step_done(void)
{
    for (int i = 0; i < CLIENTS; i++) {
        client_t *c = &clients[i];
        if (!c->stream || !c->waits_for || (avr->cycle < c->waits_for && !chip_halted()))
            continue;
        c->waits_for = 0;
        if (chip_halted()) {
            say(c, "error the program has crashed at 0x%x", avr->pc);
            continue;
        }
        fprintf(c->stream, "ok %lu ", avr->cycle);
        if (c->runs) {
            static uint8_t said[65536];
            put_hex(c->stream, said, uart_take(said, sizeof said));
        }
        say(c, "%s", "");
    }
}

void control_start(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        fatal("%s is too long for a socket", path);
    strcpy(address.sun_path, path);
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, CLIENTS) != 0)
        fatal("cannot listen at %s: %s", path, strerror(errno));
    socket_path = path;
    core_reset_hook(arm_plan);
}

void control_stop(void)
{
    for (int i = 0; i < CLIENTS; i++)
        if (clients[i].stream)
            forget(&clients[i]);
    unlink(socket_path);
}
