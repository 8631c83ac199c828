// Channels and commands of each type, for the conformance suite: what `sim://?sketch=declaring` is as a simulated board.
#include <Ardugate.h>
#include <string.h>

gate::Text note("note");
gate::Enum state("state", "idle,busy,done");

long add(long a, long b) { return a + b; }
float half(float x) { return x / 2; }
bool isOdd(long n) { return n & 1; }

const char* greet(const char* name) {
  static char text[33] = "hello ";
  strncpy(text + 6, name, sizeof text - 7);
  return text;
}

void say(const char* words) { note = words; }
void choose(int n) { state = n; }

void waitFor(int ms) {
  delay(ms);
  note = "waited";
}

void setup() {
  note = "ready";
  Ardugate.command("add(a,b)", add);
  Ardugate.command("half(x [V]) [V]", half);
  Ardugate.command("is_odd(n)", isOdd);
  Ardugate.command("greet(name)", greet);
  Ardugate.command("say(words)", say);
  Ardugate.command("choose(n 0..2)", choose);
  Ardugate.command("wait(ms [ms] 0..5000)", waitFor);
  Ardugate.begin("declaring");
}

void loop() { Ardugate.run(); }
