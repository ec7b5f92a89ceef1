#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "bench/responder.h"
#include "bench/wire.h"
#include "crypto/key.h"

namespace signet::bench {

/// A key and its request, made before the clock starts.
struct Leaf {
    std::string name;
    std::string finalize_payload;  // {"csr":"…"}
    base::Bytes spki_der;

    static Leaf make(const std::string& name);
};

struct Directory {
    std::string new_nonce;
    std::string new_account;
    std::string new_order;
};
Directory read_directory(Wire& wire, const std::string& path);

/// Something that did not go as it must, with the step it happened in: what the report counts errors by.
struct Failure {
    std::string what;
    bool hung;  // no answer in time: this client is done
};

/// One account with its own connection. Not thread-safe.
class AcmeClient {
public:
    AcmeClient(std::shared_ptr<ssl_ctx_st> context, const Url& server, Directory directory, int timeout_seconds,
               Responder* responder);

    void register_account();  // throws Failure
    /// newOrder to certificate; checks that the leaf carries the key and the name. Throws Failure.
    void issue(const Leaf& leaf);
    /// One HEAD newNonce; the nonce. Throws Failure.
    std::string draw_nonce();

    std::uint64_t requests() const { return requests_; }
    std::uint64_t nonce_retries() const { return nonce_retries_; }

private:
    Answer request(const char* step, std::string_view method, const std::string& url, std::string_view body);
    Answer post(const char* step, const std::string& url, std::string_view payload);
    base::Json post_for_json(const char* step, const std::string& url, std::string_view payload);
    void prove(const std::string& authorization_url);
    void take_certificate(const std::string& url, const Leaf& leaf);

    Wire wire_;
    Directory directory_;
    Responder* responder_;  // null: the server validates nothing
    crypto::PrivateKey key_;
    std::string kid_;
    std::string nonce_;
    std::uint64_t requests_ = 0;
    std::uint64_t nonce_retries_ = 0;
};

}  // namespace signet::bench
