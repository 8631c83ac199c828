/* The floor of a fan-out: one prebuilt frame, one send() a client, nothing else. See peers/__init__.py for how it is
 * spoken with; after "done" it says when each message went, in nanoseconds of CLOCK_MONOTONIC. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int fds[65536], count;

static void take(int listener) {
  static const char reply[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  char request[4096];
  int fd = accept(listener, NULL, NULL);
  if (fd < 0 || recv(fd, request, sizeof request, 0) <= 0) exit(1);
  if (send(fd, reply, sizeof reply - 1, 0) < 0) exit(1);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  fds[count++] = fd;
}

static void run(long frames, double hz, size_t payload) {
  static uint8_t frame[65536 + 4];
  size_t head = payload < 126 ? 2 : 4;
  frame[0] = 0x82;
  frame[1] = payload < 126 ? payload : 126;
  if (head == 4) frame[2] = payload >> 8, frame[3] = payload & 255;
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  fputs("done", stdout);
  for (long sent = 0; sent < frames; sent++) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    for (int k = 0; k < count; k++)
      if (send(fds[k], frame, head + payload, MSG_NOSIGNAL) < 0) continue; /* who is slow is skipped */
    at.tv_nsec += 1e9 / hz;
    while (at.tv_nsec >= 1000000000) at.tv_nsec -= 1000000000, at.tv_sec++;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    printf(" %ld", now.tv_sec * 1000000000 + now.tv_nsec);
  }
  putchar('\n');
  fflush(stdout);
}

int main(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct pollfd inputs[2] = {{.fd = listener, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  while (poll(inputs, 2, -1) > 0) {
    if (inputs[0].revents) take(listener);
    if (inputs[1].revents) {
      char line[128];
      ssize_t got = read(0, line, sizeof line - 1);
      if (got <= 0) return 0;
      line[got] = 0;
      long frames;
      double hz;
      unsigned long payload;
      if (sscanf(line, "%ld %lf %lu", &frames, &hz, &payload) != 3) return 2;
      run(frames, hz, payload);
    }
  }
}
