// The interrupts of hal_avr_fast.cpp, which alone includes this, within its names.
#pragma once

// After a frame's last byte a second look does the rest.
#define ARDUGATE_GIVE_ON       \
  ARDUGATE_GIVE                \
  "brne 8f\n\t"                \
  "cbi ag_gpior0, ag_feed\n\t" \
  "sbi ag_gpior0, ag_gone\n"   \
  "8:\t"

// A half is full; `own` was filled. The other one is free, or has gone, or enough of it that the line stays ahead; else these values are given up, and their place is filled again.
#define ARDUGATE_FULL(own, other, own_busy, other_busy, turn) \
  "sbis ag_gpior0, " other_busy "\n\t"                        \
  "rjmp 3f\n\t"                                               \
  "sbis ag_gpior0, ag_feed\n\t"                               \
  "rjmp 6f\n"                                                 \
  "5:\tlds r24, %[out]\n\t"                                   \
  "lds r25, %[out]+1\n\t"                                     \
  "subi r24, lo8(%[" other "]+%[ahead])\n\t"                  \
  "sbci r25, hi8(%[" other "]+%[ahead])\n\t"                  \
  "tst r25\n\t"                                               \
  "brne 4f\n\t"                                               \
  "cpi r24, %[half_bytes]+1-%[ahead]\n\t"                     \
  "brlo 3f\n"                                                 \
  "4:\tlds r24, %[drops]\n\t"                                 \
  "inc r24\n\t"                                               \
  "sbic ag_gpior0, ag_full\n\t"                               \
  "ori r24, 0x80\n\t"                                         \
  "sts %[drops], r24\n\t"                                     \
  "ldi r30, lo8(%[" own "]+%[header])\n\t"                    \
  "ldi r31, hi8(%[" own "]+%[header])\n\t"                    \
  "rjmp 25f\n"                                                \
  "6:\tsbic ag_gpior0, ag_gone\n\t"                           \
  "rjmp 5b\n\t"                                               \
  "rjmp 4b\n"                                                 \
  "3:\tldi r30, lo8(%[" other "]+%[header])\n\t"              \
  "ldi r31, hi8(%[" other "]+%[header])\n\t"                  \
  turn " ag_gpior0, ag_half\n\t"                              \
  "sbi ag_gpior0, " own_busy "\n\t"                           \
  "cbi ag_gpior0, " other_busy "\n\t"

// The interrupts, linked only with who calls this.
static __attribute__((noinline, noclone)) void fast_vectors() {
  // Names for registers and bits: one asm statement has 30 operands at most.
  __asm__ __volatile__(
      ".set ag_gpior0, %[gpior0]\n\t"
      ".set ag_gpior1, %[gpior1]\n\t"
      ".set ag_gpior2, %[gpior2]\n\t"
      ".set ag_feed, %[feed]\n\t"
      ".set ag_half, %[half]\n\t"
      ".set ag_busy0, %[busy0]\n\t"
      ".set ag_busy1, %[busy1]\n\t"
      ".set ag_full, %[full]\n\t"
      ".set ag_gone, %[gone]\n\t"
      ".set ag_ucsra, %[ucsra]\n\t"
      ".set ag_rxc, %[rxc]\n\t"
      ".set ag_ucsrb, %[ucsrb]\n\t"
      ".set ag_udre, %[udre]\n\t"
      ".set ag_adcl, %[adcl]\n\t"
      ".set ag_adch, %[adch]\n\t"
      ".set ag_tifr, %[tifr]\n\t"
      ".set ag_tov, %[tov]\n\t"
      : : [gpior0] "n"(_SFR_IO_ADDR(GPIOR0)),
        [gpior1] "n"(_SFR_IO_ADDR(GPIOR1)),
        [gpior2] "n"(_SFR_IO_ADDR(GPIOR2)),
        [feed] "n"(kFeed),
        [half] "n"(kHalf),
        [busy0] "n"(kBusy0),
        [busy1] "n"(kBusy1),
        [full] "n"(kFull),
        [gone] "n"(kGone),
        [ucsra] "n"(_SFR_MEM_ADDR(UCSR0A)),
        [rxc] "n"(RXC0),
        [ucsrb] "n"(_SFR_MEM_ADDR(UCSR0B)),
        [udre] "n"(UDRE0),
        [adcl] "n"(_SFR_MEM_ADDR(ADCL)),
        [adch] "n"(_SFR_MEM_ADDR(ADCH)),
        [tifr] "n"(_SFR_IO_ADDR(TIFR1)),
        [tov] "n"(_BV(TOV1)));
  __asm__ __volatile__(
      ".pushsection .text.ardugate_fast,\"ax\",@progbits\n\t"
      ".global ardugate_fast_converted\n"
      "ardugate_fast_converted:\n\t"
      // The value comes first of all: the next one may follow closely.
      "push r24\n\t"
      "lds r24, ag_adcl\n\t"
      "push r25\n\t"
      "lds r25, ag_adch\n\t"
      "push r30\n\t"
      "in r30, __SREG__\n\t"
      "push r30\n\t"
      "push r31\n\t"
      "push r24\n\t"
      "clt\n\t"
      // The next trigger may have come a few cycles after this value: that the one after it can, its flag is cleared.
      "ldi r24, ag_tov\n\t"
      "sbis ag_gpior0, %[many]\n\t"
      "out ag_tifr, r24\n\t"
      // First look at the line: one byte, either way. What is done between the two looks keeps the line busy: from the second one
      // to the next first one should pass little more than the 160 cycles of a byte at 1 Mbaud.
      "lds r24, ag_ucsra\n\t"
      "sbrc r24, ag_rxc\n\t"
      "rjmp 10f\n\t"
      "sbis ag_gpior0, ag_feed\n\t"
      "rjmp 11f\n\t"
      "sbrs r24, ag_udre\n\t"
      "rjmp 11f\n\t" ARDUGATE_GIVE
      "brne 11f\n\t"
      "cbi ag_gpior0, ag_feed\n\t"
      "sbi ag_gpior0, ag_gone\n\t"
      "set\n\t"
      "rjmp 11f\n"
      // The receive interrupt may have stepped back.
      "10:\tlds r24, %[hears]\n\t"
      "sts ag_ucsrb, r24\n\t" ARDUGATE_TAKE
      "set\n"
      // The value's low byte into the frame, its high bits kept for later.
      "11:\tlds r30, %[fill]\n\t"
      "lds r31, %[fill]+1\n\t"
      "pop r24\n\t"
      "st Z+, r24\n\t"
      "sts %[fill], r30\n\t"
      "sts %[fill]+1, r31\n\t"
      "sbic ag_gpior0, %[many]\n\t"
      "rjmp 27f\n"
      // The high bits on top of those before.
      "28:\tin r24, ag_gpior1\n\t"
      "lsr r25\n\t"
      "ror r24\n\t"
      "lsr r25\n\t"
      "ror r24\n\t"
      "brcc 13f\n\t"
      "rjmp 20f\n"
      "13:\tout ag_gpior1, r24\n"
      // Second look: two bytes received, or one and one sent.
      "12:\tsbic ag_gpior0, ag_gone\n\t"
      "rjmp 18f\n\t"
      "lds r24, ag_ucsra\n\t"
      "sbrs r24, ag_rxc\n\t"
      "rjmp 14f\n\t" ARDUGATE_TAKE
      "lds r24, ag_ucsra\n\t"
      "sbrs r24, ag_rxc\n\t"
      "rjmp 14f\n\t" ARDUGATE_TAKE
      "rjmp 15f\n"
      "14:\tsbis ag_gpior0, ag_feed\n\t"
      "rjmp 15f\n\t"
      "sbrs r24, ag_udre\n\t"
      "rjmp 15f\n\t" ARDUGATE_GIVE_ON
      "15:\tpop r31\n\t"
      "pop r30\n\t"
      "out __SREG__, r30\n\t"
      "pop r30\n\t"
      "pop r25\n\t"
      "pop r24\n\t"
      "reti\n"
      // A frame has gone: on with the next, if there is one, and let another be made.
      "18:\tcbi ag_gpior0, ag_gone\n\t"
      "lds r24, %[sent]\n\t"
      "inc r24\n\t"
      "sts %[sent], r24\n\t"
      // If it was a half, that may be filled again.
      "lds r24, %[keep]\n\t"
      "in r25, ag_gpior0\n\t"
      "and r25, r24\n\t"
      "out ag_gpior0, r25\n\t"
      "lds r30, %[next]\n\t"
      "lds r31, %[next]+1\n\t"
      "tst r31\n\t"
      "breq 17f\n\t"
      "sts %[out], r30\n\t"
      "sts %[out]+1, r31\n\t"
      "ldi r24, 0\n\t"
      "sts %[next]+1, r24\n\t"
      "lds r24, %[keep]+1\n\t"
      "sts %[keep], r24\n\t"
      "sbi ag_gpior0, ag_feed\n"
      "17:\t" ARDUGATE_CALL
      // And its first byte, unless the first look found something. What is received has to wait beside what took so long.
      "brts 15b\n\t"
      "sbis ag_gpior0, ag_feed\n\t"
      "rjmp 15b\n\t"
      "lds r24, ag_ucsra\n\t"
      "sbrs r24, ag_udre\n\t"
      "rjmp 15b\n\t" ARDUGATE_GIVE_ON
      "rjmp 15b\n"
      // With several inputs: was the next conversion complete before its predecessor's value was read? Then the frame is given up, so
      // that value's high bits go nowhere.
      "27:\tlds r24, %[adcsra]\n\t"
      "sbrs r24, %[adif]\n\t"
      "rjmp 28b\n\t"
      "lds r24, %[drops]\n\t"
      "ori r24, 0x80\n\t"
      "sts %[drops], r24\n\t"
      "rjmp 12b\n"
      // The fourth value: their high bits into the frame.
      "20:\tlds r30, %[fill]\n\t"
      "lds r31, %[fill]+1\n\t"
      "st Z+, r24\n\t"
      "ldi r24, 0x80\n\t"
      "out ag_gpior1, r24\n\t"
      "in r24, ag_gpior2\n\t"
      "dec r24\n\t"
      "breq 21f\n\t"
      "out ag_gpior2, r24\n\t"
      "sts %[fill], r30\n\t"
      "sts %[fill]+1, r31\n\t"
      // A shorter second look beside that: one byte, either way. A frame that has gone waits for the next interrupt.
      "lds r24, ag_ucsra\n\t"
      "sbrs r24, ag_rxc\n\t"
      "rjmp 14b\n\t" ARDUGATE_TAKE
      "rjmp 15b\n"
      // The half is full.
      "21:\t"
      "lds r24, %[groups]\n\t"
      "out ag_gpior2, r24\n\t"
      "sbic ag_gpior0, ag_half\n\t"
      "rjmp 23f\n\t" ARDUGATE_FULL("half0", "half1", "ag_busy0", "ag_busy1", "sbi")
      "rjmp 24f\n"
      "23:\t" ARDUGATE_FULL("half1", "half0", "ag_busy1", "ag_busy0", "cbi")
      "24:\tsbi ag_gpior0, ag_full\n\t" ARDUGATE_CALL
      "25:\tsts %[fill], r30\n\t"
      "sts %[fill]+1, r31\n\t"
      "rjmp 15b\n\t"
      ".popsection"
      :
      : ARDUGATE_UART_OPERANDS, [fill] "i"(&fast.fill), [next] "i"(&uart.next), [keep] "i"(&uart.keep[0]), [sent] "i"(&uart.sent),
        [groups] "i"(&fast.groups), [drops] "i"(&fast.drops), [hears] "i"(&fast.hears), [many] "I"(kMany), [adcsra] "n"(_SFR_MEM_ADDR(ADCSRA)),
        [adif] "I"(ADIF), [half0] "i"(&sampler.frames[0][0]), [half1] "i"(&second_half[0]),
        [half_bytes] "M"(static_cast<int>(kHalfBytes)), [ahead] "M"(16), [header] "M"(static_cast<int>(kHalfPackedAt)));
  // With several inputs. A trigger has come; its conversion has latched its input by now: the next one's may be chosen.
  __asm__ __volatile__(
      ".pushsection .text.ardugate_fast,\"ax\",@progbits\n\t"
      ".global ardugate_fast_triggered\n"
      "ardugate_fast_triggered:\n\t"
      "push r24\n\t"
      "in r24, __SREG__\n\t"
      "push r24\n\t"
      "push r30\n\t"
      "push r31\n\t"
      "lds r30, %[admux]\n\t"
      "andi r30, 7\n\t"
      "ldi r31, 0\n\t"
      "subi r30, lo8(-(%[muxes]))\n\t"
      "sbci r31, hi8(-(%[muxes]))\n\t"
      "ld r24, Z\n\t"
      "sts %[admux], r24\n\t"
      "pop r31\n\t"
      "pop r30\n\t"
      "pop r24\n\t"
      "out __SREG__, r24\n\t"
      "pop r24\n\t"
      "reti\n\t"
      ".popsection"
      :
      : [admux] "n"(_SFR_MEM_ADDR(ADMUX)),
        [muxes] "i"(&fast.next_mux[0]));
}
