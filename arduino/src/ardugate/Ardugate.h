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

  // Before begin(): what an output on this pin does when nobody drives it, LOW unless said otherwise.
  void safe(uint8_t pin, uint8_t level);

  // Before begin(): a function of the sketch that a page or a script may call, with the names of its arguments, as in
  // command("water(seconds)", water). Arguments: bool, whole numbers, float, const char*; 33 bytes of them, and eight
  // commands. It runs from run(), one at a time, and may take as long as it likes.
  template <typename... Args>
  void command(const char* signature, void (*function)(Args...)) {
    typedef Caller<Args...> Way;
    add_command(Command{signature, reinterpret_cast<void (*)()>(function), Way::call, Way::kTypes, sizeof...(Args)});
  }

  // Outputs first, then the link to the host. No baud rate to match. Without a name the board has that of its kind;
  // `name` must stay where it is (a literal does).
  void begin(const char* name = nullptr);

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
};

// The one Text there is; made when a sketch first prints, so that one that never does has nothing of it.
Text& text();

// A conversion between the sampler's own.
int analogReadShared(uint8_t pin);

}  // namespace ardugate

extern ardugate::Board Ardugate;

// The sketch's own file only: libraries are compiled by themselves and keep theirs.
#define Serial ::ardugate::text()
#define analogRead(pin) ::ardugate::analogReadShared(pin)
