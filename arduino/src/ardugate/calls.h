// Commands of the sketch (wire.md 3.4, call): functions with typed arguments. A sketch that has none has nothing of this:
// nobody sets what calls() gives.
#pragma once

#include "link.h"

namespace ardugate {

const uint8_t kMaxCommands = 8;

enum class ArgumentType : uint8_t { kBool, kInt8, kUint8, kInt16, kUint16, kInt32, kUint32, kFloat, kText };

// Takes a call's arguments, which were checked, from their bytes.
class Arguments {
 public:
  explicit Arguments(uint8_t* at) : at_(at) {}
  uint8_t byte() { return *at_++; }
  uint32_t number();
  float real();
  const char* text();  // ends with a 0; it lives as long as the call runs

 private:
  uint8_t* at_;
};

template <typename T>
struct ArgumentOf;

#define ARDUGATE_ARGUMENT(Type, code, how)                             \
  template <>                                                          \
  struct ArgumentOf<Type> {                                            \
    static const ArgumentType kType = ArgumentType::code;              \
    static Type take(Arguments& arguments) { return arguments.how(); } \
  }

ARDUGATE_ARGUMENT(bool, kBool, byte);
ARDUGATE_ARGUMENT(signed char, kInt8, number);
ARDUGATE_ARGUMENT(unsigned char, kUint8, number);
ARDUGATE_ARGUMENT(short, kInt16, number);
ARDUGATE_ARGUMENT(unsigned short, kUint16, number);
#if defined(__AVR__)
ARDUGATE_ARGUMENT(int, kInt16, number);
ARDUGATE_ARGUMENT(unsigned int, kUint16, number);
#else
ARDUGATE_ARGUMENT(int, kInt32, number);
ARDUGATE_ARGUMENT(unsigned int, kUint32, number);
#endif
ARDUGATE_ARGUMENT(long, kInt32, number);
ARDUGATE_ARGUMENT(unsigned long, kUint32, number);
ARDUGATE_ARGUMENT(float, kFloat, real);
ARDUGATE_ARGUMENT(double, kFloat, real);
ARDUGATE_ARGUMENT(const char*, kText, text);

#undef ARDUGATE_ARGUMENT

struct Command {
  const char* signature;  // water(seconds)
  void (*function)();
  void (*caller)(void (*function)(), Arguments& arguments);
  const ArgumentType* types;
  uint8_t count;
};

// Calls a function with arguments that are taken one after the other: braces keep their order, parentheses would not.
template <typename... Args>
struct Caller {
  static const ArgumentType kTypes[sizeof...(Args) + 1];

  static void call(void (*function)(), Arguments& arguments) {
    (void)arguments;
    const Caller done{function, ArgumentOf<Args>::take(arguments)...};
    (void)done;
  }

  Caller(void (*function)(), Args... args) { reinterpret_cast<void (*)(Args...)>(function)(args...); }
};

template <typename... Args>
const ArgumentType Caller<Args...>::kTypes[sizeof...(Args) + 1] = {ArgumentOf<Args>::kType..., ArgumentType::kBool};

struct Calls {
  // From the tick. Takes a call: kPending when it will run.
  Status (*begin)(uint16_t id, Reader& in, Writer& data);
  // Whether this id is that of the call that runs or ran last; then its reply is owed again.
  bool (*recall)(uint16_t id);
  // A reply that is owed, once; 0: none.
  const Reply* (*owed)();
  // A boot begins.
  void (*boot)();
  // As Declared's.
  uint8_t (*describe)(uint16_t& offset, uint8_t* out, uint8_t room);
  // From the sketch's run(): does what waits.
  void (*run)();
};

// 0: the sketch has no command.
const Calls* calls();

// From setup(). A ninth command is none.
void add_command(const Command& command);

}  // namespace ardugate
