// The UART, and what its interrupts share with the converter's (hal_avr_fast.cpp). Pieces of assembler for both.
#pragma once

#include "hal.h"

#if defined(ARDUGATE_UART)

#include "hal_avr.h"

namespace ardugate {

const uint8_t kReceiveBytes = 64;  // a power of two; the gateway keeps at most 57 bytes on their way (wire.md 3.4)

struct Uart {
  // Received bytes: the interrupts move `head`, the tick moves `tail`.
  uint8_t head;
  uint8_t tail;
  uint8_t lost;  // not 0: the UART had to drop one
  // Frames on their way. A frame ends with its first 0.
  const uint8_t* out;   // the next byte to leave, while kFeed
  const uint8_t* next;  // the frame after that; 0: none
  uint8_t sent;         // frames that have gone
  uint8_t given;        // frames that were to go
  // Bits of GPIOR0 that stay when the one that leaves has gone, and the next; and what the one that is given next clears.
  uint8_t keep[2];
  uint8_t clears;
};
extern volatile Uart uart;
extern uint8_t uart_received[kReceiveBytes];

// Bits of GPIOR0, which nobody else uses: an interrupt tests one in a cycle or two and needs no register for it. The
// first ones are hal_avr_fast.cpp's. kFeed: there is more of a frame; kGone: its last byte has left, and nobody has seen to
// that yet.
enum : uint8_t { kRun, kMany, kFeed, kHalf, kBusy0, kBusy1, kFull, kGone };

// Calls attend() soon: timer 1 sets this interrupt's flag in each of its periods. Spoils r24.
#define ARDUGATE_CALL        \
  "lds r24, %[timsk]\n\t"    \
  "ori r24, %[icie]\n\t"     \
  "sts %[timsk], r24\n"

// One byte from the UART into the ring, if there is room: 16 cycles. Leaves the byte in r24, spoils Z. The place at `head` is
// never in use, so the byte may go there before it is known whether the next place is free.
#define ARDUGATE_TAKE               \
  "lds r24, %[udr]\n\t"             \
  "lds r30, %[head]\n\t"            \
  "ldi r31, 0\n\t"                  \
  "subi r30, lo8(-(%[ring]))\n\t"   \
  "sbci r31, hi8(-(%[ring]))\n\t"   \
  "st Z, r24\n\t"                   \
  "subi r30, lo8(%[ring]-1)\n\t"    \
  "andi r30, %[ring_mask]\n\t"      \
  "lds r31, %[tail]\n\t"            \
  "cpse r30, r31\n\t"               \
  "sts %[head], r30\n\t"

// The next byte of the frame that leaves: in r24, its place in Z.
#define ARDUGATE_GIVE        \
  "lds r30, %[out]\n\t"      \
  "lds r31, %[out]+1\n\t"    \
  "ld r24, Z+\n\t"           \
  "sts %[udr], r24\n\t"      \
  "sts %[out], r30\n\t"      \
  "sts %[out]+1, r31\n\t"    \
  "tst r24\n\t"

#define ARDUGATE_UART_OPERANDS                                                                       \
  [udr] "n"(_SFR_MEM_ADDR(UDR0)), [head] "i"(&uart.head), [tail] "i"(&uart.tail),                    \
      [ring] "i"(uart_received), [ring_mask] "M"(kReceiveBytes - 1), [timsk] "n"(_SFR_MEM_ADDR(TIMSK1)), \
      [icie] "M"(_BV(ICIE1)), [out] "i"(&uart.out)

}  // namespace ardugate

#endif
