// The line of a processor with one UART, which belongs to the host: its interrupts are here, so the core's own are never
// linked (hal_avr_serial.cpp). Frames leave from where they stand. Section numbers are those of the ATmega328P's datasheet.
#include "hal_avr_uart.h"

#if defined(ARDUGATE_UART)

#include "flash.h"
#include "hal_avr.h"

namespace ardugate {

volatile Uart uart;
uint8_t uart_received[kReceiveBytes];

namespace {

// Bytes of a slow line that may be left of a frame when the next one is given: two and a half ticks' worth at 115,200 baud,
// so that the line never waits for the tick, and few enough that a reply is on the line within 3 ms. The long frames of fast
// streams need that at 115,200 baud alone, and at other rates a tick is too long for it.
const uint8_t kQueuedBytes = 32;

// UBRR with U2X: 115,200 (really 117,647; 20.11, table 20-6), 250,000, 500,000, 1,000,000 and 2,000,000 baud.
const uint8_t kDividers[hal::kLineRates] PROGMEM = {16, 7, 3, 1, 0};
const uint8_t kSlow = 3;       // and above
const uint8_t kSlowForFast = 16;

// For the times of frames that wait: where each ends, and how long it is. By the low bit of `given`.
uint8_t ends[2];
uint8_t sizes[2];

uint16_t byte_ticks(uint8_t divider) { return (divider + 1) * 80; }

}  // namespace

// About 55 cycles, of 80 that a byte takes at 2 Mbaud. The delimiter calls for who reads. While the converter runs at its own
// speed and its interrupt waits, this one, which comes before it, steps back: that one takes the byte along.
ISR(USART_RX_vect, ISR_NAKED) {
  __asm__ __volatile__(
      "push r24\n\t"
      "in r24, __SREG__\n\t"
      "push r24\n\t"
      "sbis %[gpior0], %[run]\n\t"
      "rjmp 2f\n\t"
      "lds r24, %[adcsra]\n\t"
      "sbrc r24, %[adif]\n\t"
      "rjmp 3f\n"
      "2:\tpush r30\n\t"
      "push r31\n\t"
      "lds r24, %[ucsra]\n\t"
      "sbrc r24, %[dor]\n\t"
      "sts %[lost], r24\n\t" ARDUGATE_TAKE
      "tst r24\n\t"
      "brne 1f\n\t" ARDUGATE_CALL
      "1:\tpop r31\n\t"
      "pop r30\n"
      "4:\tpop r24\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "reti\n"
      "3:\tlds r24, %[ucsrb]\n\t"
      "andi r24, %[deaf]\n\t"
      "sts %[ucsrb], r24\n\t"
      "rjmp 4b\n"
      :
      : ARDUGATE_UART_OPERANDS, [ucsra] "n"(_SFR_MEM_ADDR(UCSR0A)), [dor] "I"(DOR0), [lost] "i"(&uart.lost),
        [ucsrb] "n"(_SFR_MEM_ADDR(UCSR0B)), [deaf] "M"(0xFF & ~_BV(RXCIE0)), [adcsra] "n"(_SFR_MEM_ADDR(ADCSRA)),
        [adif] "I"(ADIF), [gpior0] "I"(_SFR_IO_ADDR(GPIOR0)), [run] "I"(kRun));
}

ISR(USART_UDRE_vect, ISR_NAKED) {
  __asm__ __volatile__(
      "push r24\n\t"
      "in r24, __SREG__\n\t"
      "push r24\n\t"
      "push r30\n\t"
      "push r31\n\t" ARDUGATE_GIVE
      "brne 2f\n\t"
      // That was its last one.
      "lds r24, %[sent]\n\t"
      "inc r24\n\t"
      "sts %[sent], r24\n\t" ARDUGATE_CALL
      "lds r30, %[next]\n\t"
      "lds r31, %[next]+1\n\t"
      "tst r31\n\t"
      "breq 1f\n\t"
      "sts %[out], r30\n\t"
      "sts %[out]+1, r31\n\t"
      "ldi r24, 0\n\t"
      "sts %[next]+1, r24\n\t"
      "rjmp 2f\n"
      "1:\tcbi %[gpior0], %[feed]\n\t"
      "lds r24, %[ucsrb]\n\t"
      "andi r24, %[silent]\n\t"
      "sts %[ucsrb], r24\n"
      "2:\tpop r31\n\t"
      "pop r30\n\t"
      "pop r24\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "reti\n"
      :
      : ARDUGATE_UART_OPERANDS, [sent] "i"(&uart.sent), [next] "i"(&uart.next), [gpior0] "I"(_SFR_IO_ADDR(GPIOR0)),
        [feed] "I"(kFeed), [ucsrb] "n"(_SFR_MEM_ADDR(UCSR0B)), [silent] "M"(0xFF & ~_BV(UDRIE0)));
}

namespace hal {

void line_begin() {
  line_rate(0);
  UBRR0H = 0;
  UCSR0A = _BV(U2X0);
  UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
  UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

uint16_t line_byte_ticks(uint8_t rate) { return byte_ticks(pgm_read_byte(kDividers + rate)); }

void line_rate(uint8_t rate) { UBRR0L = pgm_read_byte(kDividers + rate); }

bool line_read(uint8_t* byte) {
  const uint8_t tail = uart.tail;
  if (uart.head == tail) return false;
  *byte = uart_received[tail];
  uart.tail = (tail + 1) % kReceiveBytes;
  return true;
}

// What does not fit into the ring is dropped without a word, so a full one counts as an overrun.
bool line_overrun() {
  const bool lost = uart.lost != 0;
  uart.lost = 0;
  return lost || static_cast<uint8_t>(uart.head - uart.tail) % kReceiveBytes == kReceiveBytes - 1;
}

uint8_t line_unsent() { return uart.given - uart.sent; }

// Bytes that have not left of frames that were given.
static uint8_t waiting() {
  const Atomic atomic;
  const uint8_t unsent = line_unsent();
  if (unsent == 0) return 0;
  const uint8_t newest = (uart.given - 1) & 1;
  const uint8_t leaves = unsent == 1 ? newest : newest ^ 1;
  uint8_t bytes = ends[leaves] - static_cast<uint8_t>(reinterpret_cast<uintptr_t>(uart.out));
  if (unsent == 2) bytes += sizes[newest];
  return bytes;
}

bool line_free() {
  const uint8_t unsent = line_unsent();
  return unsent == 0 || (unsent == 1 && (UBRR0L < (GPIOR0 & _BV(kRun) ? kSlowForFast : kSlow) || waiting() <= kQueuedBytes));
}

void line_send(const uint8_t* frame, uint8_t size) {
  const uint8_t place = uart.given & 1;  // of one that has gone
  ends[place] = static_cast<uint8_t>(reinterpret_cast<uintptr_t>(frame)) + size;
  sizes[place] = size;
  const uint8_t keep = ~uart.clears;
  uart.clears = 0;
  const Atomic atomic;
  if (line_unsent() == 0) {
    uart.keep[0] = keep;
    uart.out = frame;
    GPIOR0 |= _BV(kFeed);
    if (!(GPIOR0 & _BV(kRun))) UCSR0B |= _BV(UDRIE0);
  } else {
    uart.keep[1] = keep;
    uart.next = frame;
  }
  uart.given = uart.given + 1;
}

bool line_idle() { return line_unsent() == 0 && (UCSR0A & _BV(UDRE0)); }

uint16_t line_delay_us() {
  const uint8_t bytes = waiting();
  if (bytes == 0 && (UCSR0A & _BV(UDRE0))) return 0;
  // The data register holds one more byte, and half of another is in the shift register on average.
  return (2 * bytes + 3) * static_cast<uint32_t>(byte_ticks(UBRR0L)) / (2 * kTicksPerUs);
}

}  // namespace hal
}  // namespace ardugate

#endif
