#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"

namespace signet::bench {

/// The far side of http-01: answers /.well-known/acme-challenge/TOKEN over plain HTTP, and (where wanted) every A
/// question over UDP with its own address, so that any name leads here. Threads end with the object. Thread-safe.
class Responder {
public:
    /// Both as ADDRESS:PORT, IPv4; an empty `dns` answers no questions. Throws bad_input or environment.
    Responder(const std::string& http, const std::string& dns);
    ~Responder();

    void answer(const std::string& token, const std::string& key_authorization);
    void forget(const std::string& token);

private:
    void serve_http();
    void serve_dns();
    std::string find(const std::string& path);

    base::Fd http_;
    base::Fd dns_;
    std::string address_;  // four octets, network order
    std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::vector<std::jthread> threads_;
};

}  // namespace signet::bench
