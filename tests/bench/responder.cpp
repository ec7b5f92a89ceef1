#include "bench/responder.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <charconv>
#include <cstring>

#include "base/error.h"

namespace signet::bench {
namespace {

using base::Error;
using base::Kind;

constexpr int k_threads = 4;
constexpr std::string_view k_path = "/.well-known/acme-challenge/";

sockaddr_in address_of(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const bool good = colon != std::string::npos &&
                      ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address.sin_addr) == 1 &&
                      std::from_chars(text.data() + colon + 1, end, port).ptr == end && port != 0;
    if (!good) throw Error(Kind::bad_input, "not ADDRESS:PORT: " + text);
    address.sin_port = htons(port);
    return address;
}

base::Fd bound_socket(int kind, const std::string& text) {
    const sockaddr_in address = address_of(text);
    base::Fd fd(::socket(AF_INET, kind | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr generic{};
    std::memcpy(&generic, &address, sizeof address);
    const bool bound = fd && ::bind(fd.get(), &generic, sizeof address) == 0;
    if (!bound || (kind == SOCK_STREAM && ::listen(fd.get(), 1024) != 0)) {
        throw Error(Kind::environment, "cannot listen on " + text + ": " + std::strerror(errno));
    }
    return fd;
}

std::string read_head(int fd) {
    std::string head;
    std::array<char, 4096> chunk;
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < chunk.size()) {
        const auto got = ::recv(fd, chunk.data(), chunk.size(), 0);
        if (got <= 0) return {};
        head.append(chunk.data(), static_cast<std::size_t>(got));
    }
    return head;
}

/// The question of a DNS query, its name's labels to its class; empty when it is none.
std::string_view question_of(std::string_view query) {
    std::size_t end = 12;
    while (end < query.size() && query[end] != 0) end += static_cast<unsigned char>(query[end]) + std::size_t{1};
    end += 5;
    return end > query.size() ? std::string_view{} : query.substr(12, end - 12);
}

}  // namespace

Responder::Responder(const std::string& http, const std::string& dns) : http_(bound_socket(SOCK_STREAM, http)) {
    const sockaddr_in own = address_of(http);
    address_.resize(4);
    std::memcpy(address_.data(), &own.sin_addr, 4);
    for (int i = 0; i < k_threads; ++i) threads_.emplace_back([this] { serve_http(); });
    if (dns.empty()) return;
    dns_ = bound_socket(SOCK_DGRAM, dns);
    threads_.emplace_back([this] { serve_dns(); });
}

Responder::~Responder() {
    ::shutdown(http_.get(), SHUT_RDWR);
    if (dns_) ::shutdown(dns_.get(), SHUT_RDWR);
}

void Responder::answer(const std::string& token, const std::string& key_authorization) {
    const std::lock_guard lock(mutex_);
    answers_[token] = key_authorization;
}

void Responder::forget(const std::string& token) {
    const std::lock_guard lock(mutex_);
    answers_.erase(token);
}

std::string Responder::find(const std::string& path) {
    if (!path.starts_with(k_path)) return {};
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(path.substr(k_path.size()));
    return found == answers_.end() ? std::string() : found->second;
}

void Responder::serve_http() {
    for (;;) {
        const base::Fd peer(::accept4(http_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!peer) return;
        const timeval patience{.tv_sec = 2, .tv_usec = 0};
        ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const std::string head = read_head(peer.get());
        const std::size_t from = head.find(' ') + 1;
        const std::string text = from == 0 ? std::string() : find(head.substr(from, head.find(' ', from) - from));
        const std::string reply =
            std::string(text.empty() ? "HTTP/1.1 404 Not Found" : "HTTP/1.1 200 OK") +
            "\r\nContent-Type: application/octet-stream\r\nConnection: close\r\nContent-Length: " +
            std::to_string(text.size()) + "\r\n\r\n" + text;
        ::send(peer.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    }
}

void Responder::serve_dns() {
    constexpr std::string_view counts("\x00\x01\x00\x00\x00\x00\x00\x00", 8);  // one question, no records
    constexpr std::string_view record("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04", 12);  // that name, A IN, 60 s
    std::array<char, 2048> buffer;
    for (;;) {
        sockaddr from{};
        socklen_t size = sizeof from;
        const auto got = ::recvfrom(dns_.get(), buffer.data(), buffer.size(), 0, &from, &size);
        if (got <= 0) return;
        const std::string_view query(buffer.data(), static_cast<std::size_t>(got));
        const auto question = question_of(query);
        if (question.empty()) continue;
        std::string reply(query.substr(0, 2));
        reply += static_cast<char>(0x84 | (query[2] & 1));
        reply += '\x80';
        reply += counts;
        reply += question;
        if (question.substr(question.size() - 4, 2) == std::string_view("\0\1", 2)) {
            reply[7] = 1;
            reply += record;
            reply += address_;
        }
        ::sendto(dns_.get(), reply.data(), reply.size(), 0, &from, size);
    }
}

}  // namespace signet::bench
