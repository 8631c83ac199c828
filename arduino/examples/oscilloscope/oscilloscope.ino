// An oscilloscope: A0 as fast as the board can, and a signal to try it with. Ask for a rate on the page, or with
// `ardugate rate signal max`.
//
// Wiring: the signal to A0, between 0 and 5 V: the chip is damaged beyond that, so a resistor of 1 kOhm in the line is a
// good habit. Its ground to GND. The test signal is on D3 (490 Hz): a wire to A0 shows it, a resistor of 10 kOhm in the
// wire and a capacitor of 10 uF from A0 to GND show its mean. Nothing here moves, so nothing needs a pull-down resistor.
// Never on D13, which bootloaders blink.
#include <Ardugate.h>

gate::Analog signal("signal", A0, "V", 0, 5);
gate::Pwm test("test", 3);

void setup() {
  test.safe(0.5).keep();  // a square wave from the start
  Ardugate.begin(F("oscilloscope"));
}

void loop() {
  Ardugate.run();
}
