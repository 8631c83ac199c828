// A fake Arduino core for this computer: the API that the portable part of the board library may use, and no more. It is
// strict where cores differ: levels and modes are types of their own, int has 32 bits, double 64.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum PinStatus { LOW, HIGH };
enum PinMode { INPUT, OUTPUT, INPUT_PULLUP };

// A board that is no Uno: the host's line is no pin, and there are eight analog inputs.
#define NUM_DIGITAL_PINS 22
#define NUM_ANALOG_INPUTS 8
static const uint8_t A0 = 14, A1 = 15, A2 = 16, A3 = 17, A4 = 18, A5 = 19, A6 = 20, A7 = 21;
#define digitalPinHasPWM(pin) ((pin) == 3 || (pin) == 5 || (pin) == 6 || ((pin) >= 9 && (pin) <= 11))

unsigned long millis();
unsigned long micros();
void delay(unsigned long ms);
void delayMicroseconds(unsigned int us);
void yield();
void pinMode(uint8_t pin, PinMode mode);
PinStatus digitalRead(uint8_t pin);
void digitalWrite(uint8_t pin, PinStatus status);
int analogRead(uint8_t pin);
void analogReadResolution(int bits);
void analogWrite(uint8_t pin, int value);

template <typename A, typename B>
auto min(A a, B b) -> decltype(b < a ? b : a) {
  return b < a ? b : a;
}
template <typename A, typename B>
auto max(A a, B b) -> decltype(a < b ? b : a) {
  return a < b ? b : a;
}

class __FlashStringHelper;
#define F(text) (reinterpret_cast<const __FlashStringHelper*>(text))

class String {
 public:
  String(const char* text) { strncpy(text_, text, sizeof(text_) - 1); }
  const char* c_str() const { return text_; }

 private:
  char text_[64] = {};
};

class Print {
 public:
  virtual ~Print() {}
  virtual size_t write(uint8_t byte) = 0;
  virtual size_t write(const uint8_t* data, size_t size);
  virtual int availableForWrite() { return 0; }
  size_t print(const char* text);
  size_t print(double value, int digits = 2);
  size_t print(long value);
  size_t print(int value) { return print(static_cast<long>(value)); }
  size_t println(const char* text = "");
  size_t println(double value, int digits = 2);
  size_t println(long value);
  size_t println(int value) { return println(static_cast<long>(value)); }
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
  virtual int peek() = 0;
};

// The USB line. `Serial` is a macro on some cores, as here.
class FakeSerial : public Stream {
 public:
  void begin(unsigned long baud);
  int available() override;
  int read() override;
  int peek() override;
  size_t write(uint8_t byte) override;
  int availableForWrite() override;
  using Print::write;
};
extern FakeSerial SerialUSB;
#define Serial SerialUSB
