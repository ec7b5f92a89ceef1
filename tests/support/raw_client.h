#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/file.h"

namespace signet::test {

/// A TCP client that sends what it is told, right or wrong. Gives up (returning what it has) after ten silent seconds.
class RawClient {
public:
    explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(static_cast<std::uint16_t>(port));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
            throw std::runtime_error("cannot connect");
        }
    }

    /// False when the other side has reset the connection.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    void finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }

    /// Everything until the other side closes.
    std::string read_all() {
        while (read_some()) {
        }
        return std::exchange(received_, {});
    }
    /// One response by its Content-Length; without one, only its head.
    std::string read_response(bool head = false) {
        std::size_t end;
        while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
            if (!read_some()) return std::exchange(received_, {});
        }
        std::size_t size = end + 4;
        const auto length = received_.find("Content-Length: ");
        if (!head && length < end) size += std::stoul(received_.substr(length + 16));
        while (received_.size() < size && read_some()) {
        }
        const std::string response = received_.substr(0, size);
        received_.erase(0, size);
        return response;
    }
    /// Has the other side closed the connection (and sent nothing before)?
    bool closed() {
        pollfd entry{socket_.get(), POLLIN, 0};
        char byte = 0;
        return received_.empty() && ::poll(&entry, 1, 10'000) == 1 && ::recv(socket_.get(), &byte, 1, 0) <= 0;
    }
    int fd() const { return socket_.get(); }

private:
    bool read_some() {
        pollfd entry{socket_.get(), POLLIN, 0};
        if (::poll(&entry, 1, 10'000) != 1) return false;
        char buffer[4096];
        const auto size = ::recv(socket_.get(), buffer, sizeof buffer, 0);
        if (size <= 0) return false;
        received_.append(buffer, static_cast<std::size_t>(size));
        return true;
    }

    base::Fd socket_;
    std::string received_;
};

}  // namespace signet::test
