#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace signet::cli {

/// A file in memory that takes what a stream writes.
class Capture {
public:
    Capture() : fd_(memfd_create("capture", MFD_CLOEXEC)) {}
    ~Capture() { ::close(fd_); }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    int fd() const { return fd_; }
    std::string text() const {
        std::string result;
        char block[4096];
        for (off_t at = 0;;) {
            const ssize_t got = ::pread(fd_, block, sizeof block, at);
            if (got <= 0) return result;
            result.append(block, static_cast<std::size_t>(got));
            at += got;
        }
    }

private:
    int fd_;
};

}  // namespace signet::cli
