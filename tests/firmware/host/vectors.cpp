// Runs test vectors through the board library's wire.cpp. Reads lines of words, bytes in hexadecimal ("-": none), and
// says what came out; the Python side compares (test_wire_on_host.py).
//
//   crc DATA            the CRC-32
//   seal BODY           the frame on the line
//   read MAX BYTES      how many frames were bad, then the bodies of the good ones
#include <stdio.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "wire.h"

using Bytes = std::vector<uint8_t>;

static Bytes bytes_of(const std::string& hex) {
  Bytes bytes;
  if (hex == "-") return bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes.push_back(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

static void print(const uint8_t* data, size_t size) {
  for (size_t i = 0; i < size; i++) printf("%02x", data[i]);
}

template <uint16_t kMaxLine>
static void read(const Bytes& bytes) {
  ardugate::FrameReader<kMaxLine> reader = {};
  std::vector<Bytes> good;
  int bad = 0;
  for (uint8_t byte : bytes) {
    switch (reader.receive(byte)) {
      case ardugate::FrameReader<kMaxLine>::kNothing:
        break;
      case ardugate::FrameReader<kMaxLine>::kBad:
        bad++;
        break;
      case ardugate::FrameReader<kMaxLine>::kFrame:
        good.push_back(Bytes(reader.body(), reader.body() + reader.size()));
    }
  }
  printf("%d", bad);
  for (const Bytes& body : good) {
    printf(" ");
    print(body.data(), body.size());
  }
  printf("\n");
}

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string what, first, second;
    words >> what >> first >> second;
    if (what == "crc") {
      const Bytes data = bytes_of(first);
      printf("%lu\n", static_cast<unsigned long>(ardugate::crc32(data.data(), data.size())));
    } else if (what == "seal") {
      const Bytes body = bytes_of(first);
      Bytes frame(body.size() + ardugate::kFrameOverhead);
      std::copy(body.begin(), body.end(), frame.begin() + 1);
      print(frame.data(), ardugate::seal(frame.data(), body.size()));
      printf("\n");
    } else if (what == "read" && first == "48") {
      read<48>(bytes_of(second));
    } else if (what == "read" && first == "256") {
      read<256>(bytes_of(second));
    } else {
      return 1;
    }
  }
  return 0;
}
