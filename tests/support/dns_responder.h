#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"

namespace signet::test {

/// A DNS server on 127.0.0.1, UDP and TCP on one port, that answers as its script says.
class DnsResponder {
public:
    static constexpr int k_a = 1, k_cname = 5, k_txt = 16, k_aaaa = 28, k_caa = 257;
    static constexpr int k_noerror = 0, k_servfail = 2, k_nxdomain = 3, k_refused = 5;
    struct Record {
        std::string name;
        int type;
        base::Bytes data;
    };
    struct Answer {
        int rcode = k_noerror;
        std::vector<Record> records;
        bool silent = false;
        bool garbage = false;
    };
    using Script = std::function<Answer(const std::string& name, int type)>;

    explicit DnsResponder(Script script) : script_(std::move(script)) {
        udp_ = base::Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        tcp_ = base::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        ::bind(tcp_.get(), reinterpret_cast<const sockaddr*>(&at), size);
        ::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&at), &size);
        ::bind(udp_.get(), reinterpret_cast<const sockaddr*>(&at), size);
        ::listen(tcp_.get(), 16);
        port_ = ntohs(at.sin_port);
        thread_ = std::thread([this] { serve(); });
    }
    ~DnsResponder() {
        stop_ = true;
        thread_.join();
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
    int tcp_queries() const { return tcp_queries_.load(); }

    static base::Bytes wire_name(std::string_view name) {
        base::Bytes wire;
        while (!name.empty()) {
            const auto dot = std::min(name.find('.'), name.size());
            wire.push_back(static_cast<std::uint8_t>(dot));
            wire.insert(wire.end(), name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dot));
            name.remove_prefix(std::min(dot + 1, name.size()));
        }
        wire.push_back(0);
        return wire;
    }
    static base::Bytes txt(const std::vector<std::string>& strings) {
        base::Bytes data;
        for (const auto& text : strings) {
            data.push_back(static_cast<std::uint8_t>(text.size()));
            data.insert(data.end(), text.begin(), text.end());
        }
        return data;
    }
    static base::Bytes caa(std::uint8_t flags, std::string_view tag, std::string_view value) {
        base::Bytes data{flags, static_cast<std::uint8_t>(tag.size())};
        data.insert(data.end(), tag.begin(), tag.end());
        data.insert(data.end(), value.begin(), value.end());
        return data;
    }

private:
    static void put16(base::Bytes& out, std::size_t value) {
        out.push_back(static_cast<std::uint8_t>(value >> 8));
        out.push_back(static_cast<std::uint8_t>(value));
    }

    base::Bytes reply_to(const base::Bytes& query, bool udp) {
        std::string name;
        std::size_t at = 12;
        while (at < query.size() && query[at] != 0) {
            if (!name.empty()) name += '.';
            name.append(query.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                        query.begin() + static_cast<std::ptrdiff_t>(at) + 1 + query[at]);
            at += query[at] + 1U;
        }
        const int type = query[at + 1] * 256 + query[at + 2];
        const auto answer = script_(name, type);
        if (answer.silent) return {};
        if (answer.garbage) return {query[0], query[1], 0x81, 0x80, 0, 1, 0, 9, 0, 0, 0, 0, 7, 'x'};
        base::Bytes reply{query[0], query[1], 0x81, static_cast<std::uint8_t>(0x80 | answer.rcode), 0, 1};
        put16(reply, answer.records.size());
        reply.insert(reply.end(), {0, 0, 0, 0});
        reply.insert(reply.end(), query.begin() + 12, query.begin() + static_cast<std::ptrdiff_t>(at) + 5);
        for (const auto& record : answer.records) {
            base::append(reply, wire_name(record.name));
            put16(reply, static_cast<std::size_t>(record.type));
            reply.insert(reply.end(), {0, 1, 0, 0, 0, 60});
            put16(reply, record.data.size());
            base::append(reply, record.data);
        }
        if (udp && reply.size() > 512) {  // truncated, without answers: ask again over TCP
            reply.resize(at + 5);
            reply[2] |= 2;
            reply[6] = reply[7] = 0;
        }
        return reply;
    }

    void serve() {
        while (!stop_.load()) {
            pollfd entries[2] = {{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
            if (::poll(entries, 2, 20) <= 0) continue;
            if (entries[0].revents != 0) serve_udp();
            if (entries[1].revents != 0) serve_tcp();
        }
    }
    void serve_udp() {
        base::Bytes query(1500);
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const auto got =
            ::recvfrom(udp_.get(), query.data(), query.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
        if (got < 17) return;
        query.resize(static_cast<std::size_t>(got));
        const auto reply = reply_to(query, true);
        if (!reply.empty())
            ::sendto(udp_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
    }
    void serve_tcp() {
        const base::Fd socket(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        std::uint8_t length[2];
        if (::recv(socket.get(), length, 2, MSG_WAITALL) != 2) return;
        base::Bytes query(length[0] * 256U + length[1]);
        if (::recv(socket.get(), query.data(), query.size(), MSG_WAITALL) != static_cast<ssize_t>(query.size())) return;
        ++tcp_queries_;
        const auto reply = reply_to(query, false);
        base::Bytes framed;
        put16(framed, reply.size());
        base::append(framed, reply);
        ::send(socket.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
        char rest;
        ::recv(socket.get(), &rest, 1, 0);
    }

    Script script_;
    base::Fd udp_, tcp_;
    int port_ = 0;
    std::atomic<int> tcp_queries_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

}  // namespace signet::test
