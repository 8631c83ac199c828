// A motor in two directions between two limit switches: a hoist, a gate, a linear drive.
//
// Wiring: an H-bridge driver: its PWM input to D5, its direction input to D4, a resistor of 10 kOhm from D5 to GND,
// because pins float from a reset until setup(). The limit switches open when they are pressed: one contact to D7 (top)
// or D8 (bottom), the other to GND; so a broken wire stops the motor too. Never on D13, which bootloaders blink. The
// motor has a supply of its own, with the grounds joined. An emergency stop belongs into that supply, not into a sketch.
#include <Ardugate.h>

gate::Pwm speed("speed", 5);
gate::Output down("down", 4);
gate::Input top("top", 7);        // closed (true): not there yet
gate::Input bottom("bottom", 8);
gate::Enum state("state");

const uint16_t kTurnMs = 300;  // it stands still for so long before it turns round

// Whether it may move on.
bool guard() {
  static bool was_down;
  static uint32_t turned_ms = -kTurnMs;
  if (down != was_down) {
    was_down = down;
    turned_ms = millis();
  }
  if (millis() - turned_ms < kTurnMs) {
    state = 3;
  } else if (!down && !top) {
    state = 1;
  } else if (down && !bottom) {
    state = 2;
  } else {
    state = 0;
  }
  speed.block(state != 0);  // whoever drives it
  return state == 0 || state == 3;
}

// Drives for a while and tells how far it got, in s.
float run(uint8_t percent, bool downwards, uint8_t seconds) {
  const uint32_t began_ms = millis();
  down = downwards;
  while (millis() - began_ms < seconds * 1000UL && guard()) {
    speed = percent / 100.0f;
    delay(1);
  }
  speed = 0;
  return (millis() - began_ms) / 1000.0f;
}

void setup() {
  state.labels(F("free,at the top,at the bottom,turning"));  // F(): they stay in flash
  speed.limits(0, 0.8).slew(0.5).hold(1000);  // from 0 to 80 % in 1.6 s; off at once when its driver goes silent
  top.pullup().debounce(2);
  bottom.pullup().debounce(2);
  Ardugate.command(F("run(percent [%] 10..80, downwards, seconds [s] 1..20) [s]"), run);
  Ardugate.begin(F("motor"));
}

void loop() {
  guard();
  Ardugate.run();
}
