// The shipped sketch: every pin can be configured from the computer, at run time. It is also the file to copy from.
#include "src/ardugate/Ardugate.h"

void setup() {
  Ardugate.watchDigital();     // D2 to D13 start as inputs; each edge is sent with the board's time
  Ardugate.sampleAnalog(100);  // A0 to A5 start as analog inputs, sampled 100 times a second
  Ardugate.fast();             // they may be sampled up to 76,923 times a second
  Ardugate.allModes();         // pins may be servos, tones and counters, too
  // Ardugate.buses();         // commands i2c.scan, i2c.transfer and spi.transfer, for 5 KB of flash more
  Ardugate.begin();            // or begin("greenhouse"), the name under which the board appears
}

void loop() {
  Ardugate.run();
}
