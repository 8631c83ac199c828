// The whole board library under libFuzzer, with ASan and UBSan: what a host may say in frames that pass their checks,
// and between them. Input: pieces, each of a first byte and as many bytes as its low six bits say. Its highest bit:
// they are bytes on the line as they are; else they are the body of a frame.
#define main host_main
#include "../firmware/host/board.cpp"
#undef main

namespace {

const uint32_t kPieceUs = 3000;  // three ticks: what a piece asks for is done
const uint8_t kLongestBody = 63;  // a frame to the board has 48 bytes: longer ones are to be refused

void on_the_line(const uint8_t* data, size_t size) {
  for (size_t k = 0; k < size; k++) fake.to_board.push_back(data[k]);
}

void in_a_frame(const uint8_t* body, uint8_t size) {
  uint8_t frame[kLongestBody + ardugate::kFrameOverhead];
  std::copy(body, body + size, frame + 1);
  on_the_line(frame, ardugate::seal(frame, size));
}

void greet() {
  // Of a boot that each input may name: 04030201.
  const uint8_t hello[] = {static_cast<uint8_t>(ardugate::Code::kHello), 1, 2, 3, 4};
  in_a_frame(hello, sizeof(hello));
  go(kPieceUs);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool started = (std::fill(std::begin(fake.memory), std::end(fake.memory), 0xFF), start(true, 100), true);
  (void)started;
  greet();
  while (size > 0) {
    const bool raw = *data & 0x80;
    const size_t wanted = *data & 0x3F;
    data++, size--;
    const size_t count = wanted < size ? wanted : size;
    if (raw) {
      on_the_line(data, count);
    } else if (count > 0) {
      in_a_frame(data, count);
    }
    data += count, size -= count;
    go(kPieceUs);
  }
  return 0;
}
