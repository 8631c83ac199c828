// ardugate: what a sketch includes.
//
//     void setup() { Ardugate.begin("greenhouse"); }
//     void loop() { Ardugate.run(); }
#pragma once

#include <Arduino.h>

#include "calls.h"
#include "gate.h"

namespace ardugate {

class Board {
 public:
  // Before begin(): D2 to D13 (all pins that are no analog inputs) start as inputs whose edges are sent.
  void watchDigital();

  // Before begin(): all analog inputs start in one stream at this rate.
  void sampleAnalog(uint16_t hz);

  // Before begin(): analog inputs may be sampled as fast as the converter goes, 76,923 times a second, where the processor is
  // an ATmega328P. It takes 6 KB of flash and 220 bytes of RAM.
  void fast();

  // Before begin(): modes that a computer may give to plain pins beside the usual ones. What is not named takes no memory.
  void servoMode();
  void toneMode();
  void countModes();  // count, frequency and quadrature, on D2 and D3
  void allModes();
  // Before begin(): the commands i2c.scan, i2c.transfer and spi.transfer.
  void buses();

  // Before begin(): what an output on this pin does when nobody drives it, LOW unless said otherwise.
  void safe(uint8_t pin, uint8_t level);

  // Before begin(): a function of the sketch that a page or a script may call, with the names of its arguments and, if
  // you like, their units and limits and the result's unit, as in command("water(seconds [s] 1..60) [l]", water).
  // Arguments: bool, whole numbers, float, const char*; seven of them, 33 bytes together. The result: one of these, or
  // none. Eight commands. It runs from run(), one at a time, and may take as long as it likes.
  template <typename R, typename... Args>
  void command(Words signature, R (*function)(Args...)) {
    if (TypesOf<Args...>::kHasFloat) use_float_arguments();
    add_command(Command{signature, reinterpret_cast<void (*)()>(function), call<R, Args...>});
  }

  // Outputs first, then the link to the host. No baud rate to match. Without a name the board has that of its kind;
  // `name` must stay where it is: a literal does, and so does F("greenhouse"), which takes no RAM.
  void begin(Words name);
  void begin();

#if !defined(__AVR__)
  // Before begin(): talks to the host over this stream, which the sketch has begun, in place of Serial.
  void line(Stream& stream);
#endif

  // Call it in loop(), as often as you like. The link lives without it, so delay() is harmless.
  void run();
};

// Takes the place of Serial in the sketch: what it prints becomes log text.
class Text : public Print {
 public:
  void begin(unsigned long) {}
  void end() {}
  operator bool() const { return true; }
  size_t write(uint8_t byte) override;
  using Print::write;
  // Nothing is ever received: the line is the link's.
  int available() { return 0; }
  int read() { return -1; }
  int peek() { return -1; }

  static void* operator new(size_t, void* place) { return place; }
};

// The one Text there is; made when a sketch prints, so that one that never does has nothing of it.
Text& text();

}  // namespace ardugate

extern ardugate::Board Ardugate;

// The sketch's own file only: libraries are compiled by themselves and keep theirs.
#undef Serial
#define Serial ::ardugate::text()
