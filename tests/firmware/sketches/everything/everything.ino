// Every object and every feature that a sketch can declare, once: what all of it takes.
#include <Ardugate.h>

gate::Analog light("light", A0, "lx", 0, 1000);
gate::Value temp("temp", "°C");
gate::Integer steps("steps");
gate::Enum state("state", "idle,busy");
gate::Text note("note");
gate::Input door("door", 7);
gate::Output lamp("lamp", 8);
gate::Output pump("pump", 4);
gate::Pwm fan("fan", 5);
gate::Servo arm("arm", 6);

bool open(bool really) {
  pump = really;
  return pump;
}

long count(uint8_t much) {
  steps = steps + much;
  return steps;
}

float mix(float one, int16_t other) {
  temp = one * other;
  return temp;
}

const char* say(const char* text) {
  note = text;
  return text;
}

void rest() {
  state = 0;
  note = F("it rests and it is as cool as 4°C");  // the degree's sign would be cut in half
}

void setup() {
  temp.rate(100);
  door.pullup().debounce(20);
  lamp.safe(1).activeLow().keep().momentary();
  pump.hold(2000).limit(60000).interval(5000);
  fan.safe(0.2).hold(5000).limits(0.1, 0.9).slew(0.5).activeLow();
  arm.safe(90).limits(10, 170).slew(90);
  Ardugate.command(F("open(really)"), open);
  Ardugate.command(F("count(much [l] 1..10) [l]"), count);
  Ardugate.command(F("mix(one [V] -0.5..2.75, other) [W]"), mix);
  Ardugate.command(F("say(text)"), say);
  Ardugate.command(F("rest()"), rest);
  Ardugate.begin(F("everything"));
  Serial.println(F("ready"));
}

void loop() {
  pump.block(door);
  fan = light / 1000;
  Ardugate.run();
}
