// A greenhouse: how wet the soil is, how warm the air, and a pump that a page, a script or this sketch runs.
//
// Wiring: the soil probe's output to A0; an LM35 or TMP36 to A1; the pump's driver (a MOSFET or relay module) to D9,
// with a resistor of 10 kOhm from D9 to GND, because pins float from a reset until setup(). Never on D13, which
// bootloaders blink, and the pump on a supply of its own.
#include <Ardugate.h>

gate::Analog soil("soil", A0, "%", 0, 100);  // a pin: sampled for you, on the board's clock
gate::Value temp("temp", "°C");              // a variable: assign it, and it is sent
gate::Output pump("pump", 9);                // set by a browser, a script, or this sketch

void water(int seconds) {
  pump = 1;
  delay(seconds * 1000UL);
  pump = 0;
}

void setup() {
  pump.safe(0).hold(2000);                    // off at boot, and 2 s after its driver goes silent
  Ardugate.command("water(seconds)", water);  // a button on the page; `ardugate call water seconds=3`
  Ardugate.begin("greenhouse");               // no baud rate to match
  Serial.println("ready");                    // becomes log text
}

void loop() {
  temp = analogRead(A1) * 0.488 - 50;
  Ardugate.run();
}
