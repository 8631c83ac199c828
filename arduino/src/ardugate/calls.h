// Commands of the sketch (wire.md 3.4, call): functions with typed arguments and a result. A sketch that has none has
// nothing of this: nobody sets what calls() gives.
#pragma once

#include "hal.h"
#include "wire.h"
#include "words.h"

namespace ardugate {

class Window;

const uint8_t kMaxCommands = 8;

// Types of arguments and results, as a Types has them. 0: none.
enum class ArgumentType : uint8_t {
  kNone,
  kBool,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kFloat,
  kText,
};

// The types of a function: four bits each, the result's lowest, then the arguments' in their order.
typedef uint32_t Types;
const uint8_t kMaxArguments = 7;

// A call's arguments, which were checked, and its result in their place.
class Arguments {
 public:
  explicit Arguments(uint8_t* at) : result_(at), at_(at) {}
  uint8_t byte() { return *at_++; }
  uint32_t number();
  float real();
  const char* text();  // ends with a 0; it lives as long as the call runs

  void give_byte(bool value) { *result_++ = value; }
  void give_number(uint32_t value);
  void give_real(float value);
  void give_text(const char* text);  // the first 32 bytes of it

  // A text that is written where it stays: at most 32 bytes.
  char* text_room() { return reinterpret_cast<char*>(result_ + 1); }
  void give_room(uint8_t size) {
    *result_ = size;
    result_ += 1 + size;
  }

  // Behind the result.
  const uint8_t* end() const { return result_; }

 private:
  uint8_t* result_;
  uint8_t* at_;
};

template <typename T>
struct ArgumentOf;

#define ARDUGATE_ARGUMENT(Type, code, how)                                                 \
  template <>                                                                              \
  struct ArgumentOf<Type> {                                                                \
    static const Types kCode = static_cast<Types>(ArgumentType::code);                     \
    static Type take(Arguments& arguments) { return arguments.how(); }                     \
    static void give(Arguments& arguments, Type value) { arguments.give_##how(value); }    \
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

template <>
struct ArgumentOf<void> {
  static const Types kCode = 0;
};

template <typename... Args>
struct TypesOf {
  static const Types kCodes = 0;
  static const bool kHasFloat = false;
};

template <typename First, typename... Others>
struct TypesOf<First, Others...> {
  static const Types kCodes = ArgumentOf<First>::kCode | TypesOf<Others...>::kCodes << 4;
  static const bool kHasFloat =
      ArgumentOf<First>::kCode == static_cast<Types>(ArgumentType::kFloat) || TypesOf<Others...>::kHasFloat;
};

struct Command {
  Words signature;  // water(seconds [s] 1..60)
  void (*function)();
  // Calls the function. Without one: only says what types it has.
  Types (*caller)(void (*function)(), Arguments& arguments);
};

template <typename R, typename... Args>
struct Result {
  Result(void (*function)(), Arguments& arguments, Args... args) {
    ArgumentOf<R>::give(arguments, reinterpret_cast<R (*)(Args...)>(function)(args...));
  }
};

template <typename... Args>
struct Result<void, Args...> {
  Result(void (*function)(), Arguments&, Args... args) { reinterpret_cast<void (*)(Args...)>(function)(args...); }
};

// Calls a function with arguments that are taken one after the other: braces keep their order, parentheses would not.
template <typename R, typename... Args>
Types call(void (*function)(), Arguments& arguments) {
  static_assert(sizeof...(Args) <= kMaxArguments, "a command has at most seven arguments");
  if (function != 0) {
    const Result<R, Args...> done{function, arguments, ArgumentOf<Args>::take(arguments)...};
    (void)done;
  }
  return TypesOf<R, Args...>::kCodes;
}

// The object is in flash, see Declared.
class Calls {
 public:
  // From the tick. Takes a call: kPending when it will run.
  Status begin(uint16_t id, Reader& in, Writer& data) const { return flash_pointer(&begin_)(id, in, data); }
  // Whether this id is that of the call that runs or ran last; then its reply is owed again.
  bool recall(uint16_t id) const { return flash_pointer(&recall_)(id); }
  // Writes the end of a REPLY (id, status, data) if one is owed; returns its size, or 0.
  uint8_t take(uint8_t* out) const { return flash_pointer(&take_)(out); }
  // A boot begins.
  void boot() const { flash_pointer(&boot_)(); }
  void describe(Window& out) const { flash_pointer(&describe_)(out); }
  // From the sketch's run(): does what waits.
  void run() const { flash_pointer(&run_)(); }

  Status (*begin_)(uint16_t id, Reader& in, Writer& data);
  bool (*recall_)(uint16_t id);
  uint8_t (*take_)(uint8_t* out);
  void (*boot_)();
  void (*describe_)(Window& out);
  void (*run_)();
};

// 0: the sketch has no command.
const Calls* calls();

// From setup(). A ninth command is none.
void add_command(const Command& command);
// Before a command with a float among its arguments: what checks them links only then.
void use_float_arguments();

}  // namespace ardugate
