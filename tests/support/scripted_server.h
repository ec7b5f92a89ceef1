#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/file.h"

namespace signet::test {

/// A TCP server on 127.0.0.1 that behaves as badly as its script: one thread, one connection after the other.
class ScriptedServer {
public:
    class Connection {
    public:
        explicit Connection(base::Fd socket, const std::atomic<bool>& stop) : socket_(std::move(socket)), stop_(stop) {}
        /// Until `end` has come, or the other side has closed: then what came.
        std::string read_until(std::string_view end) {
            std::string text;
            char byte;
            while (!text.ends_with(end) && readable() && ::recv(socket_.get(), &byte, 1, 0) == 1) text += byte;
            return text;
        }
        bool send(std::string_view bytes) {
            return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                   static_cast<ssize_t>(bytes.size());
        }
        /// Until the other side closes or the test ends.
        void hang() {
            char byte;
            while (readable() && ::recv(socket_.get(), &byte, 1, 0) == 1) {
            }
        }
        bool stopped() const { return stop_.load(); }

    private:
        bool readable() {
            pollfd entry{socket_.get(), POLLIN, 0};
            while (!stop_.load()) {
                if (::poll(&entry, 1, 20) == 1) return true;
            }
            return false;
        }
        base::Fd socket_;
        const std::atomic<bool>& stop_;
    };

    explicit ScriptedServer(std::function<void(Connection&)> script)
        : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), script_(std::move(script)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), size);
        ::listen(listener_.get(), 64);
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at), &size);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~ScriptedServer() {
        stop_ = true;
        thread_.join();
    }
    int port() const { return port_; }
    int connections() const { return connections_.load(); }

private:
    void serve() {
        while (!stop_.load()) {
            pollfd entry{listener_.get(), POLLIN, 0};
            if (::poll(&entry, 1, 20) != 1) continue;
            Connection connection(base::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)), stop_);
            ++connections_;
            script_(connection);
        }
    }
    base::Fd listener_;
    std::function<void(Connection&)> script_;
    int port_ = 0;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace signet::test
